"""When `Present` is said, and when differing rosters are reported."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from client.presence import Presence, roster_digest
from common import limits
from common.crypto.sealing import PresentSignal

ME, ANN, BOB = b"m" * 16, b"a" * 16, b"b" * 16


def presence(jitter: float = 0.0) -> Presence:
    return Presence(ME, lambda: jitter)


def signal_of(*sessions: bytes) -> PresentSignal:
    return PresentSignal(sessions, roster_digest(sessions))


def test_the_digest_is_of_people_not_of_their_order() -> None:
    assert roster_digest((ANN, BOB)) == roster_digest((BOB, ANN))
    assert roster_digest((ANN, BOB)) != roster_digest((ANN,))
    assert len(roster_digest(())) == 16


def test_it_is_said_at_once_and_then_now_and_again() -> None:
    talk = presence(jitter=1.0)
    assert talk.next_tick() is None
    assert talk.take_due((ANN,), 0.0) is None  # in no room
    talk.start(5.0)
    assert talk.next_tick() == 5.0
    assert talk.take_due((ANN,), 4.9) is None
    assert talk.take_due((ANN,), 5.0) == PresentSignal((ANN,), roster_digest((ANN, ME)))
    assert talk.take_due((ANN,), 5.1) is None
    assert talk.next_tick() == 5.0 + limits.PRESENT_REFRESH_SECONDS
    talk.stop()
    assert talk.next_tick() is None


def test_a_refresh_comes_early_enough_to_show_different_rosters_in_ten_seconds() -> None:
    talk = presence(jitter=0.0)
    talk.start(0.0)
    talk.take_due((), 0.0)
    assert talk.next_tick() == limits.PRESENT_REFRESH_SECONDS * 0.75


def test_a_large_room_repeats_itself_less_often() -> None:
    talk = presence(jitter=1.0)
    talk.start(0.0)
    talk.take_due(tuple(n.to_bytes(16, "big") for n in range(400)), 0.0)
    assert talk.next_tick() == 50.0


def test_a_newcomer_is_answered_soon() -> None:
    talk = presence(jitter=0.5)
    talk.start(0.0)
    talk.take_due((), 0.0)
    talk.newcomer(3.0)
    assert talk.next_tick() == 3.0 + 0.5 * limits.PRESENT_MIN_SECONDS
    talk.newcomer(3.1)  # a second one must not put the first off
    assert talk.next_tick() == 3.0 + 0.5 * limits.PRESENT_MIN_SECONDS
    fresh = presence()
    fresh.newcomer(1.0)
    assert fresh.next_tick() == 1.0


@given(st.lists(st.tuples(st.floats(0, 0.4), st.booleans()), max_size=60), st.floats(0, 1))
def test_a_storm_of_newcomers_is_answered_four_times_a_second_at_most(
    steps: list[tuple[float, bool]], jitter: float
) -> None:
    talk = presence(jitter)
    talk.start(0.0)
    now, said = 0.0, []
    for pause, comes in steps:
        now += pause
        if comes:
            talk.newcomer(now)
        if talk.take_due((ANN,), now) is not None:
            said.append(now)
    gaps = [after - before for before, after in pairwise(said)]
    assert all(gap >= limits.PRESENT_MIN_SECONDS - 1e-9 for gap in gaps)


def test_an_invented_crowd_does_not_make_my_signal_too_large() -> None:
    talk = presence()
    talk.start(0.0)
    crowd = tuple(n.to_bytes(16, "big") for n in range(limits.ROOM_MEMBERS_MAX + 100))
    said = talk.take_due(crowd, 0.0)
    assert said is not None
    assert len(said.sessions) == limits.ROOM_MEMBERS_MAX
    assert said.digest == roster_digest((*crowd, ME))


def test_rosters_that_stay_different_are_reported_once() -> None:
    talk = presence()
    others = (ANN, BOB)
    assert not talk.heard(ANN, signal_of(ANN, ME), others, 0.0)
    assert not talk.heard(ANN, signal_of(ANN, ME), others, 9.9)  # an honest delay
    assert talk.heard(ANN, signal_of(ANN, ME), others, 10.0)
    assert not talk.heard(ANN, signal_of(ANN, ME), others, 30.0)


def test_rosters_that_agree_again_are_forgiven() -> None:
    talk = presence()
    talk.heard(ANN, signal_of(ANN, ME), (ANN, BOB), 0.0)
    assert not talk.heard(ANN, signal_of(ANN, ME, BOB), (ANN, BOB), 5.0)
    assert not talk.heard(ANN, signal_of(ANN, ME), (ANN, BOB), 12.0)


def test_who_went_and_came_back_is_judged_anew() -> None:
    # Ann leaves in the midst of a change of people; her first signal after coming back may differ for a moment.
    talk = presence()
    talk.start(0.0)
    talk.heard(ANN, signal_of(ANN, ME), (ANN, BOB), 0.0)
    talk.take_due((BOB,), 8.0)
    assert not talk.heard(ANN, signal_of(ANN, ME), (ANN, BOB), 60.0)
    assert talk.heard(ANN, signal_of(ANN, ME), (ANN, BOB), 70.0)
    talk.take_due((ANN, BOB), 71.0)
    assert not talk.heard(ANN, signal_of(ANN, ME), (ANN, BOB), 72.0)  # here all the time: told already


def test_a_lost_connection_forgets_differences() -> None:
    talk = presence()
    talk.heard(ANN, signal_of(ANN, ME), (ANN, BOB), 0.0)
    talk.stop()
    assert not talk.heard(ANN, signal_of(ANN, ME), (ANN, BOB), 60.0)
