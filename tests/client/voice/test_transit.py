from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.voice.transit import (
    BASE_SAMPLES,
    EACH,
    LATE_SAMPLES,
    MOVED_SAMPLES,
    SETTLED_SAMPLES,
    SPREAD_SAMPLES,
    Transit,
)
from common.limits import SAMPLE_RATE

STEP = 480


def feed(transit: Transit, values: list[int], start: int = 0, step: int = STEP) -> int:
    now = start
    for value in values:
        now += step
        transit.add(now, value)
    return now


def test_base_is_the_least_and_spread_the_95th_percentile_above_it() -> None:
    transit = Transit()
    feed(transit, list(range(1000, 1100)))
    assert transit.base == 1000
    assert transit.spread == 95  # mistake: the maximum instead, which one straggler would rule for ten seconds


@pytest.mark.parametrize(
    ("late", "worth"),
    [
        ([], 0),
        ([9_000] * 4, 0),  # one packet in 250, 9,000 samples late: it would cost 9,000, and is worth 480
        ([2_000] * 40, 2_000),  # 4 %: worth 4,800
        ([2_000] * 40 + [20_000] * 2, 2_000),
        ([400] * 20 + [800] * 10, 800),
    ],
)
def test_rare_packets_are_waited_for_as_long_as_they_are_worth_it(late: list[int], worth: int) -> None:
    # Mistake: a fixed share, for which one network waits long in vain, and another not the millisecond that it takes.
    transit = Transit()
    feed(transit, [1_000] * (1_000 - len(late)) + [1_000 + one for one in late])
    feed(transit, [1_000] * EACH, 480 * 1_000)
    assert transit.worth == worth


def test_a_speaker_who_is_new_is_waited_for_as_long_as_any_packet_took() -> None:
    transit = Transit()
    feed(transit, [1_000, 4_000, 1_000, 9_000, 1_000])
    assert transit.worth == 8_000


def test_on_more_lanes_the_late_packets_of_fewer_are_forgotten() -> None:
    # Mistake: to wait ten seconds more for what further lanes mend; or to forget what is always so.
    transit = Transit()
    transit.lanes_rose()
    now = feed(transit, [1_000, 1_900] * 40 + [9_000] * 20)
    assert transit.worth == 8_000
    transit.lanes_rose()
    assert (transit.base, transit.spread, transit.worth) == (1_000, 900, 900)
    feed(transit, [9_000] * 1_000, now)
    transit.lanes_rose()
    assert (transit.base, transit.worth) == (1_000, 8_000)  # one is always known


