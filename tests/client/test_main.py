"""The command itself: exit codes, and one clear line for what is wrong."""

from __future__ import annotations

import io
import os
import signal
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import client.__main__ as program
from client import asking, network, safe
from client.asking import weak_phrase_meant
from client.commands import Command, Connect, Lanes, Quit, SetProcessing, Transmit, VoiceWish
from client.ctl import command as ctl
from client.ctl.line import Question, What
from client.ctl.place import running
from client.events import SessionEnded
from client.inbox import Inbox
from client.late import LateSession
from client.safe import Safe
from client.settings import Choices
from client.stays import Habits
from client.store import Store
from client.visited import Visit, Visited
from common.banner import decode_key
from tests.client.test_safe import MemoryRing

_NOWHERE = ("--server", "127.0.0.1:9")


class Network:
    """The network thread as the text client sees it: it ends at once."""

    last: Network

    def __init__(
        self,
        store: Store,
        inbox: Inbox,
        *,
        microphone: str,
        speaker: str,
        habits: Habits,
        transmit: Transmit,
        processing: SetProcessing,
        lanes: Lanes,
        voice: VoiceWish,
    ) -> None:
        self.events = inbox
        self.store, self.devices = store, (microphone, speaker)
        self.habits, self.transmit, self.processing, self.voice = habits, transmit, processing, voice
        self.lanes = lanes
        self.asked: list[Command] = []
        Network.last = self

    def start(self) -> None:
        self.events.put(SessionEnded())

    def submit(self, command: Command) -> None:
        self.asked.append(command)


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, what in before.items():
        signal.signal(number, what)


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No sockets, no key of the person who runs the tests, no input."""
    monkeypatch.setattr(network, "Network", Network)
    monkeypatch.setenv("SECURE_CHAT_KEY", "a-key")
    for place in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(place, str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def run(*arguments: str, folder: Path | None = None) -> int:
    return program.main([*arguments, *(() if folder is None else ("--state-dir", str(folder)))])


def test_a_text_session(tmp_path: Path) -> None:
    flags = ("--name", "Ann", "--mic", "none", "--speaker", "x.wav", "--no-receipts")
    assert run("--json", *_NOWHERE, *flags, folder=tmp_path) == 0
    last = Network.last
    assert last.asked[0] == Connect("127.0.0.1:9", "Ann", "a-key", accept_weak_phrase=True)
    assert last.devices == ("none", "x.wav")
    assert not last.habits.receipts
    assert last.habits.keep_log
    assert last.store.device_secret()
    last.store.close()
    assert "SECURE_CHAT_KEY" not in os.environ  # what this program starts does not get it


def test_settings_hold_where_no_flag_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.joinpath("settings.toml").write_text(
        'microphone = "none"\nspeaker = "s"\nreceipts = false\ncolour = 1\nvoice_mode = "slim"'
    )
    run("--text", *_NOWHERE, "--speaker", "none", folder=tmp_path)
    assert Network.last.devices == ("none", "none")
    assert not Network.last.habits.receipts
    assert Network.last.voice is VoiceWish.SLIM
    assert "“colour”" in capsys.readouterr().err
    Network.last.store.close()


def test_signals_leave_in_an_orderly_way(tmp_path: Path) -> None:
    run("--text", *_NOWHERE, folder=tmp_path)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.raise_signal(number)
    assert Network.last.asked[-2:] == [Quit(), Quit()]
    Network.last.store.close()


def test_a_person_at_a_terminal_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr(asking, "weak_phrase_meant", lambda config, pin: weak_phrase_meant(config, pin, _yes))
    run("--text", *_NOWHERE, "--name", "Ann", folder=tmp_path)
    assert Network.last.asked[0] == Connect("127.0.0.1:9", "Ann", "a-key", accept_weak_phrase=True)
    Network.last.store.close()


def test_a_damaged_list_of_servers_is_told_before_its_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # would catch: one who is always asked "Where to?" and is told only that the broker is missing
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    tmp_path.joinpath("servers.json").write_text("[{")
    assert run("--text", folder=tmp_path) == 2
    told, missing = capsys.readouterr().err.splitlines()
    assert "servers.json.broken" in told
    assert "--server" in missing


def test_a_remembered_key_is_taken_out_of_the_keyring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ring, terminal = MemoryRing(), io.StringIO()
    visit = Visit("127.0.0.1:9", "Ann", room="otter lamp")
    Safe(ring).keep(visit, "kept")
    Visited(tmp_path / "servers.json").remember(visit)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.delenv("SECURE_CHAT_KEY")
    monkeypatch.setattr(safe, "open_safe", lambda: Safe(ring))
    monkeypatch.setattr(asking, "weak_phrase_meant", lambda config, pin: weak_phrase_meant(config, pin, _yes))
    run("--text", *_NOWHERE, "--name", "Ann", folder=tmp_path)
    assert Network.last.asked[0] == Connect("127.0.0.1:9", "Ann", "kept", accept_weak_phrase=True)
    Network.last.store.close()
    tmp_path.joinpath("settings.toml").write_text("remember_servers = false")
    assert run("--text", *_NOWHERE, "--remember-key", folder=tmp_path) == 2
    assert "remember_servers" in capsys.readouterr().err


def _yes(_question: str) -> str:
    return "yes"


@pytest.mark.parametrize("error", [KeyboardInterrupt, EOFError])
def test_leaving_at_a_question(error: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise error

    monkeypatch.setattr(program, "read_config", interrupt)
    assert run() == 130


def test_the_window_gets_what_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []

    def run_window(session: LateSession, opening: object, choices: Choices, painted: Callable[[], None]) -> int:
        opened.append((opening, choices.now.echo))
        painted()
        assert session.events.get() == SessionEnded()
        return 0

    app = types.ModuleType("client.ui.app")
    app.__dict__.update(Opening=lambda *fields: (*fields[:6], fields[7].all()), run_window=run_window)
    monkeypatch.setitem(sys.modules, "client.ui.app", app)
    tmp_path.joinpath("settings.toml").write_text("echo = false")
    assert run(*_NOWHERE, "--name", "Ann", "--connect", "--speaker-on", folder=tmp_path) == 0
    assert opened == [(("127.0.0.1:9", "Ann", "a-key", True, False, True, ()), False)]
    Network.last.store.close()


@pytest.mark.parametrize(("flags", "name"), [((), "Ann H."), (("--name", "Bea"), "Bea")])
def test_the_window_begins_where_one_was_last(
    flags: tuple[str, ...], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # would catch: a window that does not open for one who was somewhere before, ctl with another name than the form
    begun: list[tuple[object, ...]] = []

    def run_window(_session: object, opening: tuple[object, ...], *_: object) -> int:
        (path,) = running(tmp_path / "secure-chat")
        begun.append((*opening[:2], ctl.ask(path, Question(What.STATUS)).name))
        return 0

    app = types.ModuleType("client.ui.app")
    app.__dict__.update(Opening=lambda *fields: fields, run_window=run_window)
    monkeypatch.setitem(sys.modules, "client.ui.app", app)
    Visited(tmp_path / "servers.json").remember(Visit("home.example:9090", "Ann H."))
    assert run(*flags, folder=tmp_path) == 0
    assert begun == [("home.example:9090", name, name)]


@pytest.mark.parametrize(("missing", "is_told"), [("tkinter", True), ("zmq_of_another_name", False)])
def test_a_python_without_windows_says_so(
    missing: str, is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Finder:
        """Finds the window's module and fails in it as a missing package does."""

        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "client.ui.app":
                raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.delitem(sys.modules, "client.ui.app", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    if is_told:
        assert run(folder=tmp_path) == 2
        assert "--text" in capsys.readouterr().err
    else:
        with pytest.raises(ModuleNotFoundError):  # a broken installation is no user's fault
            run(folder=tmp_path)


def test_further_clients_get_profiles_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_PROFILES", 2)
    stores = []
    for _ in range(2):
        monkeypatch.setenv("SECURE_CHAT_KEY", "a-key")
        assert run("--json", *_NOWHERE) == 0
        stores.append(Network.last.store)
    assert stores[0].device_secret() != stores[1].device_secret()
    assert (tmp_path / "secure-chat" / "profile-2" / "state.sqlite3").exists()
    monkeypatch.setenv("SECURE_CHAT_KEY", "a-key")
    assert run("--json", *_NOWHERE) == 2
    for store in stores:
        store.close()


def test_a_named_folder_that_is_in_use_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(tmp_path)
    assert run("--json", *_NOWHERE, folder=tmp_path) == 2
    assert "Another Secure Chat" in capsys.readouterr().err
    store.close()


def test_forgetting_a_broker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(tmp_path)
    store.set_pin("host:9090", bytes(32))
    store.close()
    tmp_path.joinpath("servers.json").write_text("[{")
    assert run("--forget-broker", "Host", folder=tmp_path) == 0
    assert run("--forget-broker", "host:9090", folder=tmp_path) == 0
    assert run("--forget-broker", "a b", folder=tmp_path) == 2
    said = capsys.readouterr()
    assert said.out.splitlines() == ["The key of Host:9090 is forgotten.", "No key was known for host:9090."]
    note, wrong = said.err.splitlines()
    assert "servers.json.broken" in note
    assert wrong.startswith("secure-chat: --forget-broker: ")


def test_showing_the_lasting_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Would catch a host who lets in a key that is another the next time.
    for _ in range(2):
        assert run("--show-key", folder=tmp_path) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert len(decode_key(first)) == 32


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json",),
        ("--json", "--server", "h:x"),
        ("--json", *_NOWHERE, "--key-file", "/dev/null/no"),
        ("--json", *_NOWHERE, "--state-dir", "/dev/null/no"),
        ("--text", *_NOWHERE, "--name", "\u202e"),
    ],
)
def test_what_the_caller_did_wrong_is_one_line_and_code_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("secure-chat: ")
    assert said.err.count("\n") == 1
