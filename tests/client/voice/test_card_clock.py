from __future__ import annotations

from collections.abc import Callable

import pytest

from client.voice.card_clock import (
    CALM_MOST,
    FILL_FIRST,
    FILL_MOST,
    LOOK_SECONDS,
    OFTEN,
    OFTEN_MOST,
    PIECES_SECONDS,
    QUIET_FIRST,
    QUIET_MOST,
    RAISE,
    STALL,
    Beat,
    CardClock,
    FillTarget,
    Period,
    Pieces,
)

LOOK = LOOK_SECONDS


def lost(moves: dict[int, float], *, period: int = 2, looks: int = 400, pace: float = 1.0) -> float:
    """What a clock reports of a card that moves every `period` looks; `moves` are those that differ, by look."""
    clock, moved, total = CardClock(), 0.0, 0.0
    for look in range(looks):
        if look % period == 0:
            moved += moves.get(look, period * LOOK * pace)
        total += clock.note(100.0 + look * LOOK, moved)
    return total


def test_a_card_that_keeps_pace_lost_nothing() -> None:
    assert lost({}) == 0.0
    assert lost({}, period=10) == 0.0
    assert lost({}, pace=0.9998, looks=4_000) == 0.0  # another clock
    assert lost({}, pace=1.0002, looks=4_000) == 0.0


def test_what_a_card_lost_is_told_once() -> None:
    assert lost(dict.fromkeys(range(100, 130, 2), 0.0)) == pytest.approx(0.150)


def test_a_card_that_catches_up_lost_nothing() -> None:
    # Mistake: to take a machine that stood still for a moment for a gap.
    assert lost({100: 0.0, 102: 0.0, 104: 0.0, 106: 0.04}) == 0.0


