"""The volume of one speaker: changed within a block, so that nothing clicks. Pure."""

from __future__ import annotations

import numpy as np

from client.voice.device import Block


class Fader:
    """Multiplies block by block."""

    def __init__(self, gain: float = 1.0) -> None:
        self._wanted = gain
        self._gain = gain

    @property
    def silent(self) -> bool:
        """Whether nothing is to be heard, and nothing is any more."""
        return self._gain == self._wanted == 0.0

    @property
    def closed(self) -> bool:
        """Whether nothing is to be heard."""
        return self._wanted == 0.0

    def set(self, gain: float) -> None:
        """From the next block on."""
        self._wanted = gain

    def apply(self, block: Block | None) -> Block | None:
        """The block as loud as it is wanted; None (silence) stays None."""
        before, self._gain = self._gain, self._wanted
        if block is None or before == self._wanted == 1.0:
            return block
        if before == self._wanted:
            return block * np.float32(before)
        return block * np.linspace(before, self._wanted, block.size, dtype=np.float32)
