"""Holes in people's counters: lines that somebody has numbered, and that the broker has not passed on.

A device counts its posts without a hole. Where I have two of them, have read everything that the broker numbered
between, and counters between the two are nowhere, the broker has kept lines back. A line that it refused first may
come later and out of order, so a hole is told only after a while, and taken back when it closes. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

from common.crypto.sealing import PostBody

_GRACE_SECONDS: Final = 10.0  # a refused line is sent again after some seconds
_STEP_SECONDS: Final = 1.0  # between two looks: insiders can make many holes
_RUNS: Final = 100  # of one device; its oldest holes are forgotten
_HOLES: Final = 1_000  # of all together
_DEVICES: Final = 1_000  # who has the key can come as ever new devices; more are not watched
_LOOKED_UP: Final = 200  # counters of a hole that are searched in the log; longer ones are as long as they say
_BUDGET: Final = 400  # counters that one look may search: some milliseconds, whatever insiders have invented

Place: TypeAlias = tuple[int, int]  # epoch, seq
_Edges: TypeAlias = tuple[bytes, int, int]  # device, and the counters around a hole
_NOWHERE: Final[Place] = (-1, 0)


@dataclass(frozen=True, slots=True)
class Hole:
    """`count` lines of a device are missing between two numbers (both exclusive)."""

    device: bytes
    name: str
    epoch: int
    after: int
    before: int
    count: int


@dataclass(slots=True)
class _Run:
    """Counters without a hole, both ends inclusive, and where the two at the ends stand."""

    low: int
    high: int
    low_place: Place
    high_place: Place


@dataclass(slots=True)
class _Device:
    name: str
    runs: list[_Run]  # rising


class Holes:
    """What is missing of whom."""

    def __init__(self) -> None:
        self._devices: dict[bytes, _Device] = {}
        self._since: dict[_Edges, float] = {}
        self._searched: set[_Edges] = set()  # for lines that are in the log though I was not told here
        self._told: dict[tuple[bytes, Place], Hole] = {}
        self._budget = 0  # of this look
        self._changed = False
        self._looked_at = float("-inf")

    def note(self, body: PostBody, place: Place) -> None:
        """I have this line."""
        device = self._devices.get(body.device)
        if device is None:
            if len(self._devices) >= _DEVICES:
                return
            device = self._devices[body.device] = _Device(body.name, [])
        device.name = body.name
        self._changed |= _put(device.runs, body.counter, place)

    def look(
        self, now: float, complete: Callable[[Place, Place], bool], known: Callable[[bytes, int], bool]
    ) -> list[Hole]:
        """What is told now: new holes, other counts, and with a count of 0 what is a hole no more.

        `complete(low, high)`: everything between these places was read. `known(device, counter)`: I have that line
        though I was not told here.
        """
        if now < self.next_tick():
            return []
        self._changed, self._looked_at = False, now
        found = {(hole.device, low): hole for low, hole in self._find(now, complete, known)}
        gone = [_closed(hole) for key, hole in self._told.items() if key not in found]
        news = [hole for key, hole in found.items() if self._told.get(key) != hole]
        self._told = found
        self._searched &= self._since.keys()
        return gone + news

    def next_tick(self) -> float:
        """When `look` is worth a call; infinity: after the next line."""
        soonest = self._looked_at + _STEP_SECONDS
        if self._changed:
            return soonest
        ends = (since + _GRACE_SECONDS for since in self._since.values())
        return max(soonest, min((end for end in ends if end > self._looked_at), default=float("inf")))

    def suspect(self) -> None:
        """What was read has changed without a line: look again."""
        self._changed = True

    def _find(
        self, now: float, complete: Callable[[Place, Place], bool], known: Callable[[bytes, int], bool]
    ) -> Iterator[tuple[Place, Hole]]:
        """All holes that have lasted, with the place before them."""
        since, self._since = self._since, {}
        self._budget = _BUDGET
        for key, device in self._devices.items():
            for below, above in pairwise(device.runs.copy()):
                low, high = sorted((below.high_place, above.low_place))
                if low[0] != high[0] or not complete(low, high):
                    continue
                if len(self._since) >= _HOLES:
                    return
                edges = key, below.high, above.low
                self._since[edges] = since.get(edges, now)
                if now - self._since[edges] >= _GRACE_SECONDS and self._is_nowhere(device.runs, edges, known):
                    yield low, Hole(key, device.name, low[0], low[1], high[1], above.low - below.high - 1)

    def _is_nowhere(self, runs: list[_Run], edges: _Edges, known: Callable[[bytes, int], bool]) -> bool:
        """Whether the lines of a hole are not in the log either. Each hole is searched once, some at a time."""
        if edges in self._searched:
            return True
        device, below, above = edges
        self._budget -= min(above - below - 1, _LOOKED_UP)
        if self._budget >= 0:
            self._searched.add(edges)
            if not _fill(runs, device, below, above, known):
                return True
        self._changed = True  # what is left of it is looked at next time
        return False


def _fill(runs: list[_Run], device: bytes, below: int, above: int, known: Callable[[bytes, int], bool]) -> bool:
    """Take in the lines of a hole that are in the log, but were not read back: True if there are any."""
    found = [counter for counter in range(below + 1, min(above, below + 1 + _LOOKED_UP)) if known(device, counter)]
    for counter in found:
        _put(runs, counter, _NOWHERE)
    return bool(found)


def _put(runs: list[_Run], counter: int, place: Place) -> bool:
    """Take a counter in. False: it was there."""
    index = bisect_right(runs, counter, key=lambda run: run.low)
    below = runs[index - 1] if index else None
    above = runs[index] if index < len(runs) else None
    if below is not None and counter <= below.high:
        return False
    joins_below = below is not None and counter == below.high + 1
    joins_above = above is not None and counter == above.low - 1
    if below is not None and above is not None and joins_below and joins_above:
        below.high, below.high_place = above.high, above.high_place
        del runs[index]
    elif below is not None and joins_below:
        below.high, below.high_place = counter, place
    elif above is not None and joins_above:
        above.low, above.low_place = counter, place
    else:
        runs.insert(index, _Run(counter, counter, place, place))
        if len(runs) > _RUNS:
            del runs[0]
    return True


def _closed(hole: Hole) -> Hole:
    return Hole(hole.device, hole.name, hole.epoch, hole.after, hole.before, 0)
