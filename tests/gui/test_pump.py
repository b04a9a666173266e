"""Events from another thread onto Tk's, with a bell and without."""

from __future__ import annotations

import threading
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from client.events import AudienceChanged, Event
from client.inbox import Inbox
from client.ui.pump import Pump
from tests.gui.window import PATIENCE


@pytest.fixture
def root(screen: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tk.Tk]:
    monkeypatch.setenv("DISPLAY", screen)
    made = tk.Tk()
    yield made
    made.destroy()


class Turns:
    """A Tk that does nothing by itself, and a clock that only work moves."""

    def __init__(self) -> None:
        self.tk = None
        self.due: list[Callable[[], None]] = []
        self.now = 0.0

    def after(self, _milliseconds: int, then: Callable[[], None]) -> None:
        self.due.append(then)

    def turn(self) -> float:
        """Do what is due; how many seconds of work the longest of it was."""
        due, self.due = self.due, []
        took = []
        for callback in due:
            begun = self.now
            callback()
            took.append(self.now - begun)
        return max(took)


class Deaf:
    """A Tk that cannot wait for a socket, as on Windows."""

    def __init__(self, root: tk.Tk) -> None:
        self.tk = None
        self.after = root.after


def until(root: tk.Tk, true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        root.update()
        time.sleep(0.001)


@pytest.mark.parametrize("hears", [True, False])
def test_all_events_come_in_their_order(root: tk.Tk, hears: bool) -> None:
    # would catch: an event that rings while the bell is being heard, and lies in the queue until the next one
    inbox, shown, rests = Inbox(), list[Event](), list[None]()
    inbox.put(AudienceChanged(0))
    pump = Pump(root if hears else cast("tk.Tk", Deaf(root)), inbox, shown.extend, lambda: rests.append(None))
    pump.run()

    def say() -> None:
        for number in range(1, 3_000):
            inbox.put(AudienceChanged(number))
            if number % 7 == 0:
                time.sleep(0.0001)

    speaker = threading.Thread(target=say)
    speaker.start()
    until(root, lambda: len(shown) == 3_000)
    speaker.join(PATIENCE)
    assert shown == [AudienceChanged(number) for number in range(3_000)]
    until(root, lambda: len(rests) >= 2)
    pump.stop()
    inbox.put(AudienceChanged(0))  # nobody is held up by a window that has gone
    root.update()
    assert len(shown) == 3_000


def test_a_view_that_fails_stops_nothing(root: tk.Tk) -> None:
    inbox, shown, failed = Inbox(), list[Event](), list[object]()
    root.report_callback_exception = lambda *about: failed.append(about)

    def show(events: list[Event]) -> None:
        if not failed:
            raise ValueError
        shown.extend(events)

    pump = Pump(root, inbox, show, lambda: None)
    pump.run()
    inbox.put(AudienceChanged(1))
    until(root, lambda: failed)
    inbox.put(AudienceChanged(2))
    until(root, lambda: shown)
    pump.stop()


@pytest.mark.parametrize("seconds", [0.0005, 0.001, 0.004])
def test_a_burst_is_shown_in_short_turns(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    # would catch: all that waits shown in one turn, which keys and pointer wait for; or batches that never shrink
    turns, inbox, shown = Turns(), Inbox(), list[Event]()
    monkeypatch.setattr("client.ui.pump.time", SimpleNamespace(monotonic=lambda: turns.now))

    def show(events: list[Event]) -> None:
        turns.now += seconds * len(events)
        shown.extend(events)

    for number in range(500):
        inbox.put(AudienceChanged(number))
    pump = Pump(cast("tk.Tk", turns), inbox, show, lambda: None)
    pump.run()
    took = []
    while not inbox.empty():
        took.append(turns.turn())
    assert shown == [AudienceChanged(number) for number in range(500)]
    assert max(took[3:]) <= 0.020  # the first turns learn what a line costs; then it is one slice and one batch
    assert max(took) <= 0.080
    pump.stop()
