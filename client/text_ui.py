"""The same session for a terminal (`--text`) and for programs (`--json`); no tkinter anywhere near.

One thread reads lines of standard input, the main thread waits for events and writes. What lines and events look
like is decided by a face.
"""

from __future__ import annotations

import queue
import sys
import threading
from typing import Final, Protocol, TextIO

from client.config import Config
from client.events import Command, Connect, Event, Quit, RoomJoined, RoomLeft, SessionEnded, SetMicrophone, SetSpeaker
from client.faces import BadLine, Face

_LINE_CHARACTERS: Final = 1_000_000  # of standard input; a text may have 16,000 bytes


class Backend(Protocol):
    """What the network thread looks like from here."""

    @property
    def events(self) -> queue.SimpleQueue[Event]:
        """What has happened."""

    def submit(self, command: Command) -> None:
        """Ask for something; never blocks."""


class TextUI:
    """Connect, read, write, until somebody quits or the room cannot be joined."""

    def __init__(
        self, config: Config, backend: Backend, face: Face, stdout: TextIO, *, accept_weak_phrase: bool
    ) -> None:
        self._config = config
        self._backend = backend
        self._face = face
        self._stdout = stdout
        self._accept_weak_phrase = accept_weak_phrase
        self._write = threading.Lock()  # answers to bad lines come from the reading thread
        self._joined_once = False
        self._failed = False

    def run(self, stdin: TextIO) -> int:
        """The exit code: 0 after `quit`, 1 where the room could not be joined."""
        config = self._config
        self._backend.submit(Connect(config.server, config.name, config.phrase, self._accept_weak_phrase))
        threading.Thread(target=self._read, args=(stdin,), name="input", daemon=True).start()
        while True:
            event = self._backend.events.get()
            if isinstance(event, SessionEnded):
                return 1 if self._failed else 0
            self._print(self._face.lines(event))
            self._react(event)

    def _react(self, event: Event) -> None:
        if isinstance(event, RoomJoined) and not self._joined_once:
            self._joined_once = True
            if self._config.speaker_on:
                self._backend.submit(SetSpeaker(on=True))
            if self._config.microphone_on:
                self._backend.submit(SetMicrophone(on=True))
        if isinstance(event, RoomLeft) and event.retry_in is None:
            self._failed = True  # a wrong address, a changed broker: trying again by itself would not help
            self._backend.submit(Quit())

    def _read(self, stdin: TextIO) -> None:
        while line := stdin.readline(_LINE_CHARACTERS):
            try:
                asked = self._face.command(line)
            except BadLine as error:
                self._print([self._face.complaint(str(error))])
                continue
            if isinstance(asked, list):
                self._print(asked)
            elif asked is not None:
                self._backend.submit(asked)
        self._backend.submit(Quit())  # the other side has closed: nobody is left to speak for

    def _print(self, lines: list[str]) -> None:
        with self._write:
            try:
                for line in lines:
                    self._stdout.write(line + "\n")
                self._stdout.flush()
            except BrokenPipeError:
                self._backend.submit(Quit())
                sys.stderr.close()  # the interpreter would complain about the same pipe at exit
