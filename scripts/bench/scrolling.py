"""Somebody scrolls through a long conversation while others are heard: does the sound card starve?

The window as people run it, on an Xvfb of its own, a real wheel turned by xdotool, and a sound card in memory. Beside
it PulseAudio's own player keeps as much silence ready as the client keeps voice: what it misses is the machine's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Final

from scripts.bench.client_whole import Talk, talk
from scripts.bench.screen import own_screen
from scripts.bench.window_line import asked, told
from scripts.processes import start, stop
from scripts.rig.signals import RATE
from scripts.rig.sound_card import NotReady, missing
from scripts.setup.environment import ROOT

NEEDS: Final = {"Xvfb": "xvfb", "xdotool": "xdotool", "pacat": "pulseaudio-utils"}
_UP, _DOWN = "4", "5"  # the buttons of X that are a wheel turned
_PAUSE_MS: Final = 8  # between two turns: faster than fingers
_TURNS_A_LINE: Final = 1.3  # of the lines that the bench writes
_LOADED: Final = 4.0  # seconds: libraries are loaded, devices open, the room is joined
_PLACE: Final = ("300", "300")  # within the messages
_PLAYER_KEEPS: Final = ("--latency-msec=15", "--process-time-msec=5")  # PulseAudio makes 20 ms ready of it
_MISSED: Final = "Stream underrun"  # in the player's words


@dataclass(frozen=True, slots=True)
class Spell:
    """Gaps in what the client and the player gave the sound card, in how many seconds, and packets played."""

    client: int
    player: int
    seconds: float
    played: int


@dataclass(frozen=True, slots=True)
class Scrolled:
    """At rest, and while the window scrolled."""

    rest: Spell
    wheel: Spell


def scrolled(talkers: int, seconds: float, lines: int, period: int = 480) -> Scrolled:
    """Rest for so long, then scroll through so many lines. Raises `NotReady`, `NotStarted` or `NothingHeard`."""
    lacking = missing(NEEDS)
    if lacking:
        raise NotReady(lacking)
    with ExitStack() as stack:
        lasts = 1.5 * (seconds + lines * _TURNS_A_LINE * _PAUSE_MS / 1000) + _LOADED
        here = stack.enter_context(talk(talkers, lasts, period))
        screen = stack.enter_context(own_screen())
        window = stack.enter_context(_window(here, screen))
        missed = stack.enter_context(_player(here))
        here.begin()
        asked(window, f"lines {lines}")
        threading.Thread(target=_speak, args=[here, lasts], daemon=True).start()
        rest = _spell(window, missed, lambda: time.sleep(seconds))
        return Scrolled(rest, _spell(window, missed, lambda: _turn_the_wheel(screen, lines)))


def _spell(window: Popen[str], missed: Callable[[], int], happens: Callable[[], None]) -> Spell:
    before, missed_before, begun = _counters(window), missed(), time.monotonic()
    happens()
    after, missed_after, ended = _counters(window), missed(), time.monotonic()
    gaps = round(after["underflows"] - before["underflows"])
    return Spell(gaps, missed_after - missed_before, ended - begun, round(after["played"] - before["played"]))


def _speak(here: Talk, seconds: float) -> None:
    with suppress(subprocess.CalledProcessError):  # the card is gone: all is measured
        here.speak(seconds)


@contextmanager
def _player(here: Talk) -> Iterator[Callable[[], int]]:
    """Plays silence on the same card; how many gaps there were so far. Asked for it raises `NotReady` if it ended."""
    told_in = here.folder / "player.errors"
    command = ["pacat", "--playback", "--verbose", "--raw", f"--rate={RATE}", "--channels=1", "--device=earB"]
    own = here.card.environment() | {"LC_ALL": "C"}  # it speaks the user's language
    with Path("/dev/zero").open("rb") as silence, told_in.open("wb") as errors:
        player = subprocess.Popen([*command, *_PLAYER_KEEPS], env=os.environ | own, stdin=silence, stderr=errors)

        def missed() -> int:
            said = told_in.read_text(encoding="utf-8", errors="replace")
            if player.poll() is not None:
                raise NotReady(f"PulseAudio's player ended ({said.strip()})")
            return said.count(_MISSED)

        try:
            yield missed
        finally:
            player.terminate()
            player.wait()


@contextmanager
def _window(here: Talk, screen: str) -> Iterator[Popen[str]]:
    flags = ["--state-dir", str(here.folder / "Ann"), "--invite", here.link, "--name", "Ann", "--connect"]
    flags += ["--mic-on", "--speaker-on", "--transmit", "always"]
    own = {"DISPLAY": screen, "SECURE_CHAT_KEY": here.phrase, "XDG_RUNTIME_DIR": str(here.folder)}
    program = str(ROOT / "scripts/bench/window_person.py")
    window = start([sys.executable, program, *flags], own | here.card.environment("A"))
    try:
        told(window)
        time.sleep(_LOADED)
        yield window
    finally:
        stop(window)


def _turn_the_wheel(screen: str, lines: int) -> None:
    """From the newest line half of them up, and down again."""
    turns = round(lines * _TURNS_A_LINE / 2)
    for button in (_UP, _DOWN):
        command = ["xdotool", "mousemove", *_PLACE, "click", "--repeat", str(turns), "--delay", str(_PAUSE_MS), button]
        subprocess.run(command, env={"DISPLAY": screen, "PATH": "/usr/bin:/bin"}, check=True)


def _counters(window: Popen[str]) -> dict[str, float]:
    found: dict[str, float] = json.loads(asked(window, "stats"))
    return found
