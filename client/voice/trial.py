"""Late packets that are forgotten on trial, since more lanes may have mended what made them late. Pure.

Without it a listener whose own way stalls would have to learn that anew whenever a speaker opens a lane. All numbers
are samples at 48 kHz.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from common.limits import SAMPLE_RATE

Arrival: TypeAlias = tuple[int, int]  # when a packet came, and how long it was under way

ONE_STALL: Final = SAMPLE_RATE * 15 // 100  # what is late within this is late for one reason
LASTS: Final = 2 * SAMPLE_RATE
MOST_STALLS: Final = 1  # in so long; none as soon as this:
SOON: Final = SAMPLE_RATE // 2


class Trial:
    """`begin` it with what is forgotten; tell it of each packet as long as it is `on`."""

    def __init__(self) -> None:
        self._late: list[Arrival] = []
        self._began = 0
        self._stalls = 0
        self._stalled_at = 0

    @property
    def on(self) -> bool:
        """Whether anything is forgotten on trial."""
        return bool(self._late)

    def begin(self, late: Iterable[Arrival], now: int) -> None:
        """These are forgotten from `now` on, besides what already is."""
        self._late += late
        self._began, self._stalls = now, 0

    def failed(self, arrived: int, *, late: bool) -> list[Arrival]:
        """A packet came. All that was forgotten, if it goes on as before; [] where it does not, or is not known."""
        took = arrived - self._began
        if took > LASTS:
            self._late = []
        elif late and (not self._stalls or arrived - self._stalled_at > ONE_STALL):
            self._stalls += 1
            self._stalled_at = arrived
            if self._stalls > MOST_STALLS or took < SOON:
                known, self._late = self._late, []
                return known
        return []