@pytest.mark.parametrize(("apart", "known"), [(20, True), (50, True), (250, False)])
def test_where_more_lanes_mend_nothing_all_is_known_again_soon(apart: int, known: bool) -> None:
    # Mistake: a speaker opens a lane, and a listener whose own way stalls has gaps until it has learnt that anew.
    transit = Transit()
    stalled = [1_000 + 4_000] * 6 + [1_000] * (apart - 6)
    now = feed(transit, stalled * (900 // apart))
    waited = transit.worth
    assert waited == 4_000
    transit.lanes_rose()
    assert transit.worth == 0
    for packet in range(300):
        now = feed(transit, [stalled[(packet + 6) % apart]], now)
    assert (transit.worth == waited) is known


def test_a_straggler_among_a_hundred_changes_nothing() -> None:
    transit = Transit()
    feed(transit, [1000] * 99 + [9000])
    assert transit.spread == 0


def test_the_least_is_forgotten_after_twenty_seconds() -> None:
    # Mistake: a minimum for ever; with clocks that drift apart the delay would grow without end.
    transit = Transit()
    now = feed(transit, [500])
    feed(transit, [1000] * (BASE_SAMPLES // STEP - 1), now)
    assert transit.base == 500
    transit.add(now + BASE_SAMPLES, 1000)
    assert transit.base == 1000


def test_jitter_is_forgotten_after_ten_seconds() -> None:
    transit = Transit()
    now = feed(transit, [1000, 3000] * 20)
    assert transit.spread == 2000
    feed(transit, [1000] * (SPREAD_SAMPLES // STEP), now)
    assert transit.spread == 0


def test_a_way_that_became_longer_for_good_is_another_way() -> None:
    # Mistake: 20 s of a buffer that believes everything comes 300 ms late.
    transit = Transit()
    now = feed(transit, [1000] * 200)
    longer = 1000 + MOVED_SAMPLES + 1
    now = feed(transit, [longer] * (SETTLED_SAMPLES // STEP - 1), now)
    assert transit.base == 1000
    feed(transit, [longer] * 2, now)
    assert (transit.base, transit.spread, transit.worth) == (longer, 0, 0)


LOSSY = [1_000] * 25 + [4_000] * 6  # each 0.31 s some packets that came 63 ms late


def test_stalls_that_are_over_are_not_waited_for() -> None:
    # Mistake: ten seconds of talk at a delay that nothing needs any more, after lanes were opened.
    transit = Transit()
    now = feed(transit, LOSSY * 20)
    assert transit.spread == 3_000
    now = feed(transit, [1_000] * 140, now)
    assert transit.spread == 3_000  # 1.4 s: it may be chance
    feed(transit, [1_000] * 80, now)
    assert transit.spread == transit.worth == 0


def test_in_a_pause_nothing_can_stall() -> None:
    # Mistake: to take the time in which nobody spoke for a good network.
    transit = Transit()
    now = feed(transit, LOSSY * 20) + 10 * 48_000
    feed(transit, [1_000] * 100, now)
    assert transit.spread == 3_000


def test_what_comes_back_again_and_again_is_remembered() -> None:
    # Mistake: to forget a bad spell that comes every ten seconds just before it comes.
    transit = Transit()
    now = feed(transit, [*LOSSY * 10, *[1_000] * 300, *LOSSY * 10])
    feed(transit, [1_000] * 300, now)
    assert transit.spread == 3_000


def test_a_stall_now_and_then_is_not_over_because_it_did_not_come_for_seconds() -> None:
    transit = Transit()
    now = feed(transit, [1_000, *[9_000] * 12] + ([1_000] * 360 + [9_000] * 40) * 2)
    feed(transit, [1_000] * 390, now)
    assert transit.spread == 8_000


def test_a_burst_may_be_all_that_is_left() -> None:
    # Mistake: to forget the newest packets too, where the last stall and all that came on time since came at once:
    # somebody who sends so could end the voice of a whole room.
    transit = Transit()
    now = feed(transit, [1_000] * 14)
    for _ in range(3):
        now = feed(transit, [6_000], now + 20 * STEP)
    feed(transit, [6_000, *[1_000] * 7], now + 20 * STEP, step=0)
    assert transit.base == 1_000


def test_a_late_burst_after_a_pause_is_no_other_way() -> None:
    # Mistake: five seconds at the longest delay, because the first packet after a pause was lost and sent again.
    transit = Transit()
    now = feed(transit, [1_000] * 900)
    now += 2 * SAMPLE_RATE
    late = [1_000 + (30 - number) * STEP for number in range(30)]
    feed(transit, late, now + 30 * STEP, step=0)
    feed(transit, [1_000] * 20, now + 31 * STEP)
    assert (transit.base, transit.spread) == (1_000, 0)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 40),
            st.sampled_from([0, 1_000, 4_000, 20_000]) | st.integers(-50_000, 50_000),
        ),
        min_size=1,
        max_size=400,
    )
)
def test_whatever_comes_in_bursts_something_is_known(steps: list[tuple[int, int, int]]) -> None:
    transit, now = Transit(), 0
    for kind, apart, late in steps:
        now += apart * STEP if kind == 0 else 0
        transit.add(now, late)
        assert transit.spread >= 0
        assert transit.worth >= 0
        assert transit.base <= late


def test_how_long_it_was_watched() -> None:
    transit = Transit()
    transit.add(700, 5)
    transit.add(900, 5)
    assert transit.watched(1700) == 1000


@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, LATE_SAMPLES)), min_size=1, max_size=200))
def test_windows_agree_with_plain_counting(steps: list[tuple[int, int]]) -> None:
    """As long as nothing is a stall or another way, for which some of it is forgotten."""
    transit, now, came = Transit(), 0, list[tuple[int, int]]()
    for step, value in steps:
        now += step
        transit.add(now, value)
        came.append((now, value))
        base = min(value for when, value in came if when > now - BASE_SAMPLES)
        recent = sorted(value for when, value in came if when > now - SPREAD_SAMPLES)
        assert transit.base == base
        assert transit.spread == max(0, recent[int(len(recent) * 0.95)] - base)
        assert 0 <= transit.worth <= max(value for _, value in came) - base
