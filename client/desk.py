"""Where a user's wishes about text are dealt with: what is written, seen, kept, looked for. Pure.

What is written before there is a session to seal it (the room's key is still being made) waits here. Knows no
connection: whether one is on its way is an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from client.archive import Errands, new_file
from client.commands import DeskCommand, ExportLog, MarkSeen, SearchLog, SendText, SetKeepLog, SetReceipts
from client.events import Part
from client.session import Session
from client.stays import Stays
from common.errors import LocalError, NothingToSay, TooLong

_EARLY_TEXTS: Final = 100


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by two clocks, in seconds: a monotonic one, and the wall's, since 1970."""

    now: float
    wall: float


class Desk:
    """One for the whole run; the session that it deals with is an argument."""

    def __init__(self, stays: Stays, problem: Callable[[Part, str, str], None]) -> None:
        """`problem` tells the user what did not work: part of the window, code, sentence."""
        self._stays = stays
        self._problem = problem
        self._early: list[str] = []

    def opened(self, session: Session, moment: Moment) -> None:
        """There is a session: what waited for it is said."""
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
            case MarkSeen(post):
                if session is not None:
                    session.mark_seen(post, moment.now)
            case SearchLog() | ExportLog():
                self._look(command, session)
            case SetReceipts(on):
                self._stays.habits = replace(self._stays.habits, receipts=on)
                if session is not None:
                    session.tell_seen(on)
            case SetKeepLog(on):  # pragma: no branch - there is nothing else
                self._stays.habits = replace(self._stays.habits, keep_log=on)

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
