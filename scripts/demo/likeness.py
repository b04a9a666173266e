"""How like heard speech is to what was said, and how much later it came. Samples in, numbers out: pure.

A listener waits longer where the network or the machine is late for a while, and catches up in pauses: parts of the
speech are then heard some ten milliseconds beside the place that fits the rest. Nobody hears that, and STOI would: so
each part is laid beside what was said before it is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from pystoi import stoi

Samples = npt.NDArray[np.float64]

_PART: Final = 0.5  # seconds: longer than the 384 ms that STOI judges at a time
_BESIDE: Final = 0.1  # seconds that a part may be heard sooner or later than the whole


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
    said = said[begin - offset : end - offset]
    return Likeness(offset / rate, float(stoi(said, _beside(said, heard, begin, rate), rate)))


def find(said: Samples, heard: Samples) -> int:
    """The shift, in samples, at which `said` fits `heard` best; negative where its beginning is missing."""
    size = 1 << (len(said) + len(heard) - 1).bit_length()
    fits = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)
    best = int(np.argmax(fits))
    return best if best < len(heard) else best - size


def _beside(said: Samples, heard: Samples, begin: int, rate: int) -> Samples:
    """What was heard from `begin` on, part by part where it fits what was said."""
    size, reach = round(_PART * rate), round(_BESIDE * rate)
    around = np.pad(heard, (reach, reach + size))[begin:]
    parts = []
    for start in range(0, len(said), size):
        part = said[start : start + size]
        near = around[start : start + len(part) + 2 * reach]
        shift = min(max(find(part, near), 0), 2 * reach) if part.any() and near.any() else reach
        parts.append(near[shift : shift + len(part)])
    return np.concatenate(parts)
