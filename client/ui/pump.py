"""The way from the backend's thread onto Tk's: a queue, looked into a few dozen times a second."""

from __future__ import annotations

import queue
import tkinter as tk
from collections.abc import Callable
from typing import Final, Protocol

from client.events import Command, Event

PERIOD_MS: Final = 25  # too short to be seen, and it costs an idle computer next to nothing
_REST_TURNS: Final = 10  # a countdown of seconds needs no more
_BATCH: Final = 200  # events in one turn: a burst must not hold up typing


class Backend(Protocol):
    """The session behind the window, on threads of its own."""

    @property
    def events(self) -> queue.SimpleQueue[Event]:
        """What happened, in order."""

    def submit(self, command: Command) -> None:
        """Ask for something. Callable from every thread; never blocks."""


class Pump:
    """Moves events to `show`, several at once, on Tk's thread. `rest` is called now and then while there are none."""

    def __init__(
        self,
        root: tk.Misc,
        inbox: queue.SimpleQueue[Event],
        show: Callable[[list[Event]], None],
        rest: Callable[[], None],
    ) -> None:
        self._root = root
        self._inbox = inbox
        self._show = show
        self._rest = rest
        self._idle_turns = 0

    def run(self) -> None:
        """One turn, and all further ones."""
        self._root.after(PERIOD_MS, self.run)  # first: a failing view must not stop the pump
        batch = [self._inbox.get_nowait() for _ in range(min(self._inbox.qsize(), _BATCH))]
        if batch:
            self._show(batch)
            return
        self._idle_turns += 1
        if self._idle_turns % _REST_TURNS == 0:
            self._rest()
