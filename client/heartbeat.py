"""When to ask the broker whether it is there, and whether it has been silent for too long. Pure."""

from __future__ import annotations

from typing import Final

from common import limits

SILENCE_SECONDS: Final = limits.MEMBER_EXPIRES_SECONDS  # a broker that says nothing for so long is gone


class Heartbeat:
    """Of one room, over any number of connections. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._listening = self._often = False
        self._heard_at = 0.0
        self.due_at: float | None = None  # the next Ping; None: not on this connection

    def begin(self, now: float) -> None:
        """In a room: Pings from now on."""
        self.due_at = now + self._pause()

    def end(self) -> None:
        """The connection is gone."""
        self.due_at = None

    def heard(self, now: float) -> None:
        """The broker has said something, or has let me connect."""
        self._heard_at = now

    def listen(self, on: bool) -> None:
        """With the speaker on Pings come more often: two Pongs show that voice does not come in."""
        self._listening = on
        self._soon()

    def often(self, on: bool) -> None:
        """There is voice that may be late: how late, Pings tell."""
        if on and not self._often:
            self._soon()
        self._often = on

    def take_due(self, now: float) -> bool:
        """Whether a Ping is due by now; the next one is then due after the usual pause."""
        if self.due_at is None or now < self.due_at:
            return False
        self.due_at = now + self._pause()
        return True

    @property
    def silent_at(self) -> float:
        """When the broker has been silent for too long, unless it says something before."""
        return self._heard_at + SILENCE_SECONDS

    def _soon(self) -> None:
        if self.due_at is not None:
            self.due_at = float("-inf")

    def _pause(self) -> float:
        if self._often:
            return limits.PING_TALKING_SECONDS
        return limits.PING_LISTENING_SECONDS if self._listening else limits.PING_SECONDS
