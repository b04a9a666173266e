"""`secure-chat-broker status` of a broker process: what it says, and when there is none."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from broker.engine.embedded import FILE
from broker.local_line import PORT_FILE, SOCKET_FILE
from broker.status import Counters
from common import messages
from tests.integration.broker_process import PATIENCE, ROOT, BrokerProcess, RawClient

ROOM = b"r" * 16


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the broker's to its end."""
    return subprocess.run(
        [sys.executable, "-m", "broker", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=ROOT,
        check=False,
    )


def status(broker: BrokerProcess) -> dict[str, Any]:
    """What it says to programs."""
    ended = command("status", "--json", "--data", str(broker.folder / "data"))
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def test_numbers_after_known_traffic(tmp_path: Path) -> None:
    # Would catch a number that is not what it is called.
    with BrokerProcess(tmp_path) as broker, RawClient(broker) as ann, RawClient(broker) as ben:
        ann.join(ROOM)
        ben.join(ROOM)
        ben.listen()
        for number in range(5):
            ann.send(messages.Post(b"token %d" % number))
            ben.expect(messages.Posted, seq=number + 1)
        ann.send(messages.Signal(b"token", None))
        ben.expect(messages.Signalled)
        ben.send(messages.Signal(b"token", b"??"))
        ben.ping()
        told = status(broker)
        assert (told["rooms"], told["members"], told["listeners"]) == (1, 2, 1)
        assert told["kept"]["posts"] == 5
        assert told["kept"]["rooms"] == 1
        assert told["kept"]["bytes"] > 0
        assert told["kept"]["trouble"] == ""
        expected = {**Counters(joins=2, posts=5, signals=2, signals_dropped=1).as_dict()}
        assert {name: count for name, count in told["counters"].items() if name in expected} == expected
        outside = {name: count for name, count in told["counters"].items() if name not in expected}
        assert {"cut_sends_too_much", "cut_no_handshake", "keys_turned_away"} < outside.keys()
        assert not any(outside.values())
        assert told["ports"] == {name: getattr(broker, name).port for name in ("control", "voice", "banner")}
        assert told["rates"]["posts"] == pytest.approx(5 / told["rates"]["seconds"], rel=0.2)
        people = command("status", "--data", str(broker.folder / "data"))
        assert "2 in 1 room, 1 listening" in people.stdout
        assert ROOM.hex() not in people.stdout
        assert ROOM.decode() not in people.stdout
        assert stat.S_IMODE((tmp_path / "data" / SOCKET_FILE).stat().st_mode) == 0o600
        assert broker.stop() == (0, "")
        assert not (tmp_path / "data" / SOCKET_FILE).exists()


def test_no_broker_and_a_killed_one(tmp_path: Path) -> None:
    # Would catch a traceback, a wait for the dead, and a broker that cannot start over what another left.
    data = str(tmp_path / "data")
    ended = command("status", "--data", data)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    with BrokerProcess(tmp_path) as broker:
        broker.kill()
        assert (tmp_path / "data" / SOCKET_FILE).exists()
        ended = command("status", "--data", data)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
        broker.start()
        assert status(broker)["members"] == 0


def test_storage_that_has_failed(tmp_path: Path) -> None:
    # Would catch a broker that says all is well while it refuses every line.
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / FILE).write_bytes(b"not a database")
    with BrokerProcess(tmp_path) as broker:
        assert "not a database" in status(broker)["kept"]["trouble"]
        assert broker.stop() == (0, "")


def test_a_command_typed_wrong() -> None:
    # Would catch a broker that starts where a question was meant.
    ended = command("status", "--port", "1")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)


def test_a_folder_that_others_write(tmp_path: Path) -> None:
    # Would catch a broker that refuses to relay because it cannot be asked how it is.
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)
    with BrokerProcess(tmp_path) as broker:
        assert command("status", "--data", str(data)).returncode == 1
        assert broker.stop() == (0, "")
    assert "chmod 700" in broker.log.read_text(encoding="utf-8").encode("ascii").decode("unicode_escape")


def test_hostile_programs_on_this_computer(tmp_path: Path) -> None:
    # Would catch a loop that waits for the local socket, and a broker that can be talked to death through it.
    with BrokerProcess(tmp_path) as broker, RawClient(broker) as ann, ExitStack() as stack:
        ann.join(ROOM)
        for number in range(1_000):
            caller = stack.enter_context(socket.socket(socket.AF_UNIX))
            caller.connect(str(tmp_path / "data" / SOCKET_FILE))
            with suppress(OSError):  # it may have had to go for the next ones
                caller.sendall((b"", b"\xff" * 100, b"secure-chat-broker 1 - stat", b"\n" * 1_000)[number % 4])
            if number % 100 == 0:
                ann.ping()
        told = status(broker)
        assert (told["members"], told["counters"]["malformed"]) == (1, 0)
        ann.ping()
        assert broker.stop() == (0, "")


def test_a_data_folder_that_lies_deep(tmp_path: Path) -> None:
    # Would catch a broker that cannot be asked where a Unix socket finds no place: it takes a loopback port.
    deep = tmp_path / ("d" * 100)
    with BrokerProcess(deep) as broker:
        port_file = deep / "data" / PORT_FILE
        assert stat.S_IMODE(port_file.stat().st_mode) == 0o600
        assert status(broker)["members"] == 0
        broker.kill()
        assert command("status", "--data", str(deep / "data")).returncode == 1
        broker.start()
        assert status(broker)["members"] == 0
        assert broker.stop() == (0, "")
        assert not port_file.exists()
