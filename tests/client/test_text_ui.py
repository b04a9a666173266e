"""The text client's loop: a backend that is only two queues, and streams that end, break and overflow."""

from __future__ import annotations

import io
import json
import queue
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO, cast

import pytest
from msgspec import structs

from client import console, text_ui
from client.commands import AskStats, Command, Connect, MarkSeen, Quit, SendText, SetMicrophone, SetSpeaker
from client.config import Config
from client.console import Streams
from client.events import (
    BrokerChanged,
    BrokerMet,
    Clash,
    Event,
    KeyRemembered,
    Part,
    Person,
    ProblemReported,
    RoomJoined,
    RoomLeft,
    SessionEnded,
    StatsReported,
    TextQueued,
    TextReceived,
    TextStored,
)
from client.json_face import JsonFace
from client.memory import Memory
from client.terminal_face import TerminalFace
from client.text_ui import TextUI
from client.trust import ANSWERS, QUESTION, Answer
from client.visited import Visit, Visited
from common.address import Address
from common.invite import Invite

_JOINED = RoomJoined("m0", (Person("s0", "m0", "Me", own=True),), "otter lamp")


_MET = BrokerMet("a-b-c-d", False, str(Invite(Address("host", 9090), bytes(32), 9091, 9092, None)))


class Backend:
    """Lets everybody in, keeps every line, answers every question, ends on `Quit`: as the network thread does."""

    def __init__(self, *happening: Event, stores: bool = True) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.asked: list[Command] = []
        self._happening = happening
        self._stores = stores

    def submit(self, command: Command) -> None:
        self.asked.append(command)
        for event in self._answers(command):
            self.events.put(event)

    def _answers(self, command: Command) -> Iterable[Event]:
        match command:
            case Connect():
                return self._happening
            case SendText(text):
                stored = [TextStored(text, 1)] if self._stores else []
                return [TextQueued(text, text, 0.0), *stored]
            case AskStats():
                return [StatsReported({"texts": len(self.asked)})]
            case Quit():
                return [SessionEnded()]
            case _:
                return []


