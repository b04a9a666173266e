"""No device: a microphone that hears nothing and a speaker that nobody listens to, both in real time."""

from __future__ import annotations

from typing import Final

from client.voice.device import BLOCK_SECONDS, Block, silence

_CATCH_UP_BLOCKS: Final = 50  # after a longer stop of the program the rest of the time is passed over


class RealTime:
    """Counts the blocks that a device without a clock of its own should have moved by now."""

    def __init__(self, now: float, blocks: int = 0) -> None:
        """`blocks` is how many have been moved at `now`."""
        self._start = now - blocks * BLOCK_SECONDS
        self.blocks = blocks

    def behind(self, now: float) -> int:
        """How many blocks are owed."""
        owed = int((now - self._start) / BLOCK_SECONDS + 1e-6) - self.blocks
        if owed > _CATCH_UP_BLOCKS:
            self._start += (owed - _CATCH_UP_BLOCKS) * BLOCK_SECONDS
            owed = _CATCH_UP_BLOCKS
        return owed

    def due(self, now: float) -> float:
        """In how many seconds the next block is owed."""
        return max(0.0, self._start + (self.blocks + 1) * BLOCK_SECONDS - now)


class SilentMicrophone:
    """Hears silence."""

    name = "none"
    ready = True
    missing = ""
    latency = 0.0
    ended = False

    def __init__(self, now: float) -> None:
        self._time = RealTime(now)

    def read(self, now: float) -> Block | None:
        """A silent block for each 10 ms."""
        if self._time.behind(now) < 1:
            return None
        self._time.blocks += 1
        return silence()

    def due(self, now: float) -> float:
        """When the next block ends."""
        return self._time.due(now)

    def close(self) -> None:
        """Nothing to close."""


class SilentSpeaker:
    """Plays to nobody."""

    name = "none"
    ready = True
    missing = ""
    latency = 0.0
    patient = False

    def __init__(self, now: float) -> None:
        self._time = RealTime(now)

    def wanted(self, now: float) -> int:
        """A block for each 10 ms."""
        return max(0, self._time.behind(now))

    def write(self, block: Block) -> None:  # noqa: ARG002 - the interface of every speaker
        """Forget it."""
        self._time.blocks += 1

    def due(self, now: float) -> float:
        """When the next block is wanted."""
        return self._time.due(now)

    def close(self) -> None:
        """Nothing to close."""
