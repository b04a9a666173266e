"""Flags of the scripts as processes. No script may get as far as installing or starting something here."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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


@pytest.mark.parametrize(
    "script", ["start.py", "test.py", "bench_voice_latency.py", "bench_client.py", "bench_echo.py", "bench_window.py"]
)
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
