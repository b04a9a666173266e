"""How a broker process starts and stops: its lines, exit codes, files."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from broker.__main__ import main
from common.address import Address
from common.banner import encode_key
from common.words import broker_words
from tests.integration.broker_process import PATIENCE, ROOT, BrokerProcess, read_banner, wait_for


def refused(*flags: str, **environment: str) -> str:
    """Start with these flags; it must end with code 2, and this one line on stderr."""
    ended = subprocess.run(
        [sys.executable, "-m", "broker", *flags],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, ""), ended
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_ready_line_then_what_people_need(tmp_path: Path) -> None:
    # Would catch a first line that programs cannot read, or an invite to another broker.
    with BrokerProcess(tmp_path, "--public-address", "chat.example.org") as broker:
        assert broker.words == broker_words(broker.key)
        lines = ""
        while "Stop with Ctrl+C" not in lines:
            line = broker.line()
            assert line, lines
            lines += line
        assert f"secure-chat://chat.example.org:{broker.control.port}/?k={encode_key(broker.key)}" in lines
        assert f"    {broker.control}\n" not in lines  # ports that the system chose are not side by side
        assert str(tmp_path / "data") in lines
        assert str(broker.log) in lines
        assert broker.stop() == (0, "")
    text = broker.log.read_text()
    assert "started" in text
    assert "stopped" in text
    key = tmp_path / "data" / "broker.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_environment_is_heard(tmp_path: Path) -> None:
    # Would catch variables that are documented and not read.
    log = tmp_path / "elsewhere.log"
    with BrokerProcess(tmp_path, environment={"SECURE_CHAT_ROOM_MEMBERS": "9", "SECURE_CHAT_LOG": str(log)}) as broker:
        assert broker.stop() == (0, "")
    assert not log.exists()  # the flag that the test gives wins


def test_taken_ports(tmp_path: Path) -> None:
    # Would catch a traceback, or a broker that runs without one of its ports.
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        shared = ("--host", "127.0.0.1", "--data", str(tmp_path), "--log", str(tmp_path / "all.log"))
        for flags in (("--port", port), ("--port", "0", "--voice-port", port), ("--port", "0", "--banner-port", port)):
            blamed = flags[-2]
            expected = f"Port {port} of 127.0.0.1 is taken by another program: choose another {blamed}.\n"
            assert refused(*shared, *flags) == expected


def test_hosts_of_others(tmp_path: Path) -> None:
    # Would catch a complaint about a port where the address is wrong.
    shared = ("--port", "0", "--data", str(tmp_path), "--log", str(tmp_path / "all.log"))
    assert refused("--host", "192.0.2.7", *shared) == "--host is “192.0.2.7”, which is no address of this machine.\n"


def test_bad_flags_and_variables() -> None:
    # Would catch a wrong value that is passed over, or explained by a traceback.
    assert "--port is “x”" in refused("--port", "x")
    assert "SECURE_CHAT_PORT is “70000”" in refused(SECURE_CHAT_PORT="70000")
    assert "--prot" in refused("--prot", "1")


def test_unusable_folders(tmp_path: Path) -> None:
    # Would catch a broker that starts with a key it cannot keep, or a log nobody finds.
    (tmp_path / "file").write_text("")
    (tmp_path / "data").mkdir()
    log = ("--log", str(tmp_path / "all.log"))
    assert "data folder" in refused("--data", str(tmp_path / "file" / "data"), *log)
    assert "log" in refused(
        "--data", str(tmp_path / "data"), "--log", str(tmp_path / "file" / "all.log"), "--port", "0"
    )


def test_damaged_or_open_key(tmp_path: Path) -> None:
    # Would catch a new key made in silence: every client would refuse it; or a key that others can read.
    flags = ("--data", str(tmp_path), "--log", str(tmp_path / "all.log"), "--port", "0")
    key = tmp_path / "broker.key"
    key.write_text("nonsense\n")
    key.chmod(0o600)
    assert "is damaged" in refused(*flags)
    key.chmod(0o644)
    assert "chmod 600" in refused(*flags)


def test_one_broker_each_folder(tmp_path: Path) -> None:
    # Would catch two brokers that number the same rooms.
    with BrokerProcess(tmp_path):
        assert "Another broker uses" in refused("--data", str(tmp_path / "data"), "--port", "0")


def test_dual_stack(tmp_path: Path) -> None:
    # Would catch `--host ::` that leaves IPv4 out.
    with BrokerProcess(tmp_path, "--host", "::") as broker:
        for host in ("127.0.0.1", "::1"):
            assert read_banner(Address(host, broker.banner.port)).key == broker.key
            for port in (broker.control.port, broker.voice.port):
                with socket.create_connection((host, port), PATIENCE):
                    wait_for(broker, f"connected member=- address={host}")


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_and_version(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    # Would catch a help text that argparse cannot print.
    with pytest.raises(SystemExit) as ended:
        main([flag])
    assert ended.value.code == 0
    assert "secure-chat-broker" in capsys.readouterr().out
