"""Which copies of voice frames go together, by a further lane. Pure.

A lost segment holds up all that follows it on its TCP connection. Two frames in one segment are lost half as often as
in two, and a copy that comes 10 ms later but more surely is worth more. The frames' counters say which go together, so
that lanes of odd and of even number pair other ones, whenever each was opened.
"""

from __future__ import annotations

from typing import Final

from common.errors import Malformed
from common.voice_frame import TOPIC_BYTES, decode_header

SOON: Final = 0.015  # seconds: a frame that comes later than this after another does not wait for one


class Pairs:
    """Give it each frame; it says what is to be sent then. Ask `due` at `send_at`, when there is one."""

    def __init__(self, lane: int) -> None:
        self.send_at: float | None = None
        self._lane = lane
        self._waits: bytes | None = None
        self._last = float("-inf")

    def add(self, frame: bytes, now: float) -> list[bytes]:
        """What is to be sent with this frame (topic first), the oldest first: two at most. Empty: it waits."""
        apart, self._last = now - self._last, now
        waited = self._take()
        if apart > SOON or not self._begins(frame):
            return [*waited, frame]
        self._waits, self.send_at = frame, now + SOON
        return waited

    def due(self, now: float) -> list[bytes]:
        """What has waited in vain for a frame to go with."""
        return [] if self.send_at is None or now < self.send_at else self._take()

    def forget(self) -> None:
        """Whatever waits is not to be sent any more."""
        self._take()

    def _begins(self, frame: bytes) -> bool:
        """Whether it is the first of two on this lane."""
        try:
            counter = decode_header(frame[TOPIC_BYTES:]).ctr
        except Malformed:
            return False  # no client takes it: it goes as it is
        return (counter + self._lane) % 2 == 1

    def _take(self) -> list[bytes]:
        waited, self._waits, self.send_at = self._waits, None, None
        return [] if waited is None else [waited]
