"""The client as a process whose streams are closed, broken or no UTF-8."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_NOWHERE = ("--server", "127.0.0.1:9")


def start(
    *arguments: str, folder: Path, stdin: int | None = None, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """Without `stdin` and `stdout` the process has none at all, as where a desktop starts it."""
    environment = {name: value for name, value in os.environ.items() if name != "SECURE_CHAT_KEY"}
    command = [sys.executable, "-m", "client", *arguments, "--state-dir", str(folder)]
    if stdin is None:
        command = ["sh", "-c", 'exec "$@" <&- >&-', "sh", *command]
    return subprocess.Popen(command, cwd=_ROOT, env=environment, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)


@pytest.mark.skipif(os.name == "nt", reason="descriptors of Unix")
def test_streams_that_are_closed_or_not_utf8_bring_no_traceback(tmp_path: Path) -> None:
    silent = ("--json", *_NOWHERE, "--mic", "none", "--speaker", "none", "--key-file", "-")
    reading, writing = os.pipe()
    os.close(reading)
    processes = [
        start(*silent, folder=tmp_path / "1", stdin=subprocess.PIPE, stdout=writing),
        start("--forget-broker", "host", folder=tmp_path / "2"),
        start(*silent, folder=tmp_path / "3", stdin=subprocess.PIPE, stdout=subprocess.PIPE),
    ]
    os.close(writing)
    inputs = [b'key\n\xff\xfe\n{"do":"quit"}\n', None, b"k\xff\n"]
    errors = [process.communicate(given, timeout=60)[1] for process, given in zip(processes, inputs, strict=True)]
    assert errors[:2] == [b"", b""]
    assert errors[2].count(b"\n") == 1
    assert [process.returncode for process in processes] == [0, 0, 2]
