"""The session, loaded when the window is on the screen already: libraries of sound and cryptography take their time.

Until then commands wait, in their order.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final, Protocol

from client import faults
from client.commands import Command, Quit
from client.events import Part, SessionEnded
from client.inbox import Inbox

_FAILED: Final = "Secure Chat is not installed as it should be: its log says what is missing."
_log = logging.getLogger(__name__)


class Session(Protocol):
    """What is loaded: see `client.network.Network`."""

    def start(self) -> None:
        """Begin to obey."""

    def submit(self, command: Command) -> None:
        """Ask for something; never blocks."""


class LateSession:
    """A backend for the window from the first moment on."""

    def __init__(self, load: Callable[[Inbox], Session]) -> None:
        """`load` makes the session that fills this inbox; it is called once, on a thread of its own."""
        self.events: Final = Inbox()
        self._load = load
        self._turn = threading.Lock()
        self._waiting: list[Command] = []
        self._session: Session | None = None
        self._begun = False

    def begin(self) -> None:
        """Load it now. Every further call does nothing."""
        with self._turn:
            begun, self._begun = self._begun, True
        if not begun:
            threading.Thread(target=self._loaded, name="loading", daemon=True).start()

    def submit(self, command: Command) -> None:
        """Ask for something; from any thread; never blocks."""
        with self._turn:
            if self._session is None:
                self._waiting.append(command)
            else:
                self._session.submit(command)
        if isinstance(command, Quit):
            self.begin()  # which answers it

    def _loaded(self) -> None:
        try:
            session = self._load(self.events)
            session.start()
        except Exception as error:  # noqa: BLE001  whatever is missing, the window says so and can be closed
            _log.exception("the session could not be loaded")
            self.events.put(faults.reported(Part.GENERAL, "internal", _FAILED, error))
            session = _Nothing(self.events)
        with self._turn:
            for command in self._waiting:
                session.submit(command)
            self._waiting.clear()
            self._session = session


class _Nothing:
    """In place of a session that could not be loaded: the window can be closed."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def start(self) -> None:
        """There is nothing to begin."""

    def submit(self, command: Command) -> None:
        """Only to leave can be asked of it."""
        if isinstance(command, Quit):
            self._inbox.put(SessionEnded())
