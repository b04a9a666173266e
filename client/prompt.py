"""The text client's prompt, for people in a terminal: lines that come in never tear what is being typed.

It has a history of this run (none on disk: what is said is kept sealed or not at all), completes commands and names
by Tab, and shows microphone, speaker and room below. prompt_toolkit does the work; it is imported here only.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import Output
from prompt_toolkit.utils import get_cwidth

from client.folding import folded

_MARK: Final = "> "
_PATIENCE: Final = 2.0  # seconds for the prompt to give the terminal back


class PromptConsole:
    """A `Console`. The prompt runs for as long as `read` does, so nothing is ever written between two prompts."""

    def __init__(
        self,
        complete: Callable[[str], Iterable[str]],
        status: Callable[[], str],
        typed: Callable[[str], None] = lambda _text: None,
        *,
        keyboard: Input | None = None,
        screen: Output | None = None,
    ) -> None:
        """`complete` gives the words that may stand in place of the last one of a text; `status` the lowest line.

        `typed` is called with what stands in the prompt whenever that changes.
        """
        self._status = status
        self._drawn = status()
        self._waiting: deque[str] = deque()
        self._turn = threading.Lock()  # who looks at the three below
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begun = False
        self._closing = False
        self._ended = threading.Event()
        self._told: Callable[[str], None] = lambda _: None
        self._session: PromptSession[str] = PromptSession(
            _MARK,
            completer=_Words(complete),
            complete_while_typing=False,
            bottom_toolbar=status,
            key_bindings=_keys(),
            input=keyboard,
            output=screen,
        )
        # While lines are written above it the library gives the terminal its usual modes back, in which a Ctrl+D that
        # is pressed just then is lost. Nothing that is written needs them.
        self._session.app.input.cooked_mode = nullcontext  # type: ignore[method-assign]
        self._session.default_buffer.accept_handler = self._accepted
        self._session.default_buffer.on_text_changed += lambda buffer: typed(buffer.text)

    def read(self, told: Callable[[str], None]) -> None:
        """Prompt until Ctrl+D, Ctrl+C on an empty line, or `close`."""
        self._told = told
        with self._turn:
            if self._closing:
                return
            self._begun = True
        try:
            with suppress(EOFError), _logging_to(self):
                self._session.app.run(pre_run=self._starts, handle_sigint=False)
        finally:
            with self._turn:
                self._loop = None
                self._begun = False
            self._write_waiting()
            self._ended.set()

    def write(self, lines: list[str]) -> None:
        """Above the prompt."""
        with self._turn:
            self._waiting.extend(lines)
            loop, prompting = self._loop, self._begun
        if loop is not None:
            with suppress(RuntimeError):  # the prompt has just ended: `read` writes what waits
                loop.call_soon_threadsafe(self._write_above)
        elif not prompting:
            self._write_waiting()

    def close(self) -> None:
        """Give the terminal back."""
        with self._turn:
            self._closing = True
            loop, prompting = self._loop, self._begun
        if loop is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._leave)
        if prompting:
            self._ended.wait(_PATIENCE)
        self._write_waiting()

    def _starts(self) -> None:
        """In the prompt's loop, when that begins."""
        with self._turn:
            self._loop = asyncio.get_running_loop()
            closing = self._closing
        if closing:
            self._loop.call_soon(self._leave)
        self._write_above()

    def _leave(self) -> None:
        app = self._session.app
        if app.future is not None and not app.future.done():
            app.exit(exception=EOFError())

    def _accepted(self, buffer: Buffer) -> bool:
        """A line was typed: it goes up, where all lines stand, and the prompt is empty again."""
        text = buffer.text
        if text.strip():
            self.write([_MARK + _visible(text)])
        self._told(text)
        return False

    def _write_above(self) -> None:
        if self._waiting:
            run_in_terminal(self._write_waiting)
        elif (status := self._status()) != self._drawn:
            self._drawn = status
            self._session.app.invalidate()

    def _write_waiting(self) -> None:
        output = self._session.app.output
        columns = output.get_size().columns
        while self._waiting:
            for part in self._waiting.popleft().split("\n"):
                for row in folded(part, columns, get_cwidth):
                    output.write_raw(row + "\n")
        output.flush()


class _Words(Completer):
    def __init__(self, complete: Callable[[str], Iterable[str]]) -> None:
        self._complete = complete

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        del complete_event
        before = document.text_before_cursor
        last = before.rpartition(" ")[2]
        for word in self._complete(before):
            yield Completion(word, start_position=-len(last))


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c")
    def _(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=EOFError())

    return keys


def _visible(text: str) -> str:
    """What was pasted may have signs in it that would steer the terminal."""
    return "".join(
        sign if sign.isprintable() else "\n  " if sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text
    )


@contextmanager
def _logging_to(console: PromptConsole) -> Iterator[None]:
    """What the program logs to the terminal meanwhile goes above the prompt too."""
    handlers = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    before = [handler.stream for handler in handlers]
    for handler in handlers:
        handler.setStream(_Above(console))
    try:
        yield
    finally:
        for handler, stream in zip(handlers, before, strict=True):
            handler.setStream(stream)


class _Above:
    """A stream for log lines."""

    def __init__(self, console: PromptConsole) -> None:
        self._console = console

    def write(self, text: str) -> None:
        self._console.write([text.rstrip("\n")])

    def flush(self) -> None:
        """Nothing is held back."""
