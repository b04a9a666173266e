"""How loud sound is, and how it is brought to one level: the window's meter, the microphone's gain. Pure."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from client.voice.device import Block
from client.voice.mixer import limit, peak
from client.voice.packet import BLOCK_SAMPLES

LEVEL_BLOCKS: Final = 10  # ten reports a second: enough for the eye

_NOTHING: Final = 1e-12  # the power of what has no logarithm
_RAMP: Final = np.linspace(0.0, 1.0, BLOCK_SAMPLES, dtype=np.float32)
_TARGET_DB: Final = -23.0  # of speech, mean power; what most calls aim at
_BOUND_DB: Final = 12.0  # up and down
_RISE_DB: Final = 0.03  # for each block: 3 dB a second, so that nobody hears it pump
_FALL_DB: Final = 0.12
_LEVEL_SHARE: Final = 0.01  # the level is that of a second of speech


class Gain:
    """Brings speech slowly to one level, within bounds; what is not speech moves nothing."""

    def __init__(self) -> None:
        self.decibels = 0.0
        self._power: float | None = None

    def apply(self, block: Block, *, speech: bool) -> Block:
        """The block of 10 ms, louder or softer; nowhere over full scale."""
        before = self.decibels
        if speech:
            power = _power(block)
            self._power = power if self._power is None else self._power + (power - self._power) * _LEVEL_SHARE
            wanted = min(_BOUND_DB, max(-_BOUND_DB, _TARGET_DB - 10.0 * math.log10(self._power)))
            self.decibels += min(_RISE_DB, max(-_FALL_DB, wanted - self.decibels))
        if before == self.decibels == 0.0:
            return block
        start, end = _factor(before), _factor(self.decibels)
        return limit(block * (np.float32(start) if start == end else start + np.float32(end - start) * _RAMP))


class LevelMeter:
    """How loud the microphone is, a few times a second."""

    def __init__(self) -> None:
        self._peak = 0.0
        self._blocks = 0

    def measure(self, block: Block) -> float | None:
        """The peak of the last 100 ms, 0..1, once for each 100 ms; else None."""
        self._peak = max(self._peak, peak(block))
        self._blocks += 1
        if self._blocks < LEVEL_BLOCKS:
            return None
        highest, self._peak, self._blocks = min(self._peak, 1.0), 0.0, 0
        return highest


def decibels(block: Block) -> float:
    """The mean power of a block, in dB of full scale; -120 for silence."""
    return 10.0 * math.log10(_power(block))


def _power(block: Block) -> float:
    return float(np.dot(block, block)) / block.size + _NOTHING


def _factor(gain: float) -> float:
    return float(10.0 ** (gain / 20.0))
