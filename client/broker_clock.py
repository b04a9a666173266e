"""What the broker's clock says, told by Pongs: the one clock that all members of a room can compare theirs with.

A Pong tells the broker's time at some moment between its Ping and itself: so the two clocks differ by no less
than by its arrival, and no more than by its Ping. Of the Pongs of the last while the narrowest bound on each side
counts, each from another Pong where the ways are uneven, and the middle is believed. What is old counts as less sure,
since clocks drift. Pure: times are seconds of one's own clock, and of the broker's.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

WINDOW_SECONDS: Final = 20.0
STALE_SECONDS: Final = 60.0  # without a Pong: nothing is known any more
LONGEST_TRIP: Final = 6.0  # a broker that is silent for longer is given up
DRIFT: Final = 1e-4  # between two computers' clocks, in seconds a second
SLACK: Final = 0.005  # bounds that contradict each other by more are of two clocks
_PONGS: Final = 64


@dataclass(frozen=True, slots=True)
class _Pong:
    received: float
    least: float  # of the broker's clock minus mine
    most: float


class BrokerClock:
    """Feed `note`; `offset` is what to add to one's own clock."""

    def __init__(self) -> None:
        self._pongs: deque[_Pong] = deque(maxlen=_PONGS)
        self._offset = 0.0  # asked for much more often than Pongs come

    def note(self, sent: float, broker: float, received: float) -> None:
        """The Pong to a Ping of `sent` came at `received`, with the time `broker`. An impossible one is no Pong."""
        if not 0.0 <= received - sent <= LONGEST_TRIP:
            return
        self._pongs.append(_Pong(received, broker - received, broker - sent))
        while self._pongs[0].received < received - WINDOW_SECONDS:
            self._pongs.popleft()
        least, most = self._bounds(received)
        if least > most + SLACK:  # the broker was started anew
            newest = self._pongs[-1]
            self._pongs.clear()
            self._pongs.append(newest)
            least, most = self._bounds(received)
        self._offset = (least + most) / 2  # however much later it is: drift moves both bounds away from it alike

    def offset(self, now: float) -> float | None:
        """The broker's clock minus mine; None while it is not known."""
        if not self._pongs or now - self._pongs[-1].received > STALE_SECONDS:
            return None
        return self._offset

    def forget(self) -> None:
        """Another connection, perhaps to another broker."""
        self._pongs.clear()

    def _bounds(self, now: float) -> tuple[float, float]:
        least = max(pong.least - DRIFT * (now - pong.received) for pong in self._pongs)
        most = min(pong.most + DRIFT * (now - pong.received) for pong in self._pongs)
        return least, most
