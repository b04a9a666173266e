"""What is said on the rig: chirps, whose time can be told to a sample, and real speech. Mono, 48 kHz, -1..1. Pure."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

RATE: Final = 48_000
Sound: TypeAlias = npt.NDArray[np.float64]

_CHIRP_SECONDS: Final = 0.03
_LOWEST_HZ, _HIGHEST_HZ = 400.0, 5_000.0  # within speech, so that no codec and no filter takes it for something else
_LEVEL: Final = 0.35
_LEAD_SECONDS: Final = 0.5
_SHORTEST_GAP, _LONGEST_GAP = 0.9, 1.1  # at random: their phase against any frame is as likely as any other


def chirp() -> Sound:
    """One sweep upwards, softly begun and ended."""
    time = np.arange(int(RATE * _CHIRP_SECONDS)) / RATE
    slope = (_HIGHEST_HZ - _LOWEST_HZ) / _CHIRP_SECONDS
    sweep = np.cos(2 * np.pi * (_LOWEST_HZ * time + slope * time**2 / 2))
    return np.asarray(_LEVEL * sweep * np.hanning(time.size))


def chirps(count: int, seed: int) -> Sound:
    """A row of chirps."""
    chance = np.random.default_rng(seed)
    one = chirp()
    parts = [np.zeros(int(_LEAD_SECONDS * RATE))]
    for _ in range(count):
        parts += [one, np.zeros(int(chance.uniform(_SHORTEST_GAP, _LONGEST_GAP) * RATE) - one.size)]
    return np.concatenate([*parts, np.zeros(RATE)])


def tone(seconds: float) -> Sound:
    """A steady one of 997 Hz: every break in it shows."""
    steady = 0.3 * np.sin(2 * np.pi * 997.0 * np.arange(int(seconds * RATE)) / RATE)
    return np.concatenate([np.zeros(RATE // 2), steady])


def speech_track(speech: Sound, times: int) -> tuple[Sound, list[slice]]:
    """The speech so often, a second of silence around each; and where each of them lies."""
    gap = np.zeros(RATE)
    parts, places, position = [gap], [], RATE
    for _ in range(times):
        parts += [speech, gap]
        places.append(slice(position, position + speech.size))
        position += speech.size + RATE
    return np.concatenate(parts), places
