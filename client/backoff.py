"""How long to wait before the next attempt to connect. Pure: `now` and jitter are arguments."""

from __future__ import annotations

from typing import Final

_FIRST: Final = 0.25
_QUICK_CAP: Final = 1.5  # in the first minute: most brokers are back within it
_SLOW_CAP: Final = 8.0
_QUICK_SECONDS: Final = 60.0


class BackOff:
    """Waits that grow, with jitter so that a room does not come back in one blow."""

    def __init__(self) -> None:
        self._wait = _FIRST
        self._since: float | None = None

    def reset(self) -> None:
        """Connected: the next trouble starts afresh."""
        self._wait, self._since = _FIRST, None

    def next_wait(self, now: float, jitter: float) -> float:
        """Seconds to wait now; `jitter` of 0..1 takes up to a quarter off."""
        if self._since is None:
            self._since = now
        cap = _QUICK_CAP if now - self._since < _QUICK_SECONDS else _SLOW_CAP
        wait = min(self._wait, cap)
        self._wait = min(wait * 2, _SLOW_CAP)
        return wait * (1 - jitter / 4)
