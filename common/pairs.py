"""Which copies of voice frames go together, by a further lane. Pure.

A lost segment holds up all that follows it on its TCP connection. Two frames in one segment are lost half as often as
in two, and a copy that comes 10 ms later but more surely is worth more. The lanes take turns in which go together.
"""

from __future__ import annotations

from typing import Final

SOON: Final = 0.015  # seconds: a frame that comes later than this after another does not wait for one


class Pairs:
    """Give it each frame; it says what is to be sent then. Ask `due` at `send_at`, when there is one."""

    def __init__(self, lane: int) -> None:
        self.send_at: float | None = None
        self._odd = bool(lane % 2)
        self._waits: bytes | None = None
        self._last = float("-inf")

    def add(self, frame: bytes, now: float) -> list[bytes]:
        """What is to be sent with this frame, the oldest first. Empty: it waits."""
        apart, self._last = now - self._last, now
        self._odd = not self._odd
        if self._odd and apart <= SOON:
            self._waits, self.send_at = frame, now + SOON
            return []
        return [*self._take(), frame]

    def due(self, now: float) -> list[bytes]:
        """What has waited in vain for a frame to go with."""
        return [] if self.send_at is None or now < self.send_at else self._take()

    def forget(self) -> None:
        """Whatever waits is not to be sent any more."""
        self._take()

    def _take(self) -> list[bytes]:
        waited, self._waits, self.send_at = self._waits, None, None
        return [] if waited is None else [waited]
