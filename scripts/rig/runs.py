"""One run: a program on a card, chirps and speech through it, what it took of the machine and of the wire."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import psutil
import soundfile
import soxr

from scripts.rig.analysis import Delays, Quality, delays, quality, speech_delays
from scripts.rig.link import Link, Network
from scripts.rig.programs import Place, Running, Setting, running
from scripts.rig.signals import RATE, Sound, chirps, speech_track
from scripts.rig.sound_card import SoundCard, own_card
from scripts.setup.environment import ROOT

_SPEECH: Final = ROOT / "tests/sounds/speech.wav"
_REACH: Final = int(0.9 * RATE)  # how late speech may come
_LOOK: Final = 0.1  # seconds
_PARTS: Final = 6  # of a long talk
_COUNTED: Final = ("played", "concealed", "late", "skipped", "discarded", "underflows")


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found. Delays in ms; CPU in shares of a core; memory in MiB; `load` of the machine before it."""

    program: str
    setting: str
    chirps: Delays
    speech_ms: tuple[float, ...]  # each loud stretch of the speech
    quality: tuple[Quality, ...]
    cpu: dict[str, float]
    memory: dict[str, float]
    load: float
    counters: dict[str, float] = field(default_factory=dict)  # of our listener, while this was measured
    estimate: float | None = None  # ours: what the listener itself takes the delay of the chirps for, ms
    # A null sink hands each period to who records when it begins, a card when it is over. Programs that reckon with a
    # card say so much more than is measured here.
    early_ms: float = 0.0
    meanwhile: tuple[float | None, ...] = ()  # ours, after a long talk: what the listener said in each sixth of it

    def as_dict(self) -> dict[str, object]:
        """For a file."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Stage:
    """A card, the program that runs on it, and the link between its ends, if there is one."""

    card: SoundCard
    running: Running
    link: Link | None


def speech() -> Sound:
    """The real speech that is said, at 48 kHz."""
    sound, rate = soundfile.read(_SPEECH)
    return np.asarray(soxr.resample(sound, rate, RATE), np.float64)


def run(
    setting: Setting, *, period: int, network: Network | None, count: int, times: int, minutes: float, seed: int
) -> list[Result]:
    """One result, or with `minutes` two: one at the beginning of a long talk, one at its end.

    Raises `Silent` where nothing came through, `NotReady` where something is missing.
    """
    early = period / RATE * 1_000
    with staged(setting, period, network, seed) as stage:
        found = [_measure(setting, stage, early, count, times, seed)]
        if minutes:
            begun = time.monotonic()
            _talk(stage.card, minutes)
            moments = np.linspace(begun, time.monotonic(), _PARTS + 1)
            after = replace(setting, name=f"{setting.name}, after {minutes:g} min of talk")
            measured = _measure(after, stage, early, count, times, seed + 1)
            told = stage.running.told()
            found.append(replace(measured, meanwhile=tuple(told_between(told, *part) for part in pairwise(moments))))
        return found


@contextmanager
def staged(
    setting: Setting, period: int, network: Network | None, seed: int, *, listener_near: bool = False
) -> Iterator[Stage]:
    """The program on a card. Who speaks is alone at the near end of the network, or who listens.

    Raises `NotReady` where something is missing.
    """
    with ExitStack() as stack:
        place, link = Place(), None
        if network is not None:
            link = stack.enter_context(Link(network, seed))
            ends = (link.far, link.near) if listener_near else (link.near, link.far)
            place = Place(*ends, link.far, link.far_address)
        folder, card = stack.enter_context(own_card(period))
        yield Stage(card, stack.enter_context(running(setting, card, place, folder)), link)


def _measure(setting: Setting, stage: Stage, early_ms: float, count: int, times: int, seed: int) -> Result:
    card, program = stage.card, stage.running
    load, counted = os.getloadavg()[0], program.counters()
    watched = {name: psutil.Process(pid) for name, pid in program.processes.items()}
    begun, before = time.monotonic(), {name: cpu_seconds(one) for name, one in watched.items()}
    heard = card.say("A", chirps(count, seed))
    took = time.monotonic() - begun
    estimate = told_between(program.told(), begun, begun + took)
    cpu = {name: round((cpu_seconds(one) - before[name]) / took, 4) for name, one in watched.items()}
    memory = {name: round(_memory(one), 1) for name, one in watched.items()}
    said, judged, late = speech(), [], []
    track, places = speech_track(said, times)
    spoken = card.say("A", track)
    begin = _begin(track, spoken["A mouth"])
    for where in places:
        first, last = begin + where.start, begin + where.stop
        mouth = spoken["A mouth"][first:last]
        ear = spoken["B ear"][first : last + _REACH]
        judged.append(quality(mouth, ear))
        late += speech_delays(mouth, ear)
    return Result(
        setting.program,
        setting.name,
        delays(heard["A mouth"], heard["B ear"]),
        tuple(round(one, 2) for one in late),
        tuple(judged),
        cpu,
        memory,
        round(load, 2),
        _since(counted, program.counters()),
        estimate,
        early_ms,
    )


def told_between(told: Sequence[tuple[float, float | None]], begin: float, end: float) -> float | None:
    """The median over this time of what was told, each until the next."""
    known = []
    for moment in np.arange(begin, end, _LOOK):
        before = [ms for arrived, ms in told if arrived <= moment]
        if before and before[-1] is not None:
            known.append(before[-1])
    return float(np.median(known)) if known else None


def _since(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, float]:
    return {name: now[name] - before[name] for name in _COUNTED if name in before}


def _talk(card: SoundCard, minutes: float) -> None:
    """Speech without end."""
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        card.say("A", speech_track(speech(), 8)[0])


def _begin(track: Sound, mouth: Sound) -> int:
    """Where in the recording the track begins."""
    size = 1 << (track.size + mouth.size - 1).bit_length()
    fits = np.fft.irfft(np.fft.rfft(mouth, size) * np.conj(np.fft.rfft(track, size)), size)
    return int(np.argmax(fits[: mouth.size]))


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def cpu_seconds(process: psutil.Process) -> float:
    """That it and its children have used."""
    return float(sum(sum(one.cpu_times()[:2]) for one in _family(process)))


def _memory(process: psutil.Process) -> float:
    return float(sum(one.memory_info().rss for one in _family(process))) / 2**20
