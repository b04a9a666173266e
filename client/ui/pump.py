"""The way from the backend's thread onto Tk's: a queue with a bell that Tk hears, or looks after where it cannot."""

from __future__ import annotations

import socket
import time  # noqa: TID251 - an edge: how long a turn takes is measured, not decided
import tkinter as tk
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from client.commands import Command
from client.events import Event
from client.inbox import Inbox

PERIOD_MS: Final = 25  # where Tk hears no bell (Windows): too short to be seen
_BUSY_MS: Final = 5  # while more is waiting: keys, pointer and drawing have their turn in between
_SLICE_SECONDS: Final = 0.008  # of work in one turn
_BATCH: Final = 20  # events that are shown together; after each batch one looks at the clock
_PAINT_MS: Final = 30  # from the first thing that is seen to the last
_UNSEEN_MS: Final = 1_000
_REST_MS: Final = 250  # a countdown of seconds needs no more


def when_painted(root: tk.Tk, then: Callable[[], None]) -> None:
    """Call `then` once, when the window can be seen; after a second also where it is not to be seen for now."""
    called = False

    def call() -> None:
        nonlocal called
        if not called:
            called = True
            then()

    def seen(_event: object) -> None:
        root.unbind("<Visibility>")
        root.after(_PAINT_MS, call)

    root.bind("<Visibility>", seen)
    root.after(_UNSEEN_MS, call)


class Backend(Protocol):
    """The session behind the window, on threads of its own."""

    @property
    def events(self) -> Inbox:
        """What happened, in order."""

    def submit(self, command: Command) -> None:
        """Ask for something. Callable from every thread; never blocks."""


class Pump:
    """Moves events to `show`, several at once, on Tk's thread. `rest` is called a few times a second."""

    def __init__(
        self,
        root: tk.Misc,
        inbox: Inbox,
        show: Callable[[list[Event]], None],
        rest: Callable[[], None],
    ) -> None:
        self._root = root
        self._inbox = inbox
        self._show = show
        self._rest = rest
        self._batch = _BATCH
        self._stopped = False
        self._due = False  # a turn is on its way
        self._bell: Bell | None = None

    def run(self) -> None:
        """Begin; a failing view does not stop it."""
        if hasattr(self._root.tk, "createfilehandler"):
            self._bell = Bell(self._root, self._inbox, self._rung)
        self._turn()
        self._resting()

    def stop(self) -> None:
        """No further turn: the window goes."""
        self._stopped = True
        if self._bell is not None:
            self._bell.close()

    def _rung(self) -> None:
        # By a timer: a turn at once for each of many events would leave no moment for drawing, nor for others to come.
        if not self._due:
            self._in(_BUSY_MS)

    def _in(self, milliseconds: int) -> None:
        self._due = True
        self._root.after(milliseconds, self._turn)

    def _turn(self) -> None:
        self._due = False
        try:
            self._work(time.monotonic() + _SLICE_SECONDS)
        finally:
            if not self._stopped:
                if not self._inbox.empty():
                    self._in(_BUSY_MS)
                elif self._bell is None:
                    self._in(PERIOD_MS)

    def _resting(self) -> None:
        if not self._stopped:
            self._root.after(_REST_MS, self._resting)  # first: a failing view must not stop it
            self._rest()

    def _work(self, until: float) -> None:
        """Show what has come in, as much as there is time for. Batches shrink where lines take long to build."""
        now = time.monotonic()
        while now < until and not (self._stopped or self._inbox.empty()):
            self._show([self._inbox.get_nowait() for _ in range(min(self._inbox.qsize(), self._batch))])
            begun, now = now, time.monotonic()
            self._batch = max(1, self._batch // 2) if now - begun > _SLICE_SECONDS else min(_BATCH, self._batch + 1)


class Bell:
    """Tells Tk's thread that another one has put something into the inbox. Where Tk can wait for a socket: on Unix."""

    def __init__(self, root: tk.Misc, inbox: Inbox, rung: Callable[[], None]) -> None:
        self._root = root
        self._heard = rung
        self._is_ringing = False  # until it is heard: one byte is enough for all that comes meanwhile
        self._here, self._there = socket.socketpair()
        self._here.settimeout(0.0)
        root.tk.createfilehandler(self._here, tk.READABLE, self._hear)
        inbox.tell(self._ring)

    def close(self) -> None:
        """Nobody listens any more; who rings is not held up."""
        self._root.tk.deletefilehandler(self._here)
        self._here.close()
        self._there.close()

    def _ring(self, _event: Event) -> None:
        if not self._is_ringing:
            self._is_ringing = True
            with suppress(OSError):  # the window has gone
                self._there.send(b"!")

    def _hear(self, _socket: object, _mask: int) -> None:
        with suppress(OSError):
            self._here.recv(64)
        self._is_ringing = False  # before the turn: what comes from now on rings again
        self._heard()
