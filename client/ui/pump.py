"""The way from the backend's thread onto Tk's: a queue, looked into a few dozen times a second."""

from __future__ import annotations

import queue
import time  # noqa: TID251 - an edge: how long a turn takes is measured, not decided
import tkinter as tk
from collections.abc import Callable
from typing import Final, Protocol

from client.events import Command, Event

PERIOD_MS: Final = 25  # too short to be seen, and it costs an idle computer next to nothing
_BUSY_MS: Final = 5  # while more is waiting: keys, pointer and drawing have their turn in between
_SLICE_SECONDS: Final = 0.008  # of work in one turn
_BATCH: Final = 20  # events that are shown together; after each batch one looks at the clock
_PAINT_MS: Final = 30  # from the first thing that is seen to the last
_UNSEEN_MS: Final = 1_000
_REST_SECONDS: Final = 0.25  # a countdown of seconds needs no more


def when_painted(root: tk.Tk, then: Callable[[], None]) -> None:
    """Call `then` when the window can be seen; also where it is not to be seen for now, then more than once."""

    def seen(_event: object) -> None:
        root.unbind("<Visibility>")
        root.after(_PAINT_MS, then)

    root.bind("<Visibility>", seen)
    root.after(_UNSEEN_MS, then)


class Backend(Protocol):
    """The session behind the window, on threads of its own."""

    @property
    def events(self) -> queue.SimpleQueue[Event]:
        """What happened, in order."""

    def submit(self, command: Command) -> None:
        """Ask for something. Callable from every thread; never blocks."""


class Pump:
    """Moves events to `show`, several at once, on Tk's thread. `rest` is called a few times a second."""

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
        self._rest_at = 0.0
        self._batch = _BATCH
        self._stopped = False

    def stop(self) -> None:
        """No further turn: the window goes."""
        self._stopped = True

    def run(self) -> None:
        """One turn, and all further ones; a failing view does not stop them."""
        begun = time.monotonic()
        try:
            self._work(begun + _SLICE_SECONDS)
            if begun >= self._rest_at and not self._stopped:
                self._rest_at = begun + _REST_SECONDS
                self._rest()
        finally:
            # After the work: a timer that is due again at once would leave no moment for drawing.
            if not self._stopped:
                self._root.after(PERIOD_MS if self._inbox.empty() else _BUSY_MS, self.run)

    def _work(self, until: float) -> None:
        """Show what has come in, as much as there is time for. Batches shrink where lines take long to build."""
        now = time.monotonic()
        while now < until and not (self._stopped or self._inbox.empty()):
            self._show([self._inbox.get_nowait() for _ in range(min(self._inbox.qsize(), self._batch))])
            begun, now = now, time.monotonic()
            self._batch = max(1, self._batch // 2) if now - begun > _SLICE_SECONDS else min(_BATCH, self._batch + 1)
