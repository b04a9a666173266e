"""Both ends of ctl over a real socket: a client that runs, and the command that reaches it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from client.commands import Command, HoldToTalk, SetMicrophone, SetSpeaker, Transmit
from client.ctl import command, place
from client.ctl import listener as listening
from client.ctl.line import How, Question, What, encode
from client.ctl.listener import Listener
from client.ctl.standing import Standing
from client.events import MicrophoneChanged, Part, ProblemReported, RoomJoined, SpeakerChanged
from client.inbox import Inbox

Run = Callable[..., tuple[int, str, str]]


class Session:
    """Obeys at once; it has no speaker."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.asked: list[Command] = []
        self.mode = Transmit.VOICE

    def submit(self, asked: Command) -> None:
        self.asked.append(asked)
        if isinstance(asked, SetMicrophone):
            self.inbox.put(MicrophoneChanged(asked.on, "m"))
        if isinstance(asked, SetSpeaker):
            self.inbox.put(ProblemReported(Part.SPEAKER, "x", "There is no speaker."))


class Silent(Session):
    """Its devices never open."""

    def __init__(self) -> None:
        super().__init__()
        self.was_asked = threading.Event()

    def submit(self, asked: Command) -> None:
        self.asked.append(asked)
        self.was_asked.set()


def reached(folder: Path, session: Session, name: str = "Ann", state_dir: str = "/s") -> Listener:
    return Listener(folder, Standing(name, state_dir), session.inbox, session.submit, lambda: session.mode)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session()
    listener = reached(tmp_path, made)
    listener.start()
    with closing(listener):
        yield made


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_it(*arguments: str) -> tuple[int, str, str]:
        code = command.run(list(arguments), tmp_path)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run_it


def test_switching(session: Session, run: Run) -> None:
    assert run("mic", "on") == (0, "Microphone on.\n", "")
    assert run("talk", "toggle") == (0, "Not talking.\n", "")
    session.mode = Transmit.PUSH
    assert run("talk", "on") == (0, "Talking.\n", "")
    assert run("talk", "off") == (0, "Not talking.\n", "")
    asked = [SetMicrophone(True), SetMicrophone(False), SetMicrophone(True), HoldToTalk(True), HoldToTalk(False)]
    assert session.asked == asked
    assert run("speaker", "toggle") == (1, "", "secure-chat ctl: There is no speaker.\n")
    session.inbox.put(SpeakerChanged(True))
    assert run("speaker", "on")[:2] == (0, "Speaker on.\n")


def test_status(session: Session, run: Run) -> None:
    code, said, _ = run("status")
    assert (code, said.splitlines()[0]) == (0, "Ann, in no room.")
    session.inbox.put(RoomJoined("m", (), "otter lamp"))
    assert "otter lamp" in run("status")[1]
    assert json.loads(run("status", "--json")[1])["room_words"] == "otter lamp"


def test_the_name_of_the_form_is_told_and_chosen_by(tmp_path: Path, run: Run) -> None:
    listener = reached(tmp_path, Session())
    listener.start()
    with closing(listener):
        listener.named("Bea")
        assert run("status")[1].startswith("Bea, in no room.")
        assert run("mic", "on", "--name", "Bea")[0] == 0
        assert run("mic", "on", "--name", "Ann")[0] == 1


def test_which_of_several(session: Session, run: Run, tmp_path: Path) -> None:
    assert run("mic", "on", "--name", "Ann", "--state-dir", "/s")[0] == 0
    for arguments in (("--name", "Bob"), ("--state-dir", "/elsewhere"), ("--name", "Bob", "--state-dir", "/s")):
        code, _, told = run("mic", "on", *arguments)
        assert code == 1
        assert arguments[1] in told
    # One that was killed, and one that does not answer as we do: passed over, the first also cleared away.
    dead, listener = tmp_path / "1.ctl", socket.socket(socket.AF_UNIX)
    listener.bind(str(dead))
    listener.close()
    assert run("mic", "off")[0] == 0
    assert not dead.exists()
    assert len(session.asked) == 2


def test_nobody_there(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("talk", "on") == (
        1,
        "",
        "secure-chat ctl: no Secure Chat of yours runs with a window or in a terminal: start one first.\n",
    )
    monkeypatch.setattr(command, "_alive", lambda folder: iter([(folder / "gone.ctl", ANSWERED)]))
    assert "not answered" in run("talk", "on")[2]
    monkeypatch.setattr(command, "make_folder", _refuse)
    assert run("talk", "on")[2] == "secure-chat ctl: not here\n"
    monkeypatch.setattr(command, "UNIX", False)
    assert "Unix sockets" in run("talk", "on")[2]
    for wrong in (["talk"], ["dance"], ["talk", "loud"], []):
        with pytest.raises(SystemExit):
            command.run(wrong, tmp_path)


ANSWERED = Standing("Ann", "/s").answer(Question(What.STATUS), Transmit.VOICE, on=False)


def _refuse(_folder: Path) -> None:
    raise place.NoPlace("not here")


def test_what_is_no_question_is_not_answered(session: Session, tmp_path: Path) -> None:
    (path,) = place.running(tmp_path)
    for said in (b"", b"nonsense\n", b"x" * 5_000, encode(Question(What.TALK, How.ON))[:-1]):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(20)
            caller.connect(str(path))
            caller.sendall(said)
            caller.shutdown(socket.SHUT_WR)
            assert _rest(caller) == b""
    assert session.asked == []


def _rest(caller: socket.socket) -> bytes:
    try:
        return caller.recv(100)
    except ConnectionResetError:  # it has not read all that was said
        return b""


def test_other_users_are_not_answered(session: Session, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for end in (command, listening):
        with monkeypatch.context() as patch:
            patch.setattr(end, "is_mine", lambda _: False)
            assert run("mic", "on")[0] == 1
    assert session.asked == []


def test_the_end_of_the_client_ends_the_wait_for_a_device(tmp_path: Path) -> None:
    # would catch: a window that stays for seconds because a sound device hangs
    silent = Silent()
    listener = reached(tmp_path, silent)
    listener.start()
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(listener.path))
        caller.sendall(encode(Question(What.MICROPHONE, How.ON)))
        assert silent.was_asked.wait(20)
        listener.close()
        assert b"in time" in caller.recv(1_000)
    assert place.running(tmp_path) == []


def test_a_socket_that_breaks_ends_the_thread(tmp_path: Path) -> None:
    listener = reached(tmp_path, Session())
    listener._listener.close()
    listener.run()
    listener.close()
