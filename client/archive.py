"""Looking through all kept lines of a room: for words, or to write them down as text.

Both work in slices (`step`), between which whoever works does other things. Pure but for the file of an export.
"""

from __future__ import annotations

import os
import unicodedata
from collections import deque
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Final, Protocol, TextIO, TypeAlias

from client.events import Event, LogExported, LogSearched, Part, ProblemReported, TextReceived
from client.log import SLICE, LogLine
from client.names import clean_name, clean_text
from common.errors import BadSetting, LocalError

FOUND: Final = 200  # lines of an answer
_INDENT: Final = "    "
Open: TypeAlias = Callable[[LogLine], TextReceived | None]  # None: it does not open


class Lines(Protocol):
    """Kept lines in both directions, see `client.log.LogStore`."""

    def before(self, line: LogLine | None, limit: int) -> list[LogLine]:
        """The newest lines below this one (None: of all), in rising order."""

    def after(self, line: LogLine | None, limit: int) -> list[LogLine]:
        """The oldest lines above this one (None: of all), in rising order."""


class Search:
    """The newest lines in which each of some words occurs, whatever their case and spelling in Unicode."""

    def __init__(self, words: str, lines: Lines, open_line: Open) -> None:
        self._words = words
        self._wanted = _folded(words).split()
        self._lines = lines
        self._open = open_line
        self._last: LogLine | None = None
        self._found: list[TextReceived] = []

    def step(self) -> LogSearched | None:
        """Look through the next slice; the answer once it is sure. Raises `LocalError` where the disk fails."""
        lines = self._lines.before(self._last, SLICE)
        for line in reversed(lines):
            self._last = line
            event = self._open(line)
            if event is not None and all(word in _folded(event.text) for word in self._wanted):
                if len(self._found) == FOUND:
                    return self._answer(more=True)
                self._found.append(event)
        return None if lines else self._answer(more=False)

    def _answer(self, *, more: bool) -> LogSearched:
        return LogSearched(self._words, tuple(reversed(self._found)), more)


class Export:
    """All lines as text, the oldest first."""

    def __init__(self, path: str, out: TextIO, lines: Lines, open_line: Open, zone: tzinfo | None = None) -> None:
        """Write to `out`, which is called `path` and closed at the end; times are in `zone` (None: this computer's)."""
        self._path = path
        self._out = out
        self._lines = lines
        self._open = open_line
        self._zone = zone
        self._last: LogLine | None = None
        self._count = 0

    def step(self) -> LogExported | None:
        """Write the next slice; the answer once all is written. Raises `LocalError`, or OSError from `out`."""
        lines = self._lines.after(self._last, SLICE)
        for line in lines:
            self._last = line
            event = self._open(line)
            if event is not None:
                self._out.write(as_text(event, self._zone))
                self._count += 1
        if lines:
            return None
        self._out.close()
        return LogExported(self._path, self._count)


class Errands:
    """Searches and exports that were asked for, one after the other."""

    def __init__(self, lines: Lines, open_line: Open) -> None:
        self._lines = lines
        self._open = open_line
        self._waiting: deque[Search | Export] = deque()

    def __bool__(self) -> bool:
        """Whether `step` has anything to do."""
        return bool(self._waiting)

    def search(self, words: str) -> None:
        """Answered by `LogSearched`."""
        self._waiting.append(Search(words, self._lines, self._open))

    def export(self, path: str, out: TextIO) -> None:
        """Answered by `LogExported`."""
        self._waiting.append(Export(path, out, self._lines, self._open))

    def step(self) -> list[Event]:
        """One slice of the first one."""
        errand = self._waiting[0]
        try:
            answer: Event | None = errand.step()
        except (LocalError, OSError) as error:
            code = "not_searched" if isinstance(errand, Search) else "not_exported"
            answer = ProblemReported(Part.GENERAL, code, f"It was not done to its end: {error}")
        if answer is None:
            return []
        self._waiting.popleft()
        return [answer]


def new_file(path: str) -> TextIO:
    """A new file that only its owner can read. Raises `BadSetting`: nothing is ever written over."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
    except FileExistsError as error:
        raise BadSetting(f"There is a file {path} already: choose another name.") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in it
        raise BadSetting(f"The file {path} cannot be written: {getattr(error, 'strerror', None) or error}.") from error


def as_text(event: TextReceived, zone: tzinfo | None = None) -> str:
    """Date, time, name, device and text; further lines of the text are indented, so that nobody can forge an entry."""
    first, *further = clean_text(event.text).splitlines() or [""]
    copied = " [this device is copied]" if event.copied_device else ""
    head = f"{_time(event.sent_at, zone)} {clean_name(event.name)} ({event.member}){copied}: {first}\n"
    return head + "".join(f"{_INDENT}{line}\n" for line in further)


def _time(sent_at: float, zone: tzinfo | None) -> str:
    """The sender's clock can say anything: what is no time is shown as none."""
    try:
        return f"{datetime.fromtimestamp(sent_at, zone).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return "---------- --:--:--"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