class Waiting:
    """Standard input that nobody writes to, until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def readline(self, _size: int = -1) -> str:
        self.released.wait(30)
        return ""


class Broken:
    """A stream whose other end has gone."""

    def readline(self, _size: int = -1) -> str:
        raise OSError("input/output error")

    def writelines(self, _lines: Iterable[str]) -> None:
        raise BrokenPipeError


def config(*, microphone_on: bool = False, speaker_on: bool = False) -> Config:
    return Config("json", "host", "Me", "phrase", Path(), True, microphone_on, speaker_on, False, None)


def memory_of(path: Path | None, keys: dict[str, str], *, wanted: bool = True) -> Memory:
    return Memory(
        Visited(path),
        wanted=lambda: wanted,
        keep_key=lambda visit, key: keys.update({visit.room: key}),
        forget_key=lambda _visit: keys.clear(),
    )


def nothing_kept() -> Memory:
    return memory_of(None, {}, wanted=False)


def streams(stdin: object, stdout: object = None) -> Streams:
    return Streams(cast("TextIO", stdin), cast("TextIO", stdout or io.StringIO()))


def run(stdin: object, *happening: Event, asked: Config | None = None) -> tuple[int, Backend, list[str]]:
    backend, stdout = Backend(*happening), io.StringIO()
    streams = Streams(cast("TextIO", stdin), stdout)
    code = TextUI(asked or config(), backend, JsonFace(), streams, nothing_kept(), accept_weak_phrase=True).run()
    streams.close()
    return code, backend, stdout.getvalue().splitlines()


def names(lines: list[str]) -> list[str]:
    return [json.loads(line)["event"] for line in lines]


def test_commands_go_down_and_the_end_of_input_ends_the_program() -> None:
    code, backend, written = run(io.StringIO('{"do":"speaker","on":true}\n\n{"do":"say","text":"hi"}'), _JOINED)
    assert code == 0
    assert backend.asked[:4] == [
        Connect("host", "Me", "phrase", accept_weak_phrase=True),
        SetSpeaker(on=True),
        SendText("hi"),
        AskStats(),  # my own: answered only after all before it was obeyed
    ]
    assert set(backend.asked[4:]) == {Quit()}
    assert names(written) == ["joined", "sent"]  # and not the answer to a question that nobody asked


def test_a_question_at_the_end_of_the_input_is_answered() -> None:
    _, _, written = run(io.StringIO('{"do":"stats"}\n{"do":"stats"}\n'), _JOINED)
    assert names(written) == ["joined", "stats", "stats"]


def test_bad_lines_and_questions_are_answered_at_once() -> None:
    _, backend, written = run(io.StringIO('nonsense\n{"do":"members"}\n'), _JOINED)
    assert sorted(names(written)) == ["error", "joined", "members"]
    assert backend.asked[1] == AskStats()


def test_quit() -> None:
    stdin = Waiting()
    backend = Backend(_JOINED)
    backend.events.put(SessionEnded())
    ui = TextUI(config(), backend, JsonFace(), streams(stdin), nothing_kept(), accept_weak_phrase=False)
    assert ui.run() == 0
    assert backend.asked == [Connect("host", "Me", "phrase")]
    stdin.released.set()


def test_a_line_that_nobody_stores_and_a_room_that_nobody_opens_are_waited_for_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text_ui, "_LAST_SECONDS", 0.01)
    assert run(io.StringIO('{"do":"say","text":"hi"}'))[0] == 1  # never let in
    backend = Backend(_JOINED, stores=False)
    said = streams(io.StringIO('{"do":"say","text":"hi"}'))
    ui = TextUI(config(), backend, JsonFace(), said, nothing_kept(), accept_weak_phrase=True)
    assert ui.run() == 0  # it waits in the outbox for the next run


def test_an_endless_line_is_one_bad_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (console, text_ui):
        monkeypatch.setattr(module, "LINE_CHARACTERS", 20)
    # What stands behind the first piece is somebody's text and must not be obeyed.
    hostile = "x" * 20 + '{"do":"quit"}'.ljust(20) + '{"do":"quit"}\n'
    _, backend, written = run(io.StringIO(hostile), _JOINED)
    assert sorted(names(written)) == ["error", "joined"]
    assert "too long" in "".join(written)
    assert backend.asked[1] == AskStats()
    # One that just fits is a line, with its line break or without.
    assert run(io.StringIO('{"do":"stats"}     \n'), _JOINED)[1].asked[1:3] == [AskStats(), AskStats()]
    assert "too long" in "".join(run(io.StringIO("x" * 20), _JOINED)[2])


def test_a_room_that_cannot_be_had_ends_the_program() -> None:
    stdin = Waiting()
    code, backend, written = run(stdin, RoomLeft("lost", 1.0), RoomLeft("the key has changed", None))
    stdin.released.set()
    assert code == 1
    assert names(written) == ["disconnected", "disconnected"]
    assert backend.asked == [Connect("host", "Me", "phrase", accept_weak_phrase=True), Quit()]


class Answering:
    """Answers the question about a changed broker, one line after another, as soon as it is asked."""

    def __init__(self, *answers: str) -> None:
        self.written: list[str] = []
        self._answers = answers
        self._asked = threading.Semaphore(0)

    def read(self, told: Callable[[str], None]) -> None:
        for answer in self._answers or [""]:
            assert self._asked.acquire(timeout=30)
            if self._answers:  # else the terminal was closed
                told(answer)
        if self._answers:
            threading.Event().wait(30)

    def write(self, lines: list[str]) -> None:
        self.written += lines
        if QUESTION[0] in lines or ANSWERS[Answer.AGAIN] in lines:
            self._asked.release()

    def close(self) -> None:
        pass


CHANGED = BrokerChanged("host:9090", "a-b-c-d", "e-f-g-h", bytes(32), Clash.BROKER_AND_PIN)
TURNED_AWAY = (ProblemReported(Part.SERVER, "key_changed", "STOP."), CHANGED, RoomLeft("could not connect", None))


@pytest.mark.parametrize("answers", [("",), ("yes", ""), ("a b c d",), ("/quit",), ()])
def test_nobody_is_let_in_by_another_answer_than_the_new_words(answers: tuple[str, ...]) -> None:
    # Would catch a "yes" that trusts a changed broker, and a question that keeps a closed terminal open.
    backend, console = Backend(*TURNED_AWAY), Answering(*answers)
    ui = TextUI(config(), backend, TerminalFace(), console, nothing_kept(), accept_weak_phrase=False, can_ask=True)
    assert ui.run() == 1
    assert [type(command) for command in backend.asked if not isinstance(command, AskStats)] == [Connect, Quit]
    assert any("a-b-c-d" in line for line in console.written)


def test_the_new_words_trust_the_new_key() -> None:
    backend, console = Backend(*TURNED_AWAY), Answering("hello?", "E F G H", "/quit")
    ui = TextUI(config(), backend, TerminalFace(), console, nothing_kept(), accept_weak_phrase=False, can_ask=True)
    assert ui.run() == 1  # it is as before: this backend turns everybody away
    assert backend.asked[1] == Connect("host", "Me", "phrase", compared_key=bytes(32))


def test_programs_are_not_asked() -> None:
    # Would catch a script that waits for ever at a question.
    code, backend, written = run(Waiting(), *TURNED_AWAY)
    assert (code, names(written)) == (1, ["error", "disconnected"])
    assert json.loads(written[0])["code"] == "key_changed"
    assert backend.asked[1:] == [Quit()]


def test_toggles_that_were_asked_for_are_set_once() -> None:
    stdin = Waiting()
    _, backend, _ = run(
        stdin, _JOINED, _JOINED, RoomLeft("over", None), asked=config(microphone_on=True, speaker_on=True)
    )
    stdin.released.set()
    # Set again at each reconnection, they would undo what the person has switched off meanwhile.
    assert backend.asked[1:] == [SetSpeaker(on=True), SetMicrophone(on=True), Quit()]


def test_what_was_printed_is_seen() -> None:
    line = TextReceived("p1", "m1", "Ann", "hello", 1, 0.0, own=False, late=True)
    mine = TextReceived("p2", "m0", "Me", "hello Ann", 2, 0.0, own=True, late=False)
    stdin = Waiting()
    _, backend, written = run(stdin, _JOINED, line, mine, RoomLeft("over", None))
    stdin.released.set()
    assert backend.asked[1:] == [MarkSeen("p1"), Quit()]
    assert names(written) == ["joined", "text", "text", "disconnected"]


def test_a_list_of_servers_that_is_found_broken_is_told(tmp_path: Path) -> None:
    # would catch: the other servers are gone, without a word
    path = tmp_path / "servers.json"
    path.write_text("[{")
    memory = memory_of(path, {})
    backend, written = Backend(_MET, _JOINED, RoomLeft("over", None)), io.StringIO()
    stdin = Waiting()
    ui = TextUI(config(), backend, TerminalFace(), streams(stdin, written), memory, accept_weak_phrase=False)
    assert ui.run() == 1
    stdin.released.set()
    assert written.getvalue().count("servers.json.broken") == 1
    assert [visit.server for visit in Visited(path).all()] == ["host:9090"]


class Typing:
    """Types each line when what is waited for has been written."""

    def __init__(self, *script: tuple[str, str]) -> None:
        self.written: list[str] = []
        self._script = script
        self._changed = threading.Condition()

    def read(self, told: Callable[[str], None]) -> None:
        for wanted, line in self._script:
            with self._changed:
                while wanted not in "\n".join(self.written):
                    assert self._changed.wait(30), self.written
            told(line)

    def write(self, lines: list[str]) -> None:
        with self._changed:
            self.written += lines
            self._changed.notify_all()

    def close(self) -> None:
        pass


def test_a_key_is_remembered_and_forgotten_by_words(tmp_path: Path) -> None:
    # would catch: a word that is said to the room, a key that is kept unasked, or stays when it is to go
    backend, kept = Backend(_MET, _JOINED), []

    def keep(visit: Visit, key: str) -> None:
        kept.append((visit.room, key))
        backend.events.put(KeyRemembered(visit.server, visit.room, on=True))

    def forget(visit: Visit) -> None:
        kept.remove((visit.room, "phrase"))
        backend.events.put(KeyRemembered(visit.server, visit.room, on=False))

    memory = Memory(Visited(tmp_path / "servers.json"), wanted=lambda: True, keep_key=keep, forget_key=forget)
    console = Typing(
        ("Nobody else is here", "/remember"),
        ("is in your system's keyring now", "/forget"),
        ("is not in the keyring any more", "/remember"),
    )
    ui = TextUI(config(), backend, TerminalFace(), console, memory, accept_weak_phrase=False)
    assert ui.run() == 0
    assert kept == [("otter lamp", "phrase")]
    assert not any(isinstance(command, SendText) for command in backend.asked)
    assert [visit.room for visit in Visited(tmp_path / "servers.json").all()] == ["otter lamp", ""]


def test_a_key_that_cannot_be_kept_is_told() -> None:
    console = Typing(("Nobody else is here", "/remember"), ("remember_servers", "/quit"))
    ui = TextUI(config(), Backend(_MET, _JOINED), TerminalFace(), console, nothing_kept(), accept_weak_phrase=False)
    assert ui.run() == 0


def test_with_the_flag_the_key_is_kept_when_the_room_is_joined(tmp_path: Path) -> None:
    keys: dict[str, str] = {}
    asked = structs.replace(config(), remember_key=True)
    for backend, then in ((Backend(RoomLeft("wrong", None)), {}), (Backend(_MET, _JOINED), {"otter lamp": "phrase"})):
        memory = memory_of(tmp_path / "servers.json", keys)
        face, quiet = TerminalFace(), streams(io.StringIO("/quit\n"))
        TextUI(asked, backend, face, quiet, memory, accept_weak_phrase=False).run()
        assert keys == then


def test_a_terminal_that_was_closed_ends_the_program_quietly() -> None:
    assert run(Broken(), _JOINED)[0] == 0
    stdin, backend = Waiting(), Backend(_JOINED)
    ui = TextUI(config(), backend, JsonFace(), streams(stdin, Broken()), nothing_kept(), accept_weak_phrase=True)
    assert ui.run() == 0
    assert Quit() in backend.asked
    stdin.released.set()
