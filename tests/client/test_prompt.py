"""The prompt, on a keyboard and a screen made of strings."""

from __future__ import annotations

import io
import logging
import os
import pty
import re
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.input.base import PipeInput
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.output.vt100 import Vt100_Output

from client.prompt import PromptConsole

PATIENCE = 20.0


class Terminal:
    """A prompt that runs, the keys that go into it, the lines that come out of it."""

    def __init__(self, keys: PipeInput) -> None:
        self.keys = keys
        self.screen = io.StringIO()
        self.typed: list[str] = []
        self.drafts: list[str] = []
        self.status = "offline"
        self._came = threading.Condition()
        output = Vt100_Output(self.screen, lambda: Size(24, 80), enable_cpr=False)
        self.console = PromptConsole(
            lambda before: ["/people"] if before == "/pe" else [],
            lambda: self.status,
            self.drafts.append,
            keyboard=keys,
            screen=output,
        )
        self.draft = self.console._session.default_buffer
        self.draft.on_text_changed += self._changed
        self.reading = threading.Thread(target=self.console.read, args=(self._told,))

    def _told(self, line: str) -> None:
        with self._came:
            self.typed.append(line)
            self._came.notify_all()

    def _changed(self, _: object) -> None:
        with self._came:
            self._came.notify_all()

    def until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        with self._came:
            while not true():
                assert time.monotonic() < deadline, "this has not happened at the prompt"
                self._came.wait(0.01)  # not everything in there tells that it has changed

    def shown(self) -> str:
        """Without what moves the cursor and colours."""
        return re.sub(r"\x1b[\[?]+[0-9;]*[a-zA-Z]", "", self.screen.getvalue()).replace("\r", "")


@contextmanager
def prompting() -> Iterator[Terminal]:
    with create_pipe_input() as keys:
        terminal = Terminal(keys)
        terminal.reading.start()
        try:
            yield terminal
        finally:
            terminal.console.close()
            terminal.reading.join(PATIENCE)
        assert not terminal.reading.is_alive()


def test_what_is_typed_goes_up_and_is_told() -> None:
    with prompting() as terminal:
        terminal.keys.send_text("hello\r\r/pe\t")
        terminal.until(lambda: terminal.draft.text == "/people")  # completed
        terminal.keys.send_text("\r")
        terminal.until(lambda: len(terminal.typed) == 3)
    assert terminal.typed == ["hello", "", "/people"]
    assert "> hello\n" in terminal.shown()


def test_lines_that_come_in_leave_the_draft_alone() -> None:
    with prompting() as terminal:
        terminal.keys.send_text("one\rdra")
        terminal.until(lambda: terminal.typed == ["one"])
        terminal.console.write(["12:00 Ann: hi", "12:01 Ann: all"])
        terminal.keys.send_text("ft\r")
        terminal.until(lambda: len(terminal.typed) == 2)
    assert terminal.typed[1] == "draft"
    assert "12:00 Ann: hi\n12:01 Ann: all\n" in terminal.shown()


def test_nothing_is_lost_before_and_after() -> None:
    # would catch: a line that came in at the moment when the prompt began or ended
    with create_pipe_input() as keys:
        terminal = Terminal(keys)
        terminal.console.write(["before"])
        terminal.reading.start()
        keys.send_text("\x04")  # Ctrl+D
        for number in range(200):
            terminal.console.write([f"line {number}."])
        terminal.reading.join(PATIENCE)
        terminal.console.write(["after"])
        terminal.console.close()
    shown = terminal.shown()
    places = [shown.index(text) for text in ("before", *(f"line {number}." for number in range(200)), "after")]
    assert places == sorted(places)


def test_ctrl_c_clears_a_line_and_leaves_an_empty_one() -> None:
    with prompting() as terminal:
        terminal.keys.send_text("not this\x03but this\r\x03")
        terminal.reading.join(PATIENCE)
        assert not terminal.reading.is_alive()
    assert terminal.typed == ["but this"]


def test_the_arrow_brings_back_what_was_said() -> None:
    with prompting() as terminal:
        terminal.keys.send_text("first\r")
        terminal.until(lambda: len(terminal.draft._working_lines) == 2)  # the history is there
        terminal.keys.send_text("\x1b[A\r")
        terminal.until(lambda: len(terminal.typed) == 2)
    assert terminal.typed == ["first", "first"]


def test_what_is_pasted_is_one_text_and_steers_no_terminal() -> None:
    with prompting() as terminal:
        terminal.keys.send_text("\x1b[200~two\nlines\x07\x1b[201~\r")
        terminal.until(lambda: terminal.typed)
    assert terminal.typed == ["two\nlines\x07"]
    assert "> two\n  lines\N{REPLACEMENT CHARACTER}\n" in terminal.shown()


def test_closed_before_it_began() -> None:
    with create_pipe_input() as keys:
        terminal = Terminal(keys)
        terminal.console.write(["x"])
        terminal.console.close()
        terminal.console.read(terminal.typed.append)
    assert terminal.shown() == "x\n"


def test_what_is_logged_goes_above_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    handler = logging.StreamHandler(stderr)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    with prompting() as terminal:
        terminal.keys.send_text("x\r")
        terminal.until(lambda: terminal.typed)
        logging.getLogger("test").warning("a warning")
        assert handler.stream is not stderr
    assert handler.stream is stderr
    assert "a warning\n" in terminal.shown()
    assert stderr.getvalue() == ""


def test_the_lowest_line_follows_what_happens_without_a_key() -> None:
    # mistake: "Ann writing…" that is shown with the next key only
    with prompting() as terminal:
        terminal.until(lambda: terminal.console._loop)
        drawn: list[str] = []
        terminal.console._session.app.on_invalidate += lambda _: drawn.append(terminal.status)
        terminal.console.write([])
        terminal.status = "writing"
        terminal.console.write([])
        terminal.until(lambda: drawn)
        terminal.console.write([])
    assert drawn == ["writing"]


def test_what_is_being_typed_is_told() -> None:
    with prompting() as terminal:
        terminal.keys.send_text("hi\r")
        terminal.until(lambda: terminal.typed == ["hi"])
    assert terminal.drafts[0] in {"h", "hi"}


def test_the_terminal_takes_keys_as_they_are_while_lines_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    # Mistake: Ctrl+D, pressed as a line comes in, is taken by the terminal and never seen by the prompt.
    end, other = pty.openpty()
    with os.fdopen(other, encoding="utf-8") as keyboard:
        waits, modes = threading.Event(), list[int]()
        screen = io.StringIO()
        output = Vt100_Output(screen, lambda: Size(24, 80), enable_cpr=False)
        console = PromptConsole(lambda _: [], lambda: "", keyboard=Vt100Input(keyboard), screen=output)

        def write_raw(text: str) -> None:
            if "line" in text:
                modes.append(termios.tcgetattr(other)[3] & termios.ICANON)
                waits.set()

        monkeypatch.setattr(output, "write_raw", write_raw)
        reading = threading.Thread(target=console.read, args=(lambda _: None,))
        reading.start()
        console.write(["a line"])
        assert waits.wait(PATIENCE)
        console.close()
        reading.join(PATIENCE)
    os.close(end)
    assert modes == [0]
