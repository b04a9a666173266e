"""Where a user's wishes about text are dealt with: what is written, seen, kept, looked for. Pure.

What is written before there is a session to seal it (the room's key is still being made) waits here. Knows no
connection: whether one is on its way is an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from client.archive import Errands, new_file
from client.commands import (
    DeskCommand,
    ExportLog,
    KeepDraft,
    MarkSeen,
    SearchLog,
    SendText,
    SetKeepLog,
    SetReceipts,
    SetTyping,
    TellWriting,
)
from client.drafts import Drawer
from client.events import DraftOpened, Event, Part, ProblemReported
from client.session import Session
from client.stays import Stays
from common.crypto.keys import RoomKeys
from common.errors import LocalError, NothingToSay, TooLong

_EARLY_TEXTS: Final = 100


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by two clocks, in seconds: a monotonic one, and the wall's, since 1970."""

    now: float
    wall: float


class Desk:
    """One for the whole run; the session that it deals with is an argument."""

    def __init__(self, stays: Stays, tell: Callable[[Event], None]) -> None:
        """`tell` takes what the user is to know."""
        self._stays = stays
        self._tell = tell
        self._early: list[str] = []
        self._room = ""  # the one entered last: also after it was left something may be written in its input line
        self._drawer: Drawer | None = None
        self._drawer_fails = False  # told already

    def opened(self, keys: RoomKeys, session: Session, moment: Moment) -> None:
        """There is a session: what was written in its room before is told, what waited for it is said."""
        self._open_drawer(keys)
        for queued in session.still_waiting():
            self._tell(queued)
        early, self._early = self._early, []
        for text in early:
            self._say(session, text, moment)

    def clear(self) -> None:
        """No session is to come any more."""
        self._early.clear()

    def obey(self, command: DeskCommand, session: Session | None, moment: Moment, *, expected: bool) -> None:
        """Do what the user asked for. `expected`: a session is there, or on its way."""
        match command:
            case SendText(text):
                self._send(text, session, moment, expected=expected)
            case KeepDraft(room, text):
                if room == self._room:  # not what was written in the one before
                    self._put_away(text)
            case SearchLog() | ExportLog():
                self._look(command, session)
            case SetReceipts() | SetTyping() | SetKeepLog():
                self._adopt(command, session)
            case MarkSeen() | TellWriting():  # pragma: no branch - there is nothing else
                if session is not None:
                    _signal(command, session, moment.now)

    def _adopt(self, habit: SetReceipts | SetTyping | SetKeepLog, session: Session | None) -> None:
        habits = self._stays.habits
        match habit:
            case SetReceipts(on):
                self._stays.habits = replace(habits, receipts=on)
                if session is not None:
                    session.tell_seen(on)
            case SetTyping(on):
                self._stays.habits = replace(habits, typing=on)
                if session is not None:
                    session.writing.tell(on)
            case SetKeepLog(on):  # pragma: no branch - there is nothing else
                self._stays.habits = replace(habits, keep_log=on)

    def _open_drawer(self, keys: RoomKeys) -> None:
        self._room, self._drawer_fails = keys.room_id.hex(), False
        self._drawer = self._stays.drawer(keys)
        text = ""
        if self._drawer is not None:
            try:
                text = self._drawer.look()
            except LocalError:
                self._drawer = None  # the log, in the same file, has told it
        self._tell(DraftOpened(self._room, text, kept=self._drawer is not None))

    def _put_away(self, text: str) -> None:
        if self._drawer is None:
            return
        try:
            self._drawer.put(text)
            self._drawer_fails = False
        except LocalError as error:
            if not self._drawer_fails:
                self._drawer_fails = True
                self._problem(Part.GENERAL, "draft_not_kept", f"What you are writing is not kept for later. {error}")

    def _problem(self, part: Part, code: str, sentence: str) -> None:
        self._tell(ProblemReported(part, code, sentence))

    def _send(self, text: str, session: Session | None, moment: Moment, *, expected: bool) -> None:
        if session is not None:
            self._say(session, text, moment)
        elif expected and len(self._early) < _EARLY_TEXTS:
            self._early.append(text)
        else:
            self._problem(Part.TEXT, "not_connected", "You are in no room: connect first. Nothing was sent.")

    def _say(self, session: Session, text: str, moment: Moment) -> None:
        try:
            session.say(text, moment.now, moment.wall)
        except NothingToSay as error:
            self._problem(Part.TEXT, "empty_text", str(error))
        except TooLong as error:
            self._problem(Part.TEXT, "too_long", str(error))
        except LocalError as error:
            self._problem(Part.TEXT, "not_kept", f"{error} Nothing was sent.")

    def _look(self, command: SearchLog | ExportLog, session: Session | None) -> None:
        errands = self._errands(session)
        if errands is None:
            return
        if isinstance(command, SearchLog):
            errands.search(command.words)
            return
        try:
            errands.export(command.path, new_file(command.path))
        except LocalError as error:
            self._problem(Part.GENERAL, "not_exported", str(error))

    def _errands(self, session: Session | None) -> Errands | None:
        """Of the room that I am in, or look at; a problem is told where there is nothing to look through."""
        if not self._stays.keep_log:
            self._problem(Part.GENERAL, "no_log", "Lines are not kept on this computer (--no-log).")
        elif session is None:
            self._problem(Part.GENERAL, "not_connected", "You are in no room: connect first.")
        else:
            return session.errands
        return None


def _signal(command: MarkSeen | TellWriting, session: Session, now: float) -> None:
    if isinstance(command, MarkSeen):
        session.mark_seen(command.post, now)
    else:
        session.writing.wrote(now)
