"""`secure-chat ctl` against a client that runs in a terminal, each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.integration.broker_process import ROOT
from tests.integration.client_process import PATIENCE

_CLIENT = (sys.executable, "-m", "client")


def test_a_global_key_reaches_the_client(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    environment["SECURE_CHAT_KEY"] = "acid acorn acre acts afar affix"

    def ctl(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*_CLIENT, "ctl", *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    assert ctl("status").returncode == 1
    client = subprocess.Popen(
        [*_CLIENT, "--text", "--server", "127.0.0.1:1", "--name", "Ann", "--mic", "none", "--speaker", "none"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert client.stdin is not None
    assert client.stdout is not None
    assert client.stdout.readline()  # it runs
    try:
        said = [ctl(*words) for words in (("talk", "toggle"), ("speaker", "on"), ("status", "--name", "Ann"))]
        assert [answer.returncode for answer in said] == [0, 0, 0]
        assert [answer.stdout for answer in said[:2]] == ["Talking.\n", "Speaker on.\n"]
        assert "Microphone on.\nTalking.\n" in said[2].stdout
    finally:
        client.stdin.write("/quit\n")
        client.stdin.close()
        client.stdout.read()
        client.stdout.close()
        client.wait(PATIENCE)
    assert list(tmp_path.joinpath("secure-chat").glob("*.ctl")) == []
