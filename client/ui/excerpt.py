"""Which lines of a transcript are built in the message area, and what has to change there.

A window shows some forty lines; a room may have many thousand. Built are those around the one at the top edge, or
at the end while the view follows. Everything else is a number: how many lines there are above and below. So what
comes in out of sight costs the widget nothing, and what stands before the eyes stays where it is. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import groupby
from typing import Final, TypeAlias

from msgspec import Struct

from client.ui.finding import Finding
from client.ui.transcript import BEGINNING, END, Place, Row, Source, Transcript

STEP: Final = 60  # rows that one update builds at each side: a few milliseconds


class Reach(Struct, frozen=True):
    """How many rows are built at one side of the line at the edge: so many when too few or too many are there."""

    least: int
    usual: int
    most: int

    def kept(self, built: int) -> int:
        """How many it should be, where so many are built now."""
        return built if self.least <= built <= self.most else self.usual


ABOVE: Final = Reach(60, 120, 240)
BELOW: Final = Reach(140, 200, 320)  # from the upper edge: the largest screens show a hundred


class Insert(Struct, frozen=True):
    """Rows have come in before the one that was at `index`."""

    index: int
    rows: tuple[Row, ...]


class Replace(Struct, frozen=True):
    """The row at `index` looks different now."""

    index: int
    row: Row


class Remove(Struct, frozen=True):
    """`count` rows from `index` on are gone (they may come in again elsewhere)."""

    index: int
    count: int


Change: TypeAlias = Insert | Replace | Remove


class Excerpt:
    """The built part of a transcript. Indices of changes count the built rows."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._built: dict[str, Source] = {}
        self._rows: dict[str, Row] = {}
        self._first: Place = END  # the outermost places that are built; lines that come in between are built too
        self._last: Place = END
        self._top: Place | None = None  # the line at the upper edge of the view; None: the view follows the end
        self._left: Place = BEGINNING  # the newest line there was when the view stopped following
        self._brought = (-1, 0, 0)  # the version for which the last update was, and the lines that it brought
        self.unfinished = False  # more rows should be built: update again soon

    @property
    def follows(self) -> bool:
        """Whether the newest line is to be shown whenever there is one."""
        return self._top is None

    @property
    def reaches_end(self) -> bool:
        """Whether the newest line is built."""
        return self._last == END

    def follow(self) -> None:
        """Show the end, and stay there."""
        self._top = None

    def start_over(self) -> None:
        """The widget is a new one with nothing in it. What stood at the upper edge is to stand there again."""
        self._built, self._rows = {}, {}
        self._first = self._last = END
        self._brought = (-1, 0, 0)

    def look_at(self, key: str) -> None:
        """The view is not at the end, and this row at its upper edge."""
        place = self._transcript.place_of(key)
        if place is not None:
            self._leave_end()
            self._top = place

    def jump(self, index: int) -> None:
        """Have the line with this index among all lines at the upper edge."""
        self._leave_end()
        self._top = self._transcript.place(max(0, min(index, len(self._transcript) - 1)))

    def finding(self) -> Finding:
        """A search through all lines."""
        return Finding(self._transcript)

    def index_of(self, key: str) -> int | None:
        """The index of a line among all, None where it is gone."""
        place = self._transcript.place_of(key)
        return None if place is None else self._transcript.index(place)

    def span(self) -> tuple[int, int, int]:
        """The index of the first built line, how many are built, how many there are in all."""
        return self._transcript.index(self._first), len(self._built), len(self._transcript)

    def top(self) -> int:
        """The index of the line at the upper edge among the built rows."""
        return self._transcript.index(self._top or END) - self.span()[0]

    def below(self) -> int:
        """How many lines of others have come in at the end since the view stopped following."""
        return 0 if self._top is None else self._transcript.others_behind(self._left)

    def changes(self) -> list[Change]:
        """What has to change in the widget, to be applied in this order."""
        begin, end = self._range()
        if self._brought == (self._transcript.version, begin, end):  # as at most turns of a wheel
            return []
        self._brought = self._transcript.version, begin, end
        self._first = self._transcript.place(begin)
        self._last = END if end == len(self._transcript) else self._transcript.place(end - 1)
        return self._bring(self._transcript.sources(begin, end))

    def _leave_end(self) -> None:
        if self._top is None:
            self._left = self._transcript.place(len(self._transcript) - 1) if len(self._transcript) else BEGINNING

    def _range(self) -> tuple[int, int]:
        """The indices of the first line to build, and of the one behind the last."""
        total = len(self._transcript)
        begin = self._transcript.index(self._first)
        end = total if self._last == END else self._transcript.index(self._last) + 1
        if self._top is None:
            wanted = max(0, total - BELOW.kept(total - begin)), total
            if end < wanted[0]:  # a jump: nothing of what is built is near
                begin = total
            grown = max(wanted[0], begin - STEP), total
        else:
            top = self._transcript.index(self._top)
            wanted = max(0, top - ABOVE.kept(top - begin)), min(total, top + BELOW.kept(end - top))
            if not begin <= top < end:
                begin = end = top
            grown = max(wanted[0], begin - STEP), min(wanted[1], end + STEP)
        self.unfinished = grown != wanted
        return grown

    def _bring(self, wanted: list[Source]) -> list[Change]:
        """From what is built to what is wanted."""
        stay = self._staying(wanted)
        rows = {source[0].key: self._row(source) for source in wanted}
        keys = list(rows)
        changes: list[Change] = [Remove(*run) for run in reversed(_runs_without(stay, list(self._rows)))]
        for index, count in _runs_without(stay, keys):
            changes.append(Insert(index, tuple(rows[key] for key in keys[index : index + count])))
        for index, key in enumerate(keys):
            if key in stay and rows[key] is not self._rows[key]:
                changes.append(Replace(index, rows[key]))
        self._built, self._rows = {source[0].key: source for source in wanted}, rows
        return changes

    def _row(self, source: Source) -> Row:
        """The same row as before where nothing that it depends on has changed, or where it looks the same."""
        key = source[0].key
        if self._built.get(key) == source:
            return self._rows[key]
        row = self._transcript.row(source)
        return self._rows[key] if self._rows.get(key) == row else row

    def _staying(self, wanted: list[Source]) -> set[str]:
        """The keys of built rows that are wanted, as many as stand in the same order: what moved is the rest."""
        index_of = {source[0].key: index for index, source in enumerate(wanted)}
        keys = [key for key in self._built if key in index_of]
        return {keys[number] for number in _longest_rise([index_of[key] for key in keys])}


def _longest_rise(values: list[int]) -> list[int]:
    """The indices of as many values as there can be, none equal to another, each higher than the one before it.

    One row that moves far must not take all with it that it passes. By patience sorting: `lowest[n]` is the lowest
    value that n + 1 rising ones can end with, `at[n]` its index.
    """
    lowest: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for index, value in enumerate(values):
        length = bisect_left(lowest, value)
        before.append(at[length - 1] if length else -1)
        lowest[length : length + 1] = [value]
        at[length : length + 1] = [index]
    found = []
    index = at[-1] if at else -1
    while index >= 0:
        found.append(index)
        index = before[index]
    return found[::-1]


def _runs_without(stay: set[str], keys: list[str]) -> list[tuple[int, int]]:
    """Where keys that do not stay follow each other: index of the first and how many, in rising order."""
    runs = groupby(range(len(keys)), key=lambda index: keys[index] in stay)
    return [(indices[0], len(indices)) for indices in (list(run) for stays, run in runs if not stays)]
