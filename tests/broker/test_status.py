from broker.status import Counters, Forwarding, Pace, Rates, Turns


def test_all_counters_have_names() -> None:
    # Would catch a counter that no report shows.
    counts = Counters(posts=3)
    assert counts.as_dict()["posts"] == 3
    assert set(counts.as_dict().values()) == {0, 3}


def test_rates_are_those_of_the_last_minute() -> None:
    # Would catch an average over all days, which shows no flood, and one over a moment, which shows nothing else.
    pace, counts = Pace(), Counters()
    assert pace.rates(counts, 0.0) == Rates(1.0, 0.0, 0.0, 0.0)
    for second in range(301):
        pace.mark(counts, float(second))
        counts.posts += 1
        counts.signals += 2
        counts.voice_relayed += 100 if second >= 200 else 0
    assert pace.rates(counts, 301.0) == Rates(61.0, 1.0, 2.0, 100.0)


def test_rates_just_after_the_start() -> None:
    # Would catch a division by nothing, and a thousand posts a second where there were two.
    pace, counts = Pace(), Counters()
    pace.mark(counts, 10.0)
    counts.posts = 2
    assert pace.rates(counts, 10.002) == Rates(1.0, 2.0, 0.0, 0.0)
    assert pace.rates(counts, 14.0) == Rates(4.0, 0.5, 0.0, 0.0)


def test_how_long_frames_wait() -> None:
    # Would catch a p99 that is the median, and an answer out of nothing.
    turns = Turns()
    assert turns.forwarding() is None
    turns.add(0.001)
    assert turns.forwarding() == Forwarding(1.0, 1.0)
    for number in range(100):
        turns.add(number / 1_000)
    assert turns.forwarding() == Forwarding(49.0, 98.0)
    for _ in range(5_000):
        turns.add(0.002)
    assert turns.forwarding() == Forwarding(2.0, 2.0)
