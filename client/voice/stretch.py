"""Make voice a little shorter or longer without changing its pitch: whole pitch periods are taken out or put in.

The overlap-and-add of WSOLA, on float32 samples. Knows nothing of packets or delays.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from client.voice.device import Block
from common.limits import SAMPLE_RATE

OVERLAP: Final = SAMPLE_RATE // 200  # 5 ms in which one place fades into the other
SHORTEST: Final = SAMPLE_RATE // 400  # 2.5 ms: the pitch period of a child
LONGEST: Final = SAMPLE_RATE // 67  # 15 ms: that of a deep voice
TOLERANCE: Final = SAMPLE_RATE // 333  # 3 ms that a pitch period may be longer than the wish
ALIKE: Final = 0.6  # correlation from which on a cut is not heard
QUIET: Final = 0.003  # RMS below which (-50 dBFS) nobody hears any cut

_TINY: Final = 1e-12
_FADE_IN: Final = np.linspace(0.0, 1.0, OVERLAP, dtype=np.float32)
_FADE_OUT: Final = 1.0 - _FADE_IN


def shorten(block: Block, wish: int, *, force: bool = False) -> Block:
    """Take about `wish` samples out of a block of two packets or more; the same block where that would be heard.

    `force`: cut even where it is heard a little.
    """
    longest = min(block.size - OVERLAP, LONGEST, wish + TOLERANCE)
    if longest < SHORTEST:
        return block
    if quiet(block):
        lag = max(SHORTEST, min(wish, longest))
    else:
        offset, likeness = _most_alike(block[:OVERLAP], block[SHORTEST : longest + OVERLAP])
        if likeness < ALIKE and not force:
            return block
        lag = SHORTEST + offset
    joined = block[:OVERLAP] * _FADE_OUT + block[lag : lag + OVERLAP] * _FADE_IN
    return np.concatenate([joined, block[lag + OVERLAP :]])


def lengthen(past: Block, block: Block, wish: int, *, force: bool = False) -> Block:
    """Put about `wish` samples before a block: the last pitch period of the `past` once more.

    The same block where that would be heard, unless `force`, or where there is too little of the past.
    """
    longest = min(past.size, LONGEST, wish + TOLERANCE)
    if longest < OVERLAP or block.size < OVERLAP:
        return block
    if quiet(block) and quiet(past):
        lag = max(OVERLAP, min(wish, longest))
    else:
        offset, likeness = _most_alike(block[:OVERLAP], past[past.size - longest :])
        if likeness < ALIKE and not force:
            return block
        lag = longest - offset
    period = past[past.size - lag :]
    joined = block[:OVERLAP] * _FADE_OUT + period[:OVERLAP] * _FADE_IN
    return np.concatenate([joined, period[OVERLAP:], block])


def quiet(block: Block) -> bool:
    """Whether it is so soft that nobody hears what is done to it."""
    return float(np.dot(block, block)) <= QUIET * QUIET * block.size


def _most_alike(piece: Block, within: Block) -> tuple[int, float]:
    """Where in `within` the piece fits best, and how well: the normalised correlation, -1..1."""
    products = np.correlate(within, piece, "valid")
    energy = np.concatenate([[0.0], np.cumsum(np.square(within, dtype=np.float64))])
    energies = energy[piece.size :] - energy[: -piece.size]
    likeness = products / np.sqrt(np.maximum(energies * float(np.dot(piece, piece)), _TINY))
    best = int(np.argmax(likeness))
    return best, float(likeness[best])
