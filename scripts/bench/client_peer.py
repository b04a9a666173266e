"""Mumble where `client_whole` has ours: one client on a card in memory hears so many others, and speaks itself."""

from __future__ import annotations

import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np
import psutil

from scripts.rig.mumble import Someone, room
from scripts.rig.runs import cpu_seconds, speech
from scripts.rig.signals import RATE, Sound
from scripts.rig.sound_card import SoundCard

MUMBLE: Final = "Mumble, % of a core"
_SETTLE: Final = 5.0  # seconds, as for ours


def mumble_s_share(talkers: int, seconds: float, period: int = 480) -> dict[str, float]:
    """What Mumble's client takes of a core, in percent, at its default settings. Raises `NotReady`."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rig-")))
        card_folder = folder / "card"
        card_folder.mkdir()
        card = stack.enter_context(SoundCard(card_folder, period=period))
        others = (Someone(f"Talker{number}", "B", speaks=True) for number in range(1, talkers + 1))
        ids = stack.enter_context(room([Someone("Ann", "A", speaks=True), *others], {}, card, folder))
        threads = [
            threading.Thread(target=card.play, args=[end, _long(_SETTLE + seconds + 1.0)], daemon=True) for end in "AB"
        ]
        for thread in threads:
            thread.start()
        time.sleep(_SETTLE)
        process = psutil.Process(ids["Ann"])
        begun, before = time.monotonic(), cpu_seconds(process)
        time.sleep(seconds)
        used, took = cpu_seconds(process) - before, time.monotonic() - begun
        for thread in threads:
            thread.join()
    return {MUMBLE: 100 * used / took}


def _long(seconds: float) -> Sound:
    said = speech()
    return np.tile(said, round(seconds * RATE / said.size) + 1)[: round(seconds * RATE)]
