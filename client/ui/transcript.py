"""The lines of the message area: their order, and what each of them looks like.

Lines with a number of the broker stand in the order of epoch and number, also where they arrive late; my lines that
have none yet stand at the end. Between them stand notices, and what is said of missing lines. Every line has a
place by which it is found and put in, so a line costs the same whether there are ten or ten thousand. What it
looks like is worked out only when it is asked for. Pure: times are arguments, no widget is known.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from itertools import islice
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from client.events import Event, LinesMissing, Missing, TextQueued, TextReceived, TextRefused, TextSeen, TextStored
from client.ui import texts
from client.ui.safe_text import safe_name, safe_sentence, safe_text

_GROUP_SECONDS: Final = 300.0  # lines of one person within five minutes stand under one head

# A number in the order of all epochs, 1 for what stands behind its line, and a count to tell equals apart.
Place: TypeAlias = tuple[float, int, int]
BEGINNING: Final[Place] = (-1, 0, 0)
END: Final[Place] = (float("inf"), 1, 0)  # behind my lines that have no number yet
_WAITING: Final = float("inf")
UNREAD: Final = "unread"  # the key of the mark above what came while nobody looked


class Delivery(StrEnum):
    """How far a line has come."""

    OTHERS = "others"  # somebody else's, or a notice: nothing to tell
    WAITING = "waiting"
    STORED = "stored"
    SEEN = "seen"
    REFUSED = "refused"


class Row(Struct, frozen=True):
    """One line as it is shown. `day` and `head` are there only where a new day or a new speaker begins.

    `who` is the fingerprint that colours and draws the sender, empty for a notice. `note` stands behind the
    text, `tip` says the same in full.
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
    tip: str


class Line(Struct, frozen=True):
    """One line as it was said. `sent_at` is in seconds since 1970; None for what was never said."""

    key: str
    place: Place
    who: str
    name: str
    text: str
    sent_at: float | None
    own: bool = False
    delivery: Delivery = Delivery.OTHERS
    late: bool = False
    note: str = ""
    tip: str = ""


# All that a row depends on: the line, the one before it, and the last one before it that was said at some time.
Source: TypeAlias = tuple[Line, Line | None, Line | None]


