from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from broker import local_line, local_port
from broker.local_line import PORT_FILE, SOCKET_FILE, call, listen
from broker.local_port import CALLERS, LINE_BYTES, LocalPort
from common.errors import BadSetting, NotRunning

BOTH_WAYS = pytest.mark.parametrize("port", [True, False], indirect=True, ids=["unix", "loopback"])


@pytest.fixture
def port(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[LocalPort]:
    """A port in `tmp_path`, over a Unix socket or the loopback."""
    tmp_path.chmod(0o700)
    opened = LocalPort(tmp_path, lambda: b"all is well", unix=request.param)
    opened.start()
    yield opened
    opened.close()
    assert not opened.is_alive()
    assert list(tmp_path.iterdir()) == []


def connect(folder: Path) -> socket.socket:
    return local_line._reach(folder)[0]


def said(opened: socket.socket) -> bytes:
    """What comes until the other end closes."""
    answer = b""
    try:
        while part := opened.recv(4_096):
            answer += part
    except ConnectionResetError:
        pass
    return answer


@BOTH_WAYS
def test_a_call(port: LocalPort, tmp_path: Path) -> None:
    # Would catch an answer that is cut, a second caller who gets none, and a file that others may open.
    assert call(tmp_path) == call(tmp_path) == b"all is well"
    (file,) = tmp_path.iterdir()
    assert file.name == (SOCKET_FILE if port._listener.family == socket.AF_UNIX else PORT_FILE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@BOTH_WAYS
@pytest.mark.usefixtures("port")
@pytest.mark.parametrize("line", [b"\n", b"status\n", b"secure-chat-broker 1 x status\n", b"\xff" * LINE_BYTES, b""])
def test_anything_else_is_closed(tmp_path: Path, line: bytes) -> None:
    # Would catch an answer to who does not know the secret, and a line without end that is kept.
    with connect(tmp_path) as opened:
        opened.sendall(line)
        if not line:
            opened.shutdown(socket.SHUT_WR)
        assert said(opened) == b""
    assert call(tmp_path) == b"all is well"


@BOTH_WAYS
def test_a_line_in_pieces(port: LocalPort, tmp_path: Path) -> None:
    # Would catch a broker that takes what comes first for all.
    with connect(tmp_path) as opened:
        for byte in port._question:
            opened.sendall(bytes([byte]))
        assert said(opened) == b"all is well\n"


@BOTH_WAYS
def test_who_says_nothing_is_closed(port: LocalPort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a connection that stays for ever.
    monkeypatch.setattr(local_port, "PATIENCE", 0.05)
    with connect(tmp_path) as opened:
        opened.sendall(port._question[:-1])
        assert said(opened) == b""


@BOTH_WAYS
def test_a_thousand_silent_connections(port: LocalPort, tmp_path: Path) -> None:
    # Would catch a thread that holds them all, or waits for one: who asks after them is answered.
    with ExitStack() as stack:
        for _ in range(1_000):
            opened = stack.enter_context(connect(tmp_path))
            opened.settimeout(0.0)
            assert len(port._callers) <= CALLERS
        assert call(tmp_path) == b"all is well"


@BOTH_WAYS
def test_callers_who_do_not_wait(port: LocalPort, tmp_path: Path) -> None:
    # Would catch a thread that dies of a broken pipe.
    for _ in range(50):
        with connect(tmp_path) as opened:
            opened.sendall(port._question)
    assert call(tmp_path) == b"all is well"


def test_no_answer_now(tmp_path: Path) -> None:
    # Would catch an empty report taken for one.
    tmp_path.chmod(0o700)
    port = LocalPort(tmp_path, lambda: None)
    port.start()
    with pytest.raises(NotRunning, match="starting or stopping"):
        call(tmp_path)
    port.close()


@pytest.mark.parametrize("unix", [True, False])
def test_what_a_killed_broker_left(tmp_path: Path, unix: bool) -> None:
    # Would catch a broker that cannot start where one was killed, and a caller who waits for the dead one.
    tmp_path.chmod(0o700)
    listen(tmp_path, unix=unix).opened.close()
    with pytest.raises(NotRunning, match="No broker runs"):
        call(tmp_path)
    for way in (True, False):
        port = LocalPort(tmp_path, lambda: b"anew", unix=way)
        port.start()
        assert call(tmp_path) == b"anew"
        port.close()
    LocalPort(tmp_path, lambda: b"never started", unix=unix).close()


def test_a_path_that_is_too_long(tmp_path: Path) -> None:
    # Would catch a broker that cannot be asked because its folder lies deep.
    folder = tmp_path / ("x" * 100)
    folder.mkdir(mode=0o700)
    port = LocalPort(folder, lambda: b"deep")
    port.start()
    assert call(folder) == b"deep"
    assert port._listener.family == socket.AF_INET
    port.close()


def test_folders_that_do_not_do(tmp_path: Path) -> None:
    # Would catch a socket that others may replace by theirs, and a traceback.
    with pytest.raises(BadSetting, match="No local line"):
        listen(tmp_path / "none")
    tmp_path.chmod(0o777)
    with pytest.raises(BadSetting, match="chmod 700"):
        listen(tmp_path)
    with pytest.raises(NotRunning, match="No broker runs"):
        call(tmp_path)


@pytest.mark.parametrize("text", ["", "secure-chat-broker-port 1 70000 " + "x" * 43 + "\n", "\xff\n"])
def test_a_damaged_port_file(tmp_path: Path, text: str) -> None:
    # Would catch a traceback.
    (tmp_path / PORT_FILE).write_text(text)
    with pytest.raises(BadSetting, match="damaged"):
        call(tmp_path)


def test_somebody_else_at_the_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a caller that reads for ever, or waits for ever.
    opened = local_line._loopback(tmp_path / PORT_FILE, "x" * 43)

    def babble() -> None:
        caller, _ = opened.accept()
        with caller:
            try:
                while True:
                    caller.sendall(b"x" * 65_536)
            except OSError:
                pass

    babbler = threading.Thread(target=babble)
    babbler.start()
    with pytest.raises(NotRunning):
        call(tmp_path)
    babbler.join()
    monkeypatch.setattr(local_line, "_PATIENCE", 0.05)
    with pytest.raises(NotRunning, match="does not answer"):
        call(tmp_path)
    opened.close()


def test_a_folder_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch “no broker runs” where one does.
    def reach(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(local_line, "_reach", reach)
    with pytest.raises(BadSetting, match="not yours"):
        call(tmp_path)


@pytest.mark.parametrize("unix", [True, False])
def test_what_was_opened_is_closed_when_it_fails(tmp_path: Path, unix: bool) -> None:
    # Would catch a listener that stays open and nobody can find.
    make = local_line._unix if unix else lambda path: local_line._loopback(path, "x")
    with pytest.raises(OSError):  # noqa: PT011 - whatever the system says
        make(tmp_path / "none" / "file")


class Exhausted:
    """A listening socket of a process that may open nothing more."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def accept(self) -> None:
        raise self._error


@pytest.mark.parametrize("error", [OSError(24, "too many"), BlockingIOError()])
def test_no_descriptors_left(tmp_path: Path, error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a thread that ends, or spins.
    tmp_path.chmod(0o700)
    monkeypatch.setattr(local_port, "_PAUSE", 0.0)
    port = LocalPort(tmp_path, lambda: b"")
    with monkeypatch.context() as patch:
        patch.setattr(port, "_listener", Exhausted(error))
        port._accept(0.0)
    port.close()
