"""The attempts to be in a room: when to make the next, when to give one up, which answers still count. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from client.backoff import BackOff

_JOIN_SECONDS: Final = 8.0  # from the first connect to Joined


class Attempts:
    """One after another, numbered. `now` in seconds of one clock."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        """`jitter` gives numbers of 0..1."""
        self._jitter = jitter
        self._backoff = BackOff()
        self._retry_at: float | None = None
        self._not_before = float("-inf")  # as the broker has asked
        self._give_up_at: float | None = None
        self.number = 0  # of the present one: what is told of others was called off

    @property
    def waiting(self) -> bool:
        """Whether the next one waits for its time."""
        return self._retry_at is not None

    def begun(self) -> int:
        """One begins; its number."""
        self.number += 1
        return self.number

    def connecting(self, now: float) -> None:
        """The broker was found: now it must let me in."""
        self._give_up_at = now + _JOIN_SECONDS

    def joined(self) -> None:
        """It has."""
        self._give_up_at = None
        self._backoff.reset()

    def lost(self, now: float, wait: float) -> float:
        """It has come to nothing, or to an end; the next comes in so many seconds, no sooner than `wait`."""
        self.number += 1
        self._give_up_at = None
        pause = max(wait, self._backoff.next_wait(now, self._jitter()))
        self._retry_at, self._not_before = now + pause, now + wait
        return pause

    def called_off(self) -> None:
        """None follows by itself."""
        self.number += 1
        self._retry_at = self._give_up_at = None
        self._backoff.reset()

    def bring_forward(self, now: float) -> None:
        """What stood in the way may be gone: the one that waits is made as soon as the broker allows."""
        self._backoff.reset()
        if self._retry_at is not None:
            self._retry_at = min(self._retry_at, max(now, self._not_before))

    def take_due(self, now: float) -> bool:
        """Whether the next one is to begin now. Said once."""
        due = self._retry_at is not None and now >= self._retry_at
        if due:
            self._retry_at = None
        return due

    def given_up(self, now: float) -> bool:
        """Whether the present one has taken too long."""
        return self._give_up_at is not None and now >= self._give_up_at

    def next_tick(self) -> float:
        """When to ask again."""
        moments = (self._retry_at, self._give_up_at)
        return min((moment for moment in moments if moment is not None), default=float("inf"))
