"""The lines of the message area: their order, what each shows, and which of them changed.

Lines with a number of the broker stand in the order of these numbers, also where they arrive late; my lines that
have none yet stand at the end. The widget is told the smallest changes (`Insert`, `Replace`, `Remove`) and keeps
no order of its own. Pure: times are arguments, no widget is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import TypeAlias

from client.events import TextQueued, TextReceived, TextRefused, TextStored
from client.ui import texts
from client.ui.safe_text import safe_name, safe_sentence, safe_text

_GROUP_SECONDS = 300.0  # lines of one person within five minutes stand under one head


class Delivery(StrEnum):
    """How far a line has come."""

    OTHERS = "others"  # somebody else's, or a notice: nothing to tell
    WAITING = "waiting"
    STORED = "stored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """One line as it is shown. `day` and `head` are there only where a new day or a new speaker begins.

    `who` is the fingerprint that colours and draws the sender, empty for a notice.
    """

    key: str
    who: str
    name: str
    time: str
    text: str
    day: str
    head: bool
    own: bool
    delivery: Delivery
    late: bool
    note: str


@dataclass(frozen=True, slots=True)
class Insert:
    """A row has come in before the one that was at `index`."""

    index: int
    row: Row


@dataclass(frozen=True, slots=True)
class Replace:
    """The row at `index` looks different now."""

    index: int
    row: Row


@dataclass(frozen=True, slots=True)
class Remove:
    """The row at `index` is gone (it may come in again elsewhere)."""

    index: int


Change: TypeAlias = Insert | Replace | Remove


@dataclass(frozen=True, slots=True)
class _Line:
    key: str
    who: str
    name: str
    text: str
    sent_at: float
    seq: int | None = None
    own: bool = False
    delivery: Delivery = Delivery.OTHERS
    late: bool = False
    note: str = ""


class Transcript:
    """All lines of one room, in order."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        """Times are shown in `zone` (None: that of this computer)."""
        self._zone = zone
        self._lines: list[_Line] = []
        self._rows: list[Row] = []
        self._keys: set[str] = set()
        self._older: set[str] = set()
        self._changes: list[Change] = []
        self._notices = 0

    def __len__(self) -> int:
        return len(self._lines)

    def changes(self) -> list[Change]:
        """What changed since the last call, to be applied in this order."""
        drained, self._changes = self._changes, []
        return drained

    def begin_attempt(self) -> None:
        """Another room may follow: what is there now belongs to the last one."""
        self._older = set(self._keys)

    def forget_older(self) -> None:
        """Another room it is. My lines that its outbox gave back since the attempt began stay."""
        for index in reversed(range(len(self._lines))):
            if self._lines[index].key in self._older:
                self._remove(index)

    def notice(self, text: str, sent_at: float) -> None:
        """Something that happened, between the messages."""
        self._notices += 1
        self._insert(_Line(f"notice {self._notices}", "", "", text, sent_at))

    def queued(self, event: TextQueued, who: str, name: str) -> None:
        """My line, at the end until it has a number."""
        self._older.discard(event.post)
        line = _Line(event.post, who, safe_name(name), safe_text(event.text), event.sent_at)
        self._put(replace(line, own=True, delivery=Delivery.WAITING, note=texts.SENDING))

    def stored(self, event: TextStored) -> None:
        """My line has its number, and goes to its place."""
        index = self._find(event.post)
        if index is not None:
            self._put(replace(self._lines[index], seq=event.seq, delivery=Delivery.STORED, note=texts.STORED))

    def refused(self, event: TextRefused) -> None:
        """My line will never have a number; it stays where it is, with the reason."""
        index = self._find(event.post)
        if index is not None:
            note = texts.refused(safe_sentence(event.reason))
            self._put(replace(self._lines[index], delivery=Delivery.REFUSED, note=note))

    def received(self, event: TextReceived) -> None:
        """A line of the room; one that is already there is replaced."""
        line = _Line(
            event.post,
            event.member,
            safe_name(event.name),
            safe_text(event.text),
            event.sent_at,
            event.seq,
            event.own,
            Delivery.STORED if event.own else Delivery.OTHERS,
            event.late,
            texts.COPIED_DEVICE if event.copied_device else texts.STORED if event.own else "",
        )
        index = self._find(event.post)
        if event.own and index is not None:
            line = replace(line, late=False)  # it was on the screen before it had its number
        self._put(line)

    def _find(self, key: str) -> int | None:
        if key not in self._keys:
            return None
        # what changes is nearly always near the end
        return next(index for index in reversed(range(len(self._lines))) if self._lines[index].key == key)

    def _put(self, line: _Line) -> None:
        index = self._find(line.key)
        if index is None:
            self._insert(line)
        elif self._in_order(index, line):
            self._lines[index] = line
            self._refresh(index)
            self._refresh(index + 1)
        else:
            self._remove(index)
            self._insert(line)

    def _in_order(self, index: int, line: _Line) -> bool:
        if line.seq is None:
            return True
        before = (old.seq for old in self._lines[:index][::-1] if old.seq is not None)
        after = (old.seq for old in self._lines[index + 1 :] if old.seq is not None)
        waiting = any(old.delivery is Delivery.WAITING for old in self._lines[:index])
        return not waiting and next(before, 0) < line.seq < next(after, line.seq + 1)

    def _place(self, line: _Line) -> int:
        """Behind all smaller numbers, before all greater ones and before what waits for a number."""
        place = len(self._lines)
        if line.delivery is Delivery.WAITING:
            return place
        for index in reversed(range(len(self._lines))):
            old = self._lines[index]
            greater = old.seq is not None and line.seq is not None and old.seq > line.seq
            if greater or old.delivery is Delivery.WAITING:
                place = index
            elif old.seq is not None or line.seq is None:
                break
        return place

    def _insert(self, line: _Line) -> None:
        index = self._place(line)
        self._lines.insert(index, line)
        self._keys.add(line.key)
        row = self._row(index)
        self._rows.insert(index, row)
        self._changes.append(Insert(index, row))
        self._refresh(index + 1)

    def _remove(self, index: int) -> None:
        self._keys.discard(self._lines[index].key)
        del self._lines[index], self._rows[index]
        self._changes.append(Remove(index))
        self._refresh(index)

    def _refresh(self, index: int) -> None:
        """A row depends on the line before it: tell the widget if it looks different now."""
        if index < len(self._lines):
            row = self._row(index)
            if row != self._rows[index]:
                self._rows[index] = row
                self._changes.append(Replace(index, row))

    def _row(self, index: int) -> Row:
        line = self._lines[index]
        before = self._lines[index - 1] if index else None
        day, time = self._day_and_time(line.sent_at)
        same_day = before is not None and self._day_and_time(before.sent_at)[0] == day
        head = bool(line.who or line.own) and not (before is not None and same_day and _together(before, line))
        return Row(
            line.key,
            line.who,
            line.name,
            time,
            line.text,
            "" if same_day else day,
            head,
            line.own,
            line.delivery,
            line.late,
            line.note,
        )

    def _day_and_time(self, sent_at: float) -> tuple[str, str]:
        """The sender's clock can say anything: what is no time is shown as none."""
        try:
            moment = datetime.fromtimestamp(sent_at, UTC).astimezone(self._zone)
        except (ValueError, OverflowError, OSError):
            return "", "--:--"
        return f"{moment:%A}, {moment.day} {moment:%B %Y}", f"{moment:%H:%M}"


def _together(before: _Line, line: _Line) -> bool:
    same_sender = (before.who, before.name, before.own, before.late) == (line.who, line.name, line.own, line.late)
    return same_sender and abs(line.sent_at - before.sent_at) < _GROUP_SECONDS
