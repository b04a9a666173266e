"""When to try again after a sound card went away: at once, then ever more slowly, then no more."""

from __future__ import annotations

from typing import Final

WAITS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)  # seconds: half a minute in all
STEADY_SECONDS: Final = 10.0  # a device that worked for this long gets all its tries again


class Reopening:
    """One side's tries. Pure."""

    def __init__(self) -> None:
        self._tries = 0
        self._at: float | None = None
        self._opened: float | None = None

    @property
    def under_way(self) -> bool:
        """Whether another try is to come."""
        return self._at is not None

    def lost(self, now: float) -> bool:
        """The device went away, or a try failed. Whether there will be another."""
        if self._opened is not None and now - self._opened > STEADY_SECONDS:
            self._tries = 0
        self._opened = None
        if self._tries >= len(WAITS):
            self.stop()
            return False
        self._at = now + WAITS[self._tries]
        self._tries += 1
        return True

    def opened(self, now: float) -> None:
        """A try succeeded."""
        self._at, self._opened = None, now

    def stop(self) -> None:
        """The user does not want the device any more, or asks for it anew."""
        self._tries, self._at, self._opened = 0, None, None

    def due(self, now: float) -> float:
        """In how many seconds to try; only while `under_way`."""
        return 0.0 if self._at is None else max(0.0, self._at - now)
