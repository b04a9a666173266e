"""The lines that a room has read: each of them once, in memory for this run and, where it is kept, in a local log.

A line is told by its signed body, not by its token: whoever has the phrase can seal another member's signed body
into a second one. Lines are kept as the sealed tokens that they came in, beside keyed marks that find them
again. Where they are kept is behind `LogStore`; when that fails, this run goes on without. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from common.crypto.keys import RoomKeys, length_prefixed
from common.crypto.sealing import PostBody
from common.errors import LocalError

SLICE: Final = 50  # lines that are read back at once: a screenful, and some 5 ms of opening
_SHOWN_LINES: Final = 2_000  # so many are read back when a room is opened; the rest can be searched and exported
_encoder: Final = msgspec.msgpack.Encoder()


class Sighting(Enum):
    """What a post is to one who has seen others before."""

    NEW = auto()
    DOUBLE = auto()  # the same post again: drop it
    COPIED_DEVICE = auto()  # another one under the same device and counter: show it, marked


class Marks(Struct, frozen=True):
    """What finds a line again: 16 bytes each for its signed body and for its device and counter."""

    body: bytes
    counter: bytes


class LogLine(Struct, frozen=True):
    """A kept line. `epoch` and `seq` are its place; `number` tells lines of one place apart."""

    epoch: int
    seq: int
    token: bytes
    copied: bool
    number: int = 0


class Begun(Struct, frozen=True):
    """One numbering of the broker's: the epoch it has here, and what was noted about it (empty: nothing yet)."""

    epoch: int
    notes: bytes = b""


class LogStore(Protocol):
    """Where the lines of one room are kept. Every method may raise `LocalError`.

    Nothing is on disk for good before `commit`.
    """

    def latest(self) -> bytes | None:
        """The log id that was begun last, if any."""

    def begin(self, log_id: bytes) -> Begun:
        """The broker numbers under this log id now. A new one gets the next epoch."""

    def retire(self, log_id: bytes) -> None:
        """The broker's numbers under this log id begin anew: `begin` gives it the next epoch."""

    def note(self, epoch: int, notes: bytes) -> None:
        """Keep these notes about a numbering, in place of earlier ones."""

    def sight(self, marks: Marks) -> Sighting:
        """What is known of a line with these marks."""

    def add(self, line: LogLine, marks: Marks) -> None:
        """Keep a line that was not there."""

    def before(self, line: LogLine | None, limit: int) -> list[LogLine]:
        """The newest lines below this one (None: of all), in rising order."""

    def after(self, line: LogLine | None, limit: int) -> list[LogLine]:
        """The oldest lines above this one (None: of all), in rising order."""

    def commit(self) -> None:
        """Everything up to here belongs together."""

    def abandon(self) -> None:
        """Undo what was not committed: nothing more is asked. Raises nothing."""


class NoLog:
    """`LogStore` for a room of which nothing is kept: it only counts the epochs, from `epoch` on."""

    def __init__(self, epoch: int = 0) -> None:
        self._epoch = epoch
        self._epochs: dict[bytes, int] = {}
        self._retired = 0

    def latest(self) -> bytes | None:
        """See `LogStore`."""
        return None

    def begin(self, log_id: bytes) -> Begun:
        """See `LogStore`. A log id that comes back begins anew: there are no notes about it."""
        if log_id not in self._epochs:
            self._epochs[log_id] = self._epoch + self._retired + len(self._epochs)
        return Begun(self._epochs[log_id])

    def retire(self, log_id: bytes) -> None:
        """See `LogStore`."""
        self._retired += self._epochs.pop(log_id, None) is not None

    def note(self, epoch: int, notes: bytes) -> None:
        """See `LogStore`."""

    def sight(self, marks: Marks) -> Sighting:
        """See `LogStore`."""
        del marks
        return Sighting.NEW

    def add(self, line: LogLine, marks: Marks) -> None:
        """See `LogStore`."""

    def before(self, line: LogLine | None, limit: int) -> list[LogLine]:
        """See `LogStore`."""
        del line, limit
        return []

    def after(self, line: LogLine | None, limit: int) -> list[LogLine]:
        """See `LogStore`."""
        del line, limit
        return []

    def commit(self) -> None:
        """See `LogStore`."""

    def abandon(self) -> None:
        """See `LogStore`."""


