from __future__ import annotations

import pytest

from client.voice.media_clock import EAR_BLOCKS, WINDOW_SECONDS, EarClock, MouthClock


def approx(media: int, at: float) -> object:
    return pytest.approx((media, at), rel=1e-10)


START = 2**32 - 4_800  # the media time of a client may begin anywhere, and goes over its end


def test_the_earliest_block_of_a_while_is_believed() -> None:
    clock = MouthClock()
    for number, late in enumerate((0.004, 0.001, 0.003)):
        clock.note(START + number * 480, 5.0 + number * 0.01 + late)
    told = clock.tell(START + 960, 0.0, 5.02)
    assert told == approx(START + 960, 5.021)


def test_a_card_that_lost_sound_is_followed_within_the_window() -> None:
    # Mistake: believing for ever in a line that was left when samples were lost.
    clock = MouthClock()
    clock.note(0, 5.0)
    clock.note(480, 5.11)
    assert clock.tell(480, 0.0, 5.2) == approx(480, 5.01)
    clock.note(48_000 * 3, 8.1)
    assert clock.tell(48_000 * 3, 0.0, 5.2 + WINDOW_SECONDS + 1) == approx(144_000, 8.1)


def test_it_is_told_once_a_second_and_when_the_front_end_changes() -> None:
    clock = MouthClock()
    clock.note(START, 5.0)
    assert clock.tell(START, 0.015, 5.0) == approx(START, 4.985)
    assert clock.tell(START, 0.015, 5.9) is None
    assert clock.tell(START + 4_800, 0.0, 5.9) == approx(0, 5.1)


def test_of_what_is_heard_the_middle_is_told_twice_a_second() -> None:
    # Mistake: one block that was given in a burst would stand for all.
    clock = EarClock()
    told = [
        clock.note(START + number * 480, 7.0 + number * 0.01 + (0.5 if number % 5 == 0 else 0.0))
        for number in range(2 * EAR_BLOCKS)
    ]
    assert [number for number, one in enumerate(told) if one] == [EAR_BLOCKS - 1, 2 * EAR_BLOCKS - 1]
    media = START + (EAR_BLOCKS - 1) * 480
    assert told[EAR_BLOCKS - 1] == approx(media - 2**32, 7.0 + (EAR_BLOCKS - 1) * 0.01)
