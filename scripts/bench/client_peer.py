"""Mumble where `client_whole` has ours: one client on a card in memory hears so many others, and speaks itself."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from typing import Final

import numpy as np
import psutil

from scripts.bench.client_whole import SETTLE
from scripts.rig.mumble import Someone, room
from scripts.rig.runs import cpu_seconds, speech
from scripts.rig.signals import RATE
from scripts.rig.sound_card import own_card

MUMBLE: Final = "Mumble, % of a core"


def mumble_s_share(talkers: int, seconds: float, period: int = 480) -> dict[str, float]:
    """What Mumble's client takes of a core, in percent, at its default settings. Raises `NotReady`."""
    with ExitStack() as stack:
        folder, card = stack.enter_context(own_card(period))
        others = (Someone(f"Talker{number}", "B", speaks=True) for number in range(1, talkers + 1))
        ids = stack.enter_context(room([Someone("Ann", "A", speaks=True), *others], {}, card, folder))
        said = np.resize(speech(), round((SETTLE + seconds + 1.0) * RATE))
        threads = [threading.Thread(target=card.play, args=[end, said], daemon=True) for end in "AB"]
        for thread in threads:
            thread.start()
        time.sleep(SETTLE)
        process = psutil.Process(ids["Ann"])
        begun, before = time.monotonic(), cpu_seconds(process)
        time.sleep(seconds)
        used, took = cpu_seconds(process) - before, time.monotonic() - begun
        for thread in threads:
            thread.join()
    return {MUMBLE: 100 * used / took}
