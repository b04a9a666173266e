"""How like heard speech is to what was said, and how much later it came. Samples in, numbers out: pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pystoi import stoi

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Where in the recording the speech begins (seconds), and its STOI: 1 is the same, under 0.6 hard to follow."""

    offset: float
    stoi: float


def compare(said: Samples, heard: Samples, rate: int) -> Likeness:
    """Find `said` in `heard` (both mono at `rate` Hz) and judge it. ValueError where either is silent or too short."""
    if len(said) < rate or len(heard) < rate or not said.any() or not heard.any():
        raise ValueError("there is no speech to compare")
    offset = find(said, heard)
    begin, end = max(0, offset), min(len(heard), offset + len(said))
    if end - begin < rate:
        raise ValueError("less than a second of the speech was heard")
    return Likeness(offset / rate, float(stoi(said[begin - offset : end - offset], heard[begin:end], rate)))


def find(said: Samples, heard: Samples) -> int:
    """The shift, in samples, at which `said` fits `heard` best; negative where its beginning is missing."""
    size = 1 << (len(said) + len(heard) - 1).bit_length()
    fits = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)
    best = int(np.argmax(fits))
    return best if best < len(heard) else best - size
