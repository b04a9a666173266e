"""How loud sound is, and how it is brought to one level."""

from __future__ import annotations

import numpy as np
import pytest

from client.voice.device import silence
from client.voice.loudness import Gain, LevelMeter, decibels
from tests.client.voice.fakes import tone


def test_the_meter_tells_the_peak_ten_times_a_second() -> None:
    meter = LevelMeter()
    peaks = [meter.measure(tone(0.5 if number == 3 else 0.1)) for number in range(20)]
    assert [peak for peak in peaks if peak is not None] == [pytest.approx(0.5, 0.01), pytest.approx(0.1, 0.01)]
    assert peaks[9] is not None


def loudness_after(level: float, seconds: int, *, speech: bool = True) -> float:
    gain = Gain()
    block = silence()
    for number in range(seconds * 100):
        block = gain.apply(tone(level, number), speech=speech)
    assert np.abs(block).max() <= 1.0
    return decibels(block)


def test_soft_and_loud_speech_come_to_one_level_within_bounds() -> None:
    assert loudness_after(0.05, 8) == pytest.approx(-23.0, abs=0.5)  # was -29
    assert loudness_after(0.7, 8) == pytest.approx(-18.1, abs=0.5)  # was -6: no more than 12 down
    assert loudness_after(0.005, 8) == pytest.approx(-37.0, abs=0.5)  # was -49


def test_the_gain_rises_slowly_and_what_is_not_speech_moves_nothing() -> None:
    # Would catch a room that becomes loud in every pause.
    assert loudness_after(0.05, 1) == pytest.approx(-26.0, abs=0.5)
    assert loudness_after(0.005, 8, speech=False) == pytest.approx(-49.0, abs=0.1)


def test_a_shout_after_soft_speech_stays_within_full_scale() -> None:
    gain = Gain()
    for number in range(800):
        gain.apply(tone(0.02, number), speech=True)
    assert gain.decibels > 9.0
    shout = gain.apply(tone(0.9), speech=True)
    assert np.abs(shout).max() <= 1.0
