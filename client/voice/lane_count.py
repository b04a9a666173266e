"""Over how many lanes voice comes, and when that is news: then late packets of before are no reason to wait. Pure."""

from __future__ import annotations

from typing import Final

NEWS_SECONDS: Final = 120.0  # lanes that come back within it are the ones that were there


class LaneCount:
    """Call `rose` with each count that is told.

    Lanes that close and open again are no news, and whoever sends may claim any number at any time: so only what is
    more than at any time of the last two minutes counts.
    """

    def __init__(self) -> None:
        self.count = self._most = 1
        self._most_at = float("-inf")

    def rose(self, count: int, now: float) -> bool:
        """Take note of it; whether there are more of them than at any time of those minutes. `now` is in seconds."""
        if now - self._most_at > NEWS_SECONDS:
            self._most = max(1, self.count)
        self.count = count
        if count < self._most:
            return False
        rose, self._most, self._most_at = count > self._most, count, now
        return rose
