from __future__ import annotations

import threading
import tkinter as tk
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from client.ui import furnishing
from client.ui.furnishing import Furnishing
from tests.gui.window import PATIENCE


class Turns:
    """A Tk that does nothing by itself."""

    def __init__(self) -> None:
        self.due: list[Callable[[], None]] = []

    def after(self, _milliseconds: int, then: Callable[..., None], *arguments: object) -> None:
        self.due.append(lambda: then(*arguments))

    def turn(self) -> None:
        due, self.due = self.due, []
        for callback in due:
            callback()


def wait() -> None:
    """For the other thread."""
    for thread in threading.enumerate():
        if thread.name == "furnishing":
            thread.join(PATIENCE)


def test_nothing_is_made_before_its_libraries_are_there() -> None:
    # would catch: a library that is loaded on Tk's thread, which keys and pointer wait for
    turns, let_go, loaded, made = Turns(), threading.Event(), threading.Event(), list[int]()

    def load() -> None:
        let_go.wait(PATIENCE)
        loaded.set()

    def steps() -> Iterator[None]:
        assert loaded.is_set()
        made.append(1)
        yield

    Furnishing(cast("tk.Misc", turns), load, steps).begin()
    turns.turn()
    turns.turn()
    assert not made
    let_go.set()
    wait()
    turns.turn()
    assert (made, turns.due) == ([1], [])


def test_steps_that_take_long_are_taken_one_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    # would catch: all of them in one callback, while which the window does not answer
    turns, made = Turns(), list[int]()
    clock = iter(range(1_000))
    monkeypatch.setattr(furnishing, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))

    def steps() -> Iterator[None]:
        for number in range(3):
            made.append(number)
            yield

    Furnishing(cast("tk.Misc", turns), lambda: None, steps).begin()
    wait()
    seen = []
    while turns.due:
        turns.turn()
        seen.append(len(made))
    assert seen == [1, 2, 3, 3]
