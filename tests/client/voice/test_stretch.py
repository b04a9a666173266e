from __future__ import annotations

import numpy as np
import pytest

from client.voice import stretch
from client.voice.device import Block, silence


def vowel(samples: int, pitch: float = 120.0, at: int = 0) -> Block:
    time = (np.arange(samples) + at) / 48_000
    harmonics = np.stack([0.3 / n * np.sin(2 * np.pi * pitch * n * time) for n in (1, 2, 3)])
    tone: Block = harmonics.sum(axis=0).astype(np.float32)
    return tone


def noise(samples: int) -> Block:
    return (np.random.default_rng(1).standard_normal(samples) * 0.2).astype(np.float32)


def pitch_of(block: Block) -> float:
    spectrum = np.abs(np.fft.rfft(block * np.hanning(block.size), 96_000))
    return float(np.argmax(spectrum)) * 48_000 / 96_000


def steepest(block: Block) -> float:
    return float(np.max(np.abs(np.diff(block))))


def test_shortening_takes_out_a_pitch_period_without_a_click() -> None:
    block = vowel(960)
    shorter = stretch.shorten(block, 400)
    assert 0 < block.size - shorter.size <= 400 + stretch.TOLERANCE
    assert abs(block.size - shorter.size - 400) < 12  # 120 Hz: 400 samples
    assert steepest(shorter) < 1.5 * steepest(block)
    assert shorter[0] == pytest.approx(block[0])
    assert shorter[-1] == pytest.approx(block[-1])


def test_lengthening_repeats_a_pitch_period_without_a_click() -> None:
    past, block = vowel(960), vowel(480, at=960)
    longer = stretch.lengthen(past, block, 400)
    assert abs(longer.size - block.size - 400) < 12
    whole = np.concatenate([past, longer])
    assert steepest(whole) < 1.5 * steepest(past)
    assert pitch_of(whole) == pytest.approx(120, abs=3)
    assert longer[-1] == pytest.approx(block[-1])


def test_what_would_be_heard_is_left_alone_unless_forced() -> None:
    # Mistake: to cut consonants: speech turns to gravel.
    assert stretch.shorten(noise(960), 300).size == 960
    assert stretch.shorten(noise(960), 300, force=True).size < 960
    assert stretch.lengthen(noise(960), noise(480), 300).size == 480
    assert stretch.lengthen(noise(960), noise(480), 300, force=True).size > 480


def test_silence_is_cut_and_filled_exactly_as_wished() -> None:
    assert stretch.shorten(silence(960), 480).size == 480
    assert stretch.shorten(silence(960), 5).size == 960 - stretch.SHORTEST
    assert stretch.lengthen(silence(720), silence(480), 480).size == 960


@pytest.mark.parametrize("size", [0, 100, 240, 300])
def test_too_little_sound_is_left_alone(size: int) -> None:
    assert stretch.shorten(vowel(size), 400).size == size
    assert stretch.lengthen(vowel(100), vowel(480), 400).size == 480
    if size < stretch.OVERLAP:
        assert stretch.lengthen(vowel(720), vowel(size), 400).size == size
