"""What is done to a microphone's sound before it is coded: the place of echo, noise and level processing.

For now the sound passes unchanged and only its loudness is measured. What comes later implements `FrontEnd`: it
is given what the speaker plays too, since that is what an echo canceller takes away.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from client.voice.device import Block

_LEVEL_BLOCKS: Final = 10  # ten reports a second: enough for the eye


class FrontEnd(Protocol):
    """One for each opening of the microphone."""

    def hear(self, played: Block) -> None:
        """A block that the speaker plays now: what an echo canceller listens for."""
        ...

    def process(self, block: Block) -> Block:
        """A block of the microphone, ready to be coded; of the same size."""
        ...


class PlainFrontEnd:
    """Changes nothing."""

    def hear(self, played: Block) -> None:
        """Nothing to take away from the microphone."""

    def process(self, block: Block) -> Block:
        """The block itself."""
        return block


class LevelMeter:
    """How loud the microphone is, a few times a second."""

    def __init__(self) -> None:
        self._peak = 0.0
        self._blocks = 0

    def measure(self, block: Block) -> float | None:
        """The peak of the last 100 ms, 0..1, once for each 100 ms; else None."""
        self._peak = max(self._peak, float(np.max(np.abs(block))))
        self._blocks += 1
        if self._blocks < _LEVEL_BLOCKS:
            return None
        peak, self._peak, self._blocks = min(self._peak, 1.0), 0.0, 0
        return peak