class Log:
    """What one room has read, in this run and in earlier ones."""

    def __init__(self, keys: RoomKeys, store: LogStore) -> None:
        self._keys = keys
        self._store = store
        self._bodies: set[bytes] = set()
        self._counters: set[bytes] = set()
        self._epoch = 0
        self._noted = b""
        self._oldest: LogLine | None = None  # of those that were read back
        self._to_read = _SHOWN_LINES
        self._trouble = ""
        self.latest: bytes | None = None  # the log id of the last run
        with self._spared():
            self.latest = store.latest()

    @property
    def epoch(self) -> int:
        """That of the present numbering: lines of a lower one stand before all of its."""
        return self._epoch

    def begin(self, log_id: bytes) -> bytes:
        """The broker numbers under this log id. Returns what was noted about it, empty for nothing."""
        begun = None
        with self._spared():
            begun = self._store.begin(log_id)
        begun = begun or self._store.begin(log_id)  # the store that has taken over
        self._epoch, self._noted = begun.epoch, begun.notes
        return begun.notes

    def retire(self, log_id: bytes) -> None:
        """The broker's numbers under this log id have gone back: they are others from now on."""
        with self._spared():
            self._store.retire(log_id)

    def keep(self, body: PostBody, seq: int, token: bytes) -> Sighting:
        """Note, and keep, a line that has come from the broker. Ask before showing it."""
        marks, found = self._marks(body), Sighting.NEW
        with self._spared():
            found = self._store.sight(marks)
            if found is not Sighting.DOUBLE:
                copied = found is Sighting.COPIED_DEVICE
                self._store.add(LogLine(self._epoch, seq, token, copied), marks)
        if found is Sighting.DOUBLE:
            return found  # it was read back already, or will be
        here = self._sight(marks)
        return found if here is Sighting.NEW else here

    def commit(self, notes: bytes) -> None:
        """What was kept up to here belongs together, and with these notes."""
        with self._spared():
            if notes != self._noted:
                self._store.note(self._epoch, notes)
                self._noted = notes
            self._store.commit()

    @property
    def reading(self) -> bool:
        """Whether there may be more to read back."""
        return self._to_read > 0

    def read_back(self) -> list[LogLine]:
        """The next slice of earlier lines, the newest slice first, each in rising order."""
        lines: list[LogLine] = []
        with self._spared():
            lines = self._store.before(self._oldest, min(SLICE, self._to_read))
        self._to_read -= len(lines)
        if len(lines) < SLICE:
            self._to_read = 0
        self._oldest = lines[0] if lines else self._oldest
        return lines

    def knows(self, device: bytes, counter: int) -> bool:
        """Whether a line of this device with this counter was read, in whatever run."""
        mark = self._counter_mark(device, counter)
        found = Sighting.NEW
        with self._spared():
            found = self._store.sight(Marks(b"", mark))
        return mark in self._counters or found is not Sighting.NEW

    def was_shown(self, body: PostBody) -> bool:
        """Note a line that was read back. Ask before showing it."""
        return self._sight(self._marks(body)) is Sighting.DOUBLE

    def trouble(self) -> str:
        """Why nothing is kept any more: once, empty at all other times."""
        trouble, self._trouble = self._trouble, ""
        return trouble

    def _sight(self, marks: Marks) -> Sighting:
        if marks.body in self._bodies:
            return Sighting.DOUBLE
        self._bodies.add(marks.body)
        if marks.counter in self._counters:
            return Sighting.COPIED_DEVICE
        self._counters.add(marks.counter)
        return Sighting.NEW

    def _marks(self, body: PostBody) -> Marks:
        content = self._keys.log_mark(length_prefixed(b"body") + _encoder.encode(body))
        return Marks(content, self._counter_mark(body.device, body.counter))

    def _counter_mark(self, device: bytes, counter: int) -> bytes:
        return self._keys.log_mark(length_prefixed(b"counter") + length_prefixed(device) + counter.to_bytes(8, "big"))

    @contextmanager
    def _spared(self) -> Iterator[None]:
        """A disk that fails takes the log with it, not the conversation."""
        try:
            yield
        except LocalError as error:
            self._store.abandon()
            self._store = NoLog(self._epoch + 1)
            self._to_read = 0
            self._trouble = str(error)
