"""When to try again after a sound card went away: at once, then less often, and after ten minutes no more."""

from __future__ import annotations

import math
from typing import Final

WAITS: Final = (0.25, 0.5, 1.0, 1.5)  # seconds; the last again and again: a card that is back is heard within two
TRIES: Final = 400  # ten minutes: a microphone must not open by itself tomorrow
STEADY_SECONDS: Final = 10.0  # a device that worked for this long gets all its tries again


class Reopening:
    """One side's tries. Pure."""

    def __init__(self) -> None:
        self._tries = 0
        self._at: float | None = None
        self._opened: float | None = None
        self.refitting = False  # opened anew by our own wish: it had worked, and a failure is as good as a loss

    @property
    def under_way(self) -> bool:
        """Whether a try is to come, or not over yet."""
        return self._at is not None

    def begin(self, now: float) -> bool:
        """Whether to try now. Said once for each try."""
        if self._at is None or now < self._at:
            return False
        self._at = math.inf  # until `lost` or `opened` tells how it went
        return True

    def lost(self, now: float) -> bool:
        """The device went away, or a try failed. Whether there will be another."""
        if self._opened is not None and now - self._opened > STEADY_SECONDS:
            self._tries = 0
        self._opened, self.refitting = None, False
        if self._tries >= TRIES:
            self.stop()
            return False
        self._at = now + WAITS[min(self._tries, len(WAITS) - 1)]
        self._tries += 1
        return True

    def opened(self, now: float) -> None:
        """A try succeeded."""
        self._at, self._opened, self.refitting = None, now, False

    def stop(self) -> None:
        """The user does not want the device any more, or asks for it anew."""
        self._tries, self._at, self._opened, self.refitting = 0, None, None, False

    def due(self, now: float) -> float:
        """In how many seconds to try; only while `under_way`."""
        return 0.0 if self._at is None else max(0.0, self._at - now)
