"""The input line and the session: what is sent, what is given back, and what is written and not sent."""

from __future__ import annotations

import time  # noqa: TID251 - an edge: when a key was pressed is measured here
from collections.abc import Callable
from typing import Final

from client.commands import Command, SendText
from client.events import DraftOpened, Event, Part, ProblemReported
from client.ui import texts
from client.ui.chat_view import ChatView
from client.ui.draft import Draft
from common import limits

_NOTHING_SENT: Final = frozenset({"not_connected", "empty_text", "too_long", "not_kept"})


class Composing:
    """`chat` gives the view that there is now, `submit` reaches the session, `report` tells what is wrong."""

    def __init__(
        self,
        chat: Callable[[], ChatView],
        submit: Callable[[Command], None],
        report: Callable[[ProblemReported], None],
    ) -> None:
        self._chat = chat
        self._submit = submit
        self._report = report
        self._draft = Draft()
        self._sent = ""  # the last message that was taken, to be given back if it cannot be sent

    @property
    def kept(self) -> bool:
        """Whether what is written is kept when the window goes."""
        return self._draft.kept

    def send(self, text: str) -> bool:
        """Whether this message was taken."""
        if len(text.encode(errors="replace")) > limits.TEXT_BYTES:
            self._report(ProblemReported(Part.TEXT, "too_long", texts.TEXT_TOO_LONG))
            return False
        self._sent = text
        self._submit(SendText(text.encode(errors="replace").decode()))
        return True

    def edited(self, text: str) -> None:
        """Something else stands in the input line."""
        self._do(self._draft.edited(text, time.monotonic()))

    def rest(self) -> None:
        """A few times a second."""
        self._do(self._draft.rest(time.monotonic()))

    def put_away(self) -> None:
        """Who writes goes elsewhere, or the window goes."""
        self._do(self._draft.put_away())

    def receive(self, event: Event) -> None:
        """What comes up may be about the input line."""
        if isinstance(event, DraftOpened):
            self._chat().write(self._draft.opened(event))
        elif isinstance(event, ProblemReported) and event.part is Part.TEXT and event.code in _NOTHING_SENT:
            self._chat().give_back(self._sent)

    def _do(self, commands: list[Command]) -> None:
        for command in commands:
            self._submit(command)
