"""What a client that is killed leaves of its recording."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import soundfile


def test_a_killed_program_leaves_a_valid_file(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    program = f"""
import os
from pathlib import Path
from client.voice.device import silence
from client.voice.wav_device import WavSpeaker
speaker = WavSpeaker(Path({str(path)!r}), 0.0)
for _ in range(150):
    speaker.write(silence())
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[2], timeout=60)
    assert soundfile.info(path).frames == 100 * 480
