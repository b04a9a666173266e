"""When a voice connection counts as deaf, and when it only has nothing to say."""

from __future__ import annotations

from itertools import pairwise

from client.hearing import Hearing

NEVER = float("-inf")


def pong(
    hearing: Hearing,
    asked: float,
    given_out: int,
    *,
    standing: float | None = 0.0,
    heard: float = NEVER,
    some_muted: bool = False,
) -> bool:
    return hearing.deaf(asked, given_out, standing, heard, asked + 0.05, some_muted=some_muted)


def test_frames_that_were_given_out_and_never_came_show_within_two_pongs() -> None:
    hearing = Hearing()
    assert not pong(hearing, 1.0, 100, heard=0.9)
    assert not pong(hearing, 1.75, 175, heard=1.2)  # some of them came
    assert pong(hearing, 2.5, 250, heard=1.2)
    assert hearing.in_vain == 1


def test_silence_is_not_deafness() -> None:
    hearing = Hearing()
    for number in range(1, 20):
        assert not pong(hearing, number, 100)  # nobody talks, or only I do


def test_one_frame_that_came_is_enough() -> None:
    hearing = Hearing()
    for number in range(1, 20):
        assert not pong(hearing, number, 100 * number, heard=number - 0.5)


def test_a_few_frames_may_be_under_way() -> None:
    hearing = Hearing()
    assert not pong(hearing, 1.0, 0)
    assert not pong(hearing, 1.75, 19)
    assert pong(hearing, 2.5, 20)


def test_a_connection_must_have_stood_with_its_topics_all_the_while() -> None:
    hearing = Hearing()
    assert not pong(hearing, 1.0, 100, standing=None)  # the speaker is off
    assert not pong(hearing, 2.0, 200, standing=1.5)  # it was switched on between
    assert not pong(hearing, 3.0, 300, standing=2.5)  # somebody came: a new topic
    assert pong(hearing, 4.0, 400, standing=2.5)


def test_a_count_that_falls_is_another_rooms() -> None:
    hearing = Hearing()
    assert not pong(hearing, 1.0, 100)
    assert not pong(hearing, 2.0, 50)
    assert pong(hearing, 3.0, 70)


def test_a_broker_that_lies_makes_nobody_spin() -> None:
    # would fail if each Pong could cost a connection
    hearing, reopened = Hearing(), []
    for number in range(1, 4_000):
        asked = number * 0.1
        if pong(hearing, asked, 1_000 * number):
            reopened.append(asked)
    pauses = [round(after - before) for before, after in pairwise(reopened)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]


def test_what_is_heard_again_ends_the_back_off() -> None:
    hearing = Hearing()
    pong(hearing, 1.0, 0)
    assert pong(hearing, 2.0, 100)
    assert not pong(hearing, 3.0, 200)
    assert not pong(hearing, 4.0, 300, heard=3.5)
    assert hearing.in_vain == 0
    assert pong(hearing, 5.0, 400, heard=3.5)


def test_where_somebody_is_muted_it_is_a_suspicion_that_grows_slowly() -> None:
    # Mistake: never to look while one is muted, so that all others stay unheard; or to reopen for each word of theirs.
    hearing = Hearing()
    reopened = [asked for asked in range(1, 200) if pong(hearing, asked, 100 * asked, some_muted=True)]
    assert reopened == list(range(21, 200, 21))
    assert hearing.in_vain == 0  # nothing to tell the user


def test_others_are_heard_where_somebody_is_muted() -> None:
    hearing = Hearing()
    for number in range(1, 200):
        assert not pong(hearing, number, 100 * number, heard=number - 4.0 + number % 4, some_muted=True)


def test_what_the_muted_said_before_they_left_counts_against_nobody() -> None:
    hearing = Hearing()
    assert not pong(hearing, 1.0, 0, some_muted=True)
    assert not pong(hearing, 2.0, 500)
    assert not pong(hearing, 3.0, 510)
    assert pong(hearing, 4.0, 520)
