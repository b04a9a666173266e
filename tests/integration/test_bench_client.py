"""The bench of a client's voice in a short form."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.integration.broker_process import ROOT


def test_every_part_of_the_voice_is_measured() -> None:
    # Would catch a part that was renamed or moved: its row would be zero.
    done = subprocess.run(
        [sys.executable, "scripts/bench_client.py", "--runs", "1", "--seconds", "1", "--talkers", "1,2", "--profile"],
        cwd=ROOT,
        env={**os.environ, "SECURE_CHAT_SETUP_DONE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    head, _, *rows = done.stdout.split("\n\n")[0].splitlines()
    assert head == "| µs for each 10 ms | 1 heard | 2 heard |"
    assert any(row.startswith("| together, each 10 ms at its time |") for row in rows)
    for row in rows:
        if row.startswith("| stretch |"):
            continue  # where all comes in time nothing has to be stretched
        assert float(row.split("|")[3].split()[0]) > 0, row
    assert "function calls" in done.stdout
