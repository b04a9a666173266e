"""Flags of the scripts. No script may get as far as installing or starting something here."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from scripts.bench.flags import read_flags
from scripts.flags import Flags, port
from scripts.setup.environment import ROOT


def run(script: str, *flags: str, bare: bool = False) -> subprocess.CompletedProcess[str]:
    """A script with nobody at the keyboard; `bare`: in a Python that has the standard library only."""
    return subprocess.run(
        [sys.executable, *(["-S"] if bare else []), str(ROOT / "scripts" / script), *flags],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        env={**os.environ, "SECURE_CHAT_SETUP_DONE": "1", "PYTHONUTF8": "1", "DISPLAY": "", "WAYLAND_DISPLAY": ""},
        check=False,
    )


@pytest.mark.parametrize("script", ["start.py", "test.py", "bench_voice_latency.py"])
def test_help_needs_nothing_installed(script: str) -> None:
    # Would catch a question that is answered by a minute of installing.
    asked = run(script, "--help", bare=True)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert f"python3 scripts/{script}" in asked.stdout


@pytest.mark.parametrize(
    ("flags", "named", "bare"),
    [
        (("--port", "abc"), "--port", True),
        (("--port", ""), "--port", True),
        (("--banner-port", "65536"), "--banner-port", True),
        (("--nonsense",), "--nonsense", True),
        (("--host", "example.org"), "--host is “example.org”", False),
        (("--port", "7", "--voice-port", "7"), "name the same port", False),
        (("--demo", "--name", " "), "--name", False),
    ],
)
def test_wrong_flags_start_nothing(flags: tuple[str, ...], named: str, bare: bool) -> None:
    # Would catch a demo that runs and ends well although what was asked for makes no sense.
    ended = run("start.py", *flags, bare=bare)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1
    assert named in ended.stderr


@pytest.mark.parametrize("text", ["0", "9090", "65535"])
def test_ports(text: str) -> None:
    # Would catch a port that the broker takes and the scripts refuse.
    assert port(text) == text


@pytest.mark.parametrize("text", ["", "-1", "65536", "٣", "1" * 5_000])
def test_no_ports(text: str) -> None:
    # Would catch a wrong port that is found out only after everything was installed.
    with pytest.raises(ArgumentTypeError, match="no port"):
        port(text)


def test_one_line_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    # Would catch a usage text of many lines in front of the one that matters, and flags that are guessed.
    with pytest.raises(SystemExit) as ended:
        Flags("what it does").parse_args(["--hel"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "Unrecognized arguments: --hel. See --help.\n"


@pytest.mark.parametrize(
    "flags",
    ["--listeners 0", "--talkers 499", "--processes 0", "--rate 111", "--payload 7", "--seconds 0.5"],
)
def test_a_bench_that_cannot_be(flags: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a bench that fails in the middle.
    monkeypatch.setattr(sys, "argv", ["bench", *flags.split()])
    with pytest.raises(SystemExit) as ended:
        read_flags(None)
    assert ended.value.code == 2


def test_a_bench_that_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a flag that is lost on its way.
    monkeypatch.setattr(sys, "argv", ["bench", "--listeners", "3", "--json", "figures.json"])
    given = read_flags(None)
    assert (given.listeners, given.talkers, given.json) == (3, 2, Path("figures.json"))
