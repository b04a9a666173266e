"""The whole program with its window, as people start it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.gui.window import PATIENCE
from tests.integration.broker_process import ROOT


def test_what_is_loaded_after_the_first_paint_works(screen: str, tmp_path: Path) -> None:
    # would catch: a window whose session never begins, and commands that are lost meanwhile
    environment = {**os.environ, "DISPLAY": screen, "XDG_RUNTIME_DIR": str(tmp_path), "SECURE_CHAT_KEY": "a key"}
    silent = ("--mic", "none", "--speaker", "none", "--state-dir", str(tmp_path), "--name", "Ann", "--mic-on")
    window = subprocess.Popen([sys.executable, "-m", "client", *silent], cwd=ROOT, env=environment)
    try:
        found = ["xdotool", "search", "--sync", "--onlyvisible", "--class", "SecureChat"]
        subprocess.run(found, env=environment, check=True, timeout=PATIENCE, capture_output=True)
        # It answers only when the microphone, which was asked for at the beginning, is on.
        said = subprocess.run(
            [sys.executable, "-m", "client", "ctl", "mic", "on"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert (said.returncode, said.stdout) == (0, "Microphone on.\n")
    finally:
        window.kill()
        window.wait(PATIENCE)