def test_a_card_that_had_something_left_has_lost_nothing() -> None:
    # Mistake: a gap for each time that the looks at a card move against its pieces, by 2 ms within a fifth of a second.
    for dry in (None, 30, 100, 103, 165):
        clock, found = CardClock(), 0.0
        for look in range(200):
            now = 100.0 + look * LOOK + (0.0025 if look >= 100 else 0.0)
            found += clock.note(now, look // 2 * 2 * LOOK, 0.0 if look == dry else 0.010)
        assert (found > 0.0) == (dry in {100, 103})


def test_gaps_that_come_often_raise_the_target_up_to_a_limit() -> None:
    target = FillTarget(0.010)
    target.gap(0.0)
    target.gap(OFTEN - 1.0)
    assert target.seconds == FILL_FIRST + RAISE
    for second in range(100):
        target.gap(OFTEN + second)
    assert target.seconds == FILL_MOST


def test_gaps_that_come_now_and_then_put_on_no_more_than_a_little() -> None:
    # Mistake: a gap each five seconds, and within a minute pieces of 40 ms, for the rest of a talk.
    target = FillTarget(0.010)
    for number in range(400):
        target.gap(5.0 * number)
        target.gap(5.0 * number + 1.0)  # two are no bad spell yet
    assert target.seconds == FILL_FIRST + OFTEN_MOST
    assert target.calm(2_000.0) == 2_000.0  # shorter pieces may be tried


def test_a_gap_that_comes_alone_costs_nobody_anything() -> None:
    # Mistake: a card clock that tells a long halt in two parts; half an hour in which each halt adds to the delay.
    target = FillTarget(0.010)
    for number in range(100):
        target.gap(number * (OFTEN + 1.0))
        target.gap(number * (OFTEN + 1.0) + STALL - 0.1)
    assert target.seconds == FILL_FIRST
    assert target.calm(2_200.0) == 2_200.0


def watch(target: FillTarget, start: float, seconds: float, left: float) -> None:
    for count in range(round(seconds / LOOK) + 2):
        target.note(start + count * LOOK, left)


def test_no_less_is_kept_ready_than_at_first() -> None:
    # Mistake: a delay that jumps by a piece of the card in the midst of a talk, there and back.
    target = FillTarget(0.010)
    watch(target, 0.0, 40 * QUIET_FIRST, left=0.010)
    assert target.seconds == FILL_FIRST


def spell(target: FillTarget, start: float, gaps: int) -> None:
    for gap in range(gaps):
        target.gap(start + gap / 2)


def test_each_spell_of_gaps_doubles_the_patience_up_to_a_limit() -> None:
    # Mistake: one bad minute with many gaps, after which nothing is given back for the rest of a talk.
    target = FillTarget(0.010)
    target.note(0.0, 0.010)
    spell(target, 1.0, 20)
    assert target.seconds == FILL_MOST
    watch(target, 10.5, 2 * QUIET_FIRST - 0.1, left=0.0)
    assert target.seconds == FILL_MOST
    watch(target, 10.6 + 2 * QUIET_FIRST, 0.0, left=0.0)
    assert target.seconds == FILL_MOST - RAISE
    for number in range(1, 10):
        spell(target, 1_000.0 * number, 2)
    raised = target.seconds
    watch(target, 9_000.5, QUIET_MOST - 1.0, left=0.0)
    assert target.seconds == raised
    watch(target, 9_000.6 + QUIET_MOST, 0.0, left=0.0)
    assert target.seconds < raised


@pytest.mark.parametrize("to_spare", [0.0, 0.050])
def test_what_a_bad_spell_has_put_on_goes_within_minutes(to_spare: float) -> None:
    # Mistake: an hour for what ten seconds have cost; or that it stays, since a busy machine never has some to spare.
    target = FillTarget(0.010)
    target.note(0.0, 0.010)
    spell(target, 0.0, 20)
    for second in range(10, 400):
        watch(target, float(second), 1.0, left=max(0.0, to_spare - 0.080 + target.seconds))
    assert target.seconds <= FILL_FIRST
    assert target.calm(400.0) == 400.0 - 9.5


def test_a_card_is_given_no_less_than_it_starts_with() -> None:
    target = FillTarget(0.040)
    watch(target, 0.0, 20 * QUIET_FIRST, left=0.030)
    assert target.seconds > 0.040


def fetch(
    late: Callable[[int], float], *, seconds: float = 10.0, piece: float = 0.010, pace: float = 1.0
) -> tuple[list[float], int]:
    """How long each piece of a microphone had waited when it was fetched, and how many looks that took."""
    beat, now, taken, waited, looks = Beat(), 0.0, 0, [], 0
    comes = 0.0034
    while now < seconds:
        looks += 1
        while now >= comes:
            taken += 1
            waited.append(now - comes)
            beat.note(now, taken * piece, piece)
            comes = max(comes, 0.0034 + taken * piece * pace + late(taken))
        now += beat.due(now) + 0.0001  # no thread wakes at once
    return waited, looks


def test_a_piece_is_fetched_as_it_comes() -> None:
    # Mistake: looking by a clock of one's own, which finds each piece up to a look later, and another time later still.
    waited, looks = fetch(lambda _: 0.0)
    assert max(waited[20:]) < 0.0014
    assert looks < 10 * 220
    waited, looks = fetch(lambda _: 0.0, piece=0.0213)
    assert max(waited[20:]) < 0.0014


@pytest.mark.parametrize("pace", [0.9998, 1.0002])
def test_a_card_with_a_clock_of_its_own_is_followed(pace: float) -> None:
    # Mistake: to look after a piece only, and so never to learn that they come earlier by now.
    waited, looks = fetch(lambda _: 0.0, seconds=60.0, pace=pace)
    assert max(waited[20:]) < 0.0014
    assert looks < 60 * 230


def test_a_piece_that_comes_late_puts_the_beat_off_for_nothing() -> None:
    waited, looks = fetch(lambda number: 0.004 if number % 10 == 0 else 0.0)
    assert sorted(waited[20:])[len(waited) * 8 // 10] < 0.0014
    assert max(waited[20:]) <= LOOK_SECONDS + 0.0001
    assert looks < 10 * 250


def test_a_microphone_that_stands_still_is_looked_at_no_more_often_than_any() -> None:
    beat = Beat()
    assert beat.due(0.0) == LOOK_SECONDS
    beat.note(0.0, 0.010, 0.010)
    assert beat.due(0.009) < LOOK_SECONDS
    assert beat.due(0.014) == LOOK_SECONDS


def test_periods_grow_to_an_end() -> None:
    period = Period()
    grown = [(period.lengthen(), period.seconds) for _ in range(3)]
    assert grown == [(True, 0.020), (True, 0.040), (False, 0.040)]


def test_periods_shrink_again_where_it_is_calm_for_longer_each_time() -> None:
    # Mistake: a bad minute that makes voice late for good, or a card that is opened again and again.
    period = Period()
    assert not period.shorten(1e9)
    waits = []
    for _ in range(8):
        assert period.lengthen()
        waits.append(next(calm for calm in range(0, 4_000, 10) if period.shorten(calm)))
    assert waits == [60, 120, 240, CALM_MOST, CALM_MOST, CALM_MOST, CALM_MOST, CALM_MOST]
    assert period.seconds == 0.010


def test_a_card_that_takes_pieces_is_heard_by_the_moment_before_it_takes_one() -> None:
    # Mistake: what it took half a piece ago would count as heard.
    pieces = Pieces()
    found = [pieces.latest(0.100 + look * LOOK - (look // 2) * 0.010, look * LOOK) for look in range(100)]
    assert found[-1] == pytest.approx(0.105)


def test_a_gap_delays_and_sound_that_was_dropped_hastens_what_follows() -> None:
    pieces = Pieces()
    assert pieces.latest(0.100, 0.0) == 0.100
    assert pieces.latest(0.130, 0.1) == 0.130
    assert pieces.latest(0.110, 0.2) == 0.130
    assert pieces.latest(0.110, 0.2 + PIECES_SECONDS) == 0.110
