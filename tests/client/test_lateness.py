"""How late one direction is."""

from client.lateness import Delay, Stalls

TOPIC = b"VroomAL"


def frames(stalls: Stalls, *arrivals: float, topic: bytes = TOPIC) -> int:
    return sum(stalls.add(topic + b"sframe", arrived) for arrived in arrivals)


def steady(begin: float, count: int, pace: float = 0.01) -> list[float]:
    return [begin + number * pace for number in range(count)]


def test_a_pong_that_was_held_up_is_a_stall() -> None:
    delay = Delay()
    assert not any(delay.add(5.0 + 0.001 * (number % 3), number * 0.3) for number in range(10))
    assert delay.add(5.07, 3.0)
    assert delay.waiting()  # for one that is quick again
    assert not delay.add(5.01, 3.3)
    assert not delay.waiting()
    assert not delay.full()
    assert not delay.raised()


def test_where_even_the_quick_ones_are_late_the_link_is_full() -> None:
    # Would catch a second lane that is opened because a queue is taken for loss.
    delay = Delay()
    for number in range(10):
        delay.add(5.0, number * 0.3)
    told = [delay.add(5.2, 3.0 + number * 0.3) for number in range(9)]
    assert told[0]  # nobody can know yet
    assert not told[-1]
    assert delay.full()
    assert delay.raised()
    for number in range(9):
        delay.add(5.0, 6.0 + number * 0.3)
    assert not delay.full()


def test_nothing_is_full_before_enough_was_seen() -> None:
    delay = Delay()
    assert not delay.raised()
    assert not delay.waiting()
    delay.add(1.0, 0.0)
    delay.add(1.1, 0.1)
    delay.add(1.1, 0.2)
    delay.add(1.1, 0.3)
    assert delay.raised()  # wait and see
    assert not delay.full()


def test_the_least_delay_is_forgotten_after_two_minutes() -> None:
    # Clocks drift apart, and ways become longer.
    delay = Delay()
    delay.add(1.0, 0.0)
    delay.add(3.0, 119.0)
    assert delay.base == 1.0
    delay.add(3.0, 125.0)
    assert delay.base == 3.0


def test_what_was_held_up_comes_at_once() -> None:
    stalls = Stalls()
    assert frames(stalls, *steady(0.0, 50)) == 0
    # 100 ms of nothing, then all ten
    assert frames(stalls, *[0.59] * 12, *steady(0.61, 20)) == 1


def test_a_pause_of_the_talker_is_no_stall() -> None:
    # Would catch a lane that is opened by ordinary speech: seven frames come at once at the start of a word.
    stalls = Stalls()
    for word in range(5):
        assert frames(stalls, *steady(word * 1.0, 50), *[word + 0.99] * 7) == 0


def test_an_uneven_way_and_an_endless_pause_are_none() -> None:
    stalls = Stalls()
    assert frames(stalls, *[arrived + 0.005 * (number % 2) for number, arrived in enumerate(steady(0.0, 50))]) == 0
    assert frames(stalls, *[10.0] * 900) == 0


def test_a_slim_talker_has_another_pace() -> None:
    stalls = Stalls()
    assert frames(stalls, *steady(0.0, 50, 0.04)) == 0
    assert frames(stalls, *[2.16] * 5) == 1


def test_topics_without_end_take_no_memory_without_end() -> None:
    stalls = Stalls()
    for number in range(2_000):
        frames(stalls, 1.0, topic=number.to_bytes(7, "big"))
    assert len(stalls._talks) <= 512
