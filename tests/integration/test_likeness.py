from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from scripts.demo.likeness import compare, find

Samples = npt.NDArray[np.float64]
SPEECH = Path(__file__).resolve().parents[1] / "sounds/speech.wav"


@pytest.fixture(name="speech")
def _speech() -> tuple[Samples, int]:
    samples, rate = soundfile.read(SPEECH)
    return samples, rate


@pytest.mark.parametrize("shift", [0, 1, 4_321])
def test_late_speech_is_found_to_the_sample(speech: tuple[Samples, int], shift: int) -> None:
    said, rate = speech
    noise = np.random.default_rng(7).normal(0, 0.001, len(said) + 20_000)
    noise[shift : shift + len(said)] += 0.5 * said
    likeness = compare(said, noise, rate)
    assert likeness.offset == shift / rate
    assert likeness.stoi > 0.95


def test_a_missing_beginning_is_a_negative_shift(speech: tuple[Samples, int]) -> None:
    # mistake: the shift wraps around and a lost beginning looks like seconds of delay
    said, _ = speech
    assert find(said, said[500:]) == -500
    assert find(said, np.concatenate([said[500:], np.zeros(40_000)])) == -500


def test_a_listener_who_waits_a_little_longer_hears_the_same(speech: tuple[Samples, int]) -> None:
    # mistake: a delay that changes once counts as bad speech, or speech with holes counts as good
    said, rate = speech
    half = len(said) // 2
    later = np.concatenate([said[:half], np.zeros(rate * 6 // 100), said[half:]])
    assert compare(said, later, rate).stoi > 0.95
    holes = np.arange(len(later)) // (rate // 50) % 4 > 0
    assert compare(said, later * holes, rate).stoi < 0.9


def test_other_sound_is_not_like_speech(speech: tuple[Samples, int]) -> None:
    # mistake: the verdict passes whatever was recorded
    said, rate = speech
    assert compare(said, np.random.default_rng(7).normal(0, 0.1, len(said)), rate).stoi < 0.6


@pytest.mark.parametrize("heard", [np.zeros(90_000), np.ones(100)])
def test_silence_and_scraps_cannot_be_compared(speech: tuple[Samples, int], heard: Samples) -> None:
    said, rate = speech
    with pytest.raises(ValueError, match="no speech"):
        compare(said, heard, rate)


def test_an_end_of_the_speech_is_too_little(speech: tuple[Samples, int]) -> None:
    said, rate = speech
    heard = np.zeros(len(said))
    heard[-rate // 2 :] = said[rate : rate + rate // 2]
    with pytest.raises(ValueError, match="less than a second"):
        compare(said[rate:], np.concatenate([heard, np.zeros(0)]), rate)
