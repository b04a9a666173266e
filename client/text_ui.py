"""The same session for a terminal (`--text`) and for programs (`--json`); no tkinter anywhere near.

One thread reads lines from a console, the main thread waits for events and writes. What lines and events look
like is decided by a face.
"""

from __future__ import annotations

import queue
import threading
from typing import Final, Protocol

from client.commands import AskStats, Command, Connect, MarkSeen, Quit, SetMicrophone, SetSpeaker
from client.config import Config
from client.console import LINE_CHARACTERS, Console, is_cut
from client.events import (
    BrokerChanged,
    Event,
    RoomJoined,
    RoomLeft,
    SessionEnded,
    StatsReported,
    TextQueued,
    TextReceived,
    TextRefused,
    TextStored,
)
from client.faces import BadLine, Face, KeyWish
from client.memory import Memory, NothingToRemember
from client.trust import ANSWERS, QUESTION, Answer, answer_of
from client.visited import NotKept

_LAST_SECONDS: Final = 10.0  # for what was said before the end of input


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
        self,
        config: Config,
        backend: Backend,
        face: Face,
        console: Console,
        memory: Memory,
        *,
        accept_weak_phrase: bool,
        can_ask: bool = False,
    ) -> None:
        """`can_ask`: a person reads and answers, who may be asked about a broker whose key has changed."""
        self._config = config
        self._backend = backend
        self._face = face
        self._console = console
        self._memory = memory
        self._remembering = threading.Lock()  # who looks at the memory: both threads do
        self._accept_weak_phrase = accept_weak_phrase
        self._can_ask = can_ask
        self._changed: BrokerChanged | None = None  # the next lines are answers about this one
        self._joined_once = False
        self._failed = False
        self._unsettled: set[str] = set()  # my lines that the broker has not stored yet
        self._input_ended = False
        self._stats_asked = 0  # by lines of the input; counted by the reading thread only
        self._stats_answered = 0  # counted by the main thread only
        self._all_obeyed = False  # nothing of the input is under way to the network thread any more

    def run(self) -> int:
        """The exit code: 0 after `quit` or the end of input, 1 where the room could not be joined."""
        self._connect()
        threading.Thread(target=self._read, name="input", daemon=True).start()
        while True:
            event = self._backend.events.get()
            if isinstance(event, SessionEnded):
                return 1 if self._failed else 0
            if isinstance(event, StatsReported) and self._input_ended and self._stats_answered == self._stats_asked:
                self._all_obeyed = True  # the answer to my own question, the last one: see `_read`
            else:
                self._print(self._face.lines(event))
            self._react(event)
            if self._all_obeyed and self._joined_once and not self._unsettled:
                self._backend.submit(Quit())

    def _connect(self, compared_key: bytes | None = None) -> None:
        config = self._config
        request = Connect(config.server, config.name, config.phrase, self._accept_weak_phrase, compared_key)
        with self._remembering:
            self._memory.connecting(request, with_key=config.remember_key)
        self._backend.submit(request)

    def _remember(self, what: Event | KeyWish) -> None:
        said: list[str] = []
        with self._remembering:
            try:
                self._note(what)
            except (NotKept, NothingToRemember) as error:
                said = [str(error)]
            said += self._memory.take_notes()
        if said:
            self._print([self._face.complaint(sentence) for sentence in said])

    def _note(self, what: Event | KeyWish) -> None:
        if what is KeyWish.REMEMBER:
            self._memory.remember_key()
        elif what is KeyWish.FORGET:
            self._memory.forget_key()
        else:
            self._memory.receive(what)

    def _react(self, event: Event) -> None:
        self._remember(event)
        if isinstance(event, RoomJoined) and not self._joined_once:
            self._joined_once = True
            if self._config.speaker_on:
                self._backend.submit(SetSpeaker(on=True))
            if self._config.microphone_on:
                self._backend.submit(SetMicrophone(on=True))
        if isinstance(event, StatsReported):
            self._stats_answered += 1
        if isinstance(event, BrokerChanged) and self._can_ask and not self._input_ended:
            self._changed = event
        self._react_to_line(event)
        if isinstance(event, RoomLeft) and event.retry_in is None:
            self._stopped()

    def _stopped(self) -> None:
        """There will be no further attempt by itself."""
        if self._changed is not None:
            self._print(QUESTION)
        else:
            self._failed = True  # a wrong address, a changed broker: trying again by itself would not help
            self._backend.submit(Quit())

    def _react_to_line(self, event: Event) -> None:
        match event:
            case TextReceived(post=post, own=False):
                self._backend.submit(MarkSeen(post))  # it was printed
            case TextQueued(post):
                self._unsettled.add(post)
            case TextStored(post) | TextRefused(post):
                self._unsettled.discard(post)

    def _obey(self, line: str) -> None:
        if self._changed is not None:
            self._answer(self._changed, line)
            return
        try:
            asked = self._face.command(_whole(line))
        except BadLine as error:
            asked = [self._face.complaint(str(error))]
        if isinstance(asked, list):
            self._print(asked)
        elif isinstance(asked, KeyWish):
            self._remember(asked)
        elif asked is not None:
            self._stats_asked += isinstance(asked, AskStats)
            self._backend.submit(asked)

    def _answer(self, changed: BrokerChanged, line: str) -> None:
        """What was typed after the question about a broker whose key has changed."""
        self._print([ANSWERS[answer := answer_of(line, changed)]])
        if answer is Answer.AGAIN:
            return
        self._changed = None
        if answer is Answer.TRUST:
            self._connect(changed.key)
        else:
            self._failed = True
            self._backend.submit(Quit())

    def _read(self) -> None:
        self._console.read(self._obey)
        # The other side has closed. What it said still goes out (`echo hello | secure-chat --text …`), then we leave.
        self._input_ended = True
        if self._changed is not None:
            self._give_up()
        self._backend.submit(AskStats())  # answered after everything before it was obeyed
        patience = threading.Timer(_LAST_SECONDS, self._give_up)
        patience.daemon = True
        patience.start()

    def _give_up(self) -> None:
        self._failed = self._failed or not self._joined_once or self._changed is not None
        self._backend.submit(Quit())

    def _print(self, lines: list[str]) -> None:
        try:
            self._console.write(lines)
        except OSError:  # the reader of a pipe has gone, the terminal was closed
            self._backend.submit(Quit())


def _whole(line: str) -> str:
    if is_cut(line):
        raise BadLine(f"a line of over {LINE_CHARACTERS:,} characters is too long")
    return line
