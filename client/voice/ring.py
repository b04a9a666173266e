"""The FIFO between the voice thread and a callback of the sound card, and how full it should be.

One thread writes, one other reads; no lock, so that neither waits for the other while it is not scheduled. Filling
is measured in seconds and not in blocks, because cards ask for what they like.
"""

from __future__ import annotations

from collections import deque
from typing import Final

SAMPLE_BYTES: Final = 2

TARGET_FIRST: Final = 0.020  # seconds: two periods of a common card
TARGET_LEAST: Final = 0.0075
TARGET_MOST: Final = 0.080
RAISE: Final = 0.005  # after a gap was heard
LOWER: Final = 0.0025  # after QUIET_SECONDS in which there was always SLACK to spare
SLACK: Final = 0.006
QUIET_SECONDS: Final = 5.0


class Ring:
    """16-bit samples, as bytes. `write` belongs to one thread, `take` to another, `level` to both."""

    def __init__(self, capacity: int) -> None:
        """`capacity` in samples."""
        self._capacity = capacity * SAMPLE_BYTES
        self._pieces: deque[bytes] = deque()
        self._written = 0  # touched by the writer only
        self._rest = b""  # these two by the reader only
        self._taken = 0

    @property
    def level(self) -> int:
        """How many samples wait."""
        return (self._written - self._taken) // SAMPLE_BYTES

    def write(self, samples: bytes) -> bool:
        """Append; False, and nothing is kept, where they do not fit."""
        if self._written - self._taken + len(samples) > self._capacity:
            return False
        self._pieces.append(samples)
        self._written += len(samples)
        return True

    def take(self, count: int) -> bytes:
        """The oldest `count` samples, or as many as there are."""
        wanted = count * SAMPLE_BYTES
        pieces = [self._rest]
        size = len(self._rest)
        while size < wanted and self._pieces:
            pieces.append(self._pieces.popleft())
            size += len(pieces[-1])
        joined = b"".join(pieces)
        self._rest = joined[wanted:]
        taken = joined[:wanted]
        self._taken += len(taken)
        return taken


class FillTarget:
    """How full the speaker's ring should be, in seconds: learnt from gaps, and lowered only where it is safe."""

    def __init__(self) -> None:
        self.seconds = TARGET_FIRST
        self._least = TARGET_MOST
        self._heard = 0.0

    def note(self, left: float, taken: float) -> None:
        """The card took `taken` seconds of sound and `left` seconds stayed in the ring."""
        self._least = min(self._least, left)
        self._heard += taken
        if self._heard < QUIET_SECONDS:
            return
        if self._least > SLACK:
            self.seconds = max(TARGET_LEAST, self.seconds - LOWER)
        self._least, self._heard = TARGET_MOST, 0.0

    def gap(self) -> None:
        """The card found too little."""
        self.seconds = min(TARGET_MOST, self.seconds + RAISE)
        self._least, self._heard = 0.0, 0.0