class Transcript:
    """All lines of one room, in order."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        """Times are shown in `zone` (None: that of this computer)."""
        self._zone = zone
        self._lines: list[Line] = []
        self._by_key: dict[str, Line] = {}
        self._older: set[str] = set()
        self._guessing = False  # in an attempt: whether it is the same room is not known yet
        self._count = 0
        self.version = 0  # another one: something has changed

    def __len__(self) -> int:
        return len(self._lines)

    # --- what happened --------------------------------------------------------------------------------------

    def receive(self, event: Event) -> None:
        """Apply an event of the session, if it is one of a line that tells all that there is to know."""
        match event:
            case TextStored():
                self.stored(event)
            case TextRefused():
                self.refused(event)
            case TextReceived():
                self.received(event)
            case TextSeen():
                self.seen(event)
            case LinesMissing():
                self.missing(event)
            case _:
                pass

    def begin_attempt(self) -> None:
        """Another room may follow: what is there now belongs to the last one."""
        self._older = set(self._by_key)
        self._guessing = True

    def joined(self, *, same_room: bool) -> None:
        """The room is known now. My lines that its outbox gave back since the attempt began stay."""
        self._guessing = False
        if not same_room:
            self._forget_older()

    def notice(self, text: str, sent_at: float) -> None:
        """Something that happened, between the messages."""
        place = self._behind(self._newest())
        self._put(Line(f"notice {place}", place, "", "", text, sent_at))

    def divide(self, after: Place | None, count: int) -> None:
        """Behind this place stands what came while nobody looked: so many lines. None: nothing does."""
        old = self._by_key.get(UNREAD)
        if after is None:
            self._take(UNREAD)
            return
        number = max(0.0, after[0])
        place = old.place if old and old.place[0] == number else self._behind(number)
        self._put(Line(UNREAD, place, "", "", texts.new_since_away(count), None))

    def newest_until(self, place: Place) -> Place:
        """The place of the last line with a number at this place or before it."""
        end = min(bisect_right(self._lines, place, key=_place), self.index((_WAITING, 0, 0)))
        return self._lines[end - 1].place if end else BEGINNING

    def missing(self, event: LinesMissing) -> None:
        """Lines that are not to be had, behind the number after which they are missing."""
        key = f"missing {event.epoch} {event.after} {event.why} {event.member}"
        if not event.count:
            self._take(key)
            return
        if event.why is Missing.DROPPED:
            text, tip = texts.dropped(event.count, safe_name(event.name)), texts.TIP_DROPPED
        else:
            text, tip = texts.not_kept(event.count), texts.TIP_NOT_KEPT
        old = self._by_key.get(key)
        place = old.place if old else self._behind(_number(event.epoch, event.after))
        self._put(Line(key, place, "", "", text, None, tip=tip))

    def queued(self, event: TextQueued, who: str, name: str) -> None:
        """My line, at the end until it has a number."""
        self._older.discard(event.post)
        old = self._by_key.get(event.post)
        place = old.place if old else (_WAITING, 0, self._counted())
        line = Line(event.post, place, who, name, event.text, event.sent_at, own=True)
        self._put(replace(line, delivery=Delivery.WAITING, note=texts.SENDING, tip=texts.TIP_SENDING))

    def stored(self, event: TextStored) -> None:
        """My line has its number, and goes to its place."""
        line = self._by_key.get(event.post)
        if line is not None:
            place = self._numbered(event, line)
            stored = replace(line, place=place, delivery=Delivery.STORED, note=texts.STORED, tip=texts.TIP_STORED)
            self._put(stored)

    def refused(self, event: TextRefused) -> None:
        """My line will never have a number; it stays where it is, with the reason."""
        line = self._by_key.get(event.post)
        if line is not None:
            note = texts.refused(safe_sentence(event.reason))
            place = self._behind(self._newest())
            self._put(replace(line, place=place, delivery=Delivery.REFUSED, note=note, tip=""))

    def received(self, event: TextReceived) -> None:
        """A line of the room; one that is already there is replaced."""
        if self._guessing:  # the room's own log comes before the room is joined
            self.joined(same_room=event.post in self._by_key)
        old = self._by_key.get(event.post)
        place = self._numbered(event, old)
        # What was on the screen before it had its number is not late.
        late = event.late and not (event.own and old is not None)
        line = Line(event.post, place, event.member, event.name, event.text, event.sent_at, event.own, late=late)
        if event.own:
            line = replace(line, delivery=Delivery.STORED, note=texts.STORED, tip=texts.TIP_STORED)
        if event.copied_device:
            line = replace(line, note=texts.COPIED_DEVICE, tip="")
        self._put(line)

    def seen(self, event: TextSeen) -> None:
        """My line with this number was seen by so many."""
        number = _number(event.epoch, event.seq)
        for line in self._lines[self.index((number, 0, 0)) : self.index((number, 1, 0))]:
            if line.own and line.note != texts.COPIED_DEVICE:
                delivery = Delivery.SEEN if event.count else Delivery.STORED
                note, tip = texts.seen(event.count, event.of), texts.tip_seen(event.count, event.of)
                self._put(replace(line, delivery=delivery, note=note, tip=tip))

    # --- what is there --------------------------------------------------------------------------------------

    def index(self, place: Place) -> int:
        """How many lines stand before this place."""
        return bisect_left(self._lines, place, key=_place)

    def place(self, index: int) -> Place:
        """The place of the line with this index; the end behind the last one."""
        return self._lines[index].place if index < len(self._lines) else END

    def unsent(self) -> int:
        """How many of my lines the broker does not have yet."""
        last = islice(self._lines, self.index((_WAITING, 0, 0)), None)
        return sum(line.delivery is Delivery.WAITING for line in last)

    def find(self, words: str) -> list[str]:
        """The keys of all lines that somebody said and that have these words in them, whatever their case."""
        wanted = words.casefold()
        return [line.key for line in self._lines if (line.who or line.own) and wanted in line.text.casefold()]

    def place_of(self, key: str) -> Place | None:
        """The place of a row, None where it is gone."""
        line = self._by_key.get(key)
        return None if line is None else line.place

    def sources(self, begin: int, end: int) -> list[Source]:
        """What the rows with these indices are made of. Equal sources make equal rows."""
        before = self._lines[begin - 1] if begin else None
        said = self._last_before(begin, lambda line: line.sent_at is not None)
        found: list[Source] = []
        for line in islice(self._lines, begin, end):
            found.append((line, before, said))
            before = line
            said = said if line.sent_at is None else line
        return found

    def row(self, source: Source) -> Row:
        """What a line looks like behind the ones before it."""
        line, before, said = source
        day, time = self._day_and_time(line.sent_at)
        if said is not None and self._day_and_time(said.sent_at)[0] == day:
            day = ""
        spoken = bool(line.who or line.own)
        head = spoken and not (not day and before is not None and _together(before, line))
        name, text = (safe_name(line.name), safe_text(line.text)) if spoken else ("", line.text)
        return Row(
            line.key, line.who, name, time, text, day, head, line.own, line.delivery, line.late, line.note, line.tip
        )

    def others_behind(self, place: Place) -> int:
        """How many lines of others stand behind a place."""
        begin = bisect_right(self._lines, place, key=_place)
        return sum(map(_is_of_others, islice(self._lines, begin, None)))

    def others_until(self, place: Place) -> Line | None:
        """The last line of somebody else that stands at this place or before it."""
        end = bisect_right(self._lines, place, key=_place)
        return self._last_before(end, _is_of_others)

    def _last_before(self, end: int, wanted: Callable[[Line], bool]) -> Line | None:
        return next((line for line in map(self._lines.__getitem__, range(end - 1, -1, -1)) if wanted(line)), None)

    # --- places ---------------------------------------------------------------------------------------------

    def _newest(self) -> float:
        """The highest number there is, 0 where there is none."""
        end = self.index((_WAITING, 0, 0))
        return self._lines[end - 1].place[0] if end else 0

    def _numbered(self, event: TextStored | TextReceived, old: Line | None) -> Place:
        number = _number(event.epoch, event.seq)
        return old.place if old and old.place[:2] == (number, 0) else (number, 0, self._counted())

    def _behind(self, number: float) -> Place:
        return (number, 1, self._counted())

    def _counted(self) -> int:
        self._count += 1
        return self._count

    def _forget_older(self) -> None:
        self._lines = [line for line in self._lines if line.key not in self._older]
        self._by_key = {line.key: line for line in self._lines}
        self._older = set()
        self.version += 1

    def _put(self, line: Line) -> None:
        old = self._by_key.get(line.key)
        if old is not None and old.place == line.place:
            self._lines[self.index(line.place)] = line
        else:
            self._take(line.key)
            insort(self._lines, line, key=_place)
        self._by_key[line.key] = line
        self.version += 1

    def _take(self, key: str) -> None:
        line = self._by_key.pop(key, None)
        if line is not None:
            del self._lines[self.index(line.place)]
            self.version += 1

    def _day_and_time(self, sent_at: float | None) -> tuple[str, str]:
        """The sender's clock can say anything: what is no time is shown as none."""
        if sent_at is None:
            return "", ""
        try:
            moment = datetime.fromtimestamp(sent_at, UTC).astimezone(self._zone)
        except (ValueError, OverflowError, OSError):
            return "", "--:--"
        return f"{moment:%A}, {moment.day} {moment:%B %Y}", f"{moment:%H:%M}"


def _number(epoch: int, seq: int) -> int:
    """One rising number for all epochs: those of a broker have 63 bits."""
    return (epoch << 64) + seq


def _place(line: Line) -> Place:
    return line.place


def _is_of_others(line: Line) -> bool:
    return bool(line.who) and not line.own


def _together(before: Line, line: Line) -> bool:
    if before.sent_at is None or line.sent_at is None:
        return False
    same_sender = (before.who, before.name, before.own, before.late) == (line.who, line.name, line.own, line.late)
    return same_sender and abs(line.sent_at - before.sent_at) < _GROUP_SECONDS
