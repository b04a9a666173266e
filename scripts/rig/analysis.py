"""What became of a sound between mouth and ear: when it came, and how like itself it was. Arrays in, numbers out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import numpy as np
import soxr
from pystoi import stoi
from scipy.signal import correlate, find_peaks, hilbert

from scripts.rig.signals import RATE, Sound, chirp

_SAID: Final = 0.85  # how like a chirp its place in the mouth's track must be, 0..1
_HEARD: Final = 0.5  # and in the ear's, after a codec
_LONGEST: Final = 0.85  # seconds: beyond it the next chirp is said
_APART: Final = 0.5
_STRETCH: Final = 0.4  # seconds of speech that are looked for by themselves

NO_PESQ: Final = "Without PESQ: it needs the package pesq (pip install pesq, which needs a C compiler)."


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds from mouth to ear, of the chirps that were heard."""

    said: int
    heard: int
    median: float
    p5: float
    p95: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How like the speech is to itself: PESQ (1..4.64, wide band; None without the library) and STOI (0..1)."""

    pesq: float | None
    stoi: float
    lag_ms: float


class Silent(Exception):
    """Nothing came through."""


def delays(mouth: Sound, ear: Sound) -> Delays:
    """Find each chirp in both. Raises `Silent`."""
    pattern = chirp()
    likeness, _ = _match(mouth, pattern)
    said, _ = find_peaks(likeness, height=_SAID, distance=int(_APART * RATE))
    likeness, strength = _match(ear, pattern)
    window = int(_LONGEST * RATE)
    found = []
    count = 0
    for begin in said:
        if begin + window > strength.size:
            break
        count += 1
        place = begin + int(np.argmax(strength[begin : begin + window]))
        if likeness[place] >= _HEARD:
            found.append((place - begin) / RATE * 1_000)
    if not found:
        raise Silent("no chirp was heard")
    return Delays(count, len(found), *(round(float(np.percentile(found, share)), 2) for share in (50, 5, 95)))


def speech_delays(said: Sound, heard: Sound) -> list[float]:
    """Milliseconds that each loud stretch of 0.4 s was under way. `heard` begins with what was said, and goes on."""
    size, reach = int(_STRETCH * RATE), int(_LONGEST * RATE)
    loud = float(np.sqrt(np.mean(said**2)))
    found = []
    for begin in range(0, min(said.size, heard.size - reach) - size, size):
        part, window = said[begin : begin + size], heard[begin : begin + size + reach]
        if np.sqrt(np.mean(part**2)) > loud / 2 and window.any():
            found.append(int(np.argmax(np.abs(correlate(window, part, "valid", method="fft")))) / RATE * 1_000)
    return found


def quality(said: Sound, heard: Sound) -> Quality:
    """Judge `heard`, which begins with or before what was said and lasts longer. Raises `Silent`."""
    if float(np.sqrt(np.mean(heard**2))) < 1e-4:
        raise Silent("no speech was heard")
    lag = int(np.argmax(np.abs(correlate(heard, said, "valid", method="fft"))))
    part = heard[lag : lag + said.size]
    likeness = float(stoi(said, part, RATE))
    return Quality(_pesq(said, part), round(likeness, 4), round(lag / RATE * 1_000, 2))


def breaks(tone: Sound) -> float:
    """Breaks a minute in a steady tone of 997 Hz: its amplitude falls under half, or its phase jumps, for 2 ms."""
    step = RATE // 500
    turned = tone * np.exp(-2j * np.pi * 997.0 * np.arange(tone.size) / RATE)
    parts = turned[: turned.size // step * step].reshape(-1, step).mean(axis=1)
    loud = np.flatnonzero(np.abs(parts) > 0.02)
    if loud.size < 500:
        raise Silent("no tone was heard")
    parts = parts[loud[0] + 100 : loud[-1] - 100]
    soft = np.abs(parts) < 0.5 * np.median(np.abs(parts))
    jumps = np.concatenate([[False], np.abs(np.angle(parts[1:] * np.conj(parts[:-1]))) > 0.35])
    broken = np.flatnonzero(soft | jumps)
    events = 0 if not broken.size else 1 + int(np.sum(np.diff(broken) > 15))  # within 30 ms it is the same one
    return float(round(60 * events / (parts.size * 0.002), 1))


def can_tell_pesq() -> bool:
    """Whether the library for it is here."""
    return find_spec("pesq") is not None


def spread(values: Sequence[float]) -> str:
    """Median, least and most of several runs."""
    return f"{np.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def _match(sound: Sound, pattern: Sound) -> tuple[Sound, Sound]:
    """How like the pattern each place is (0..1), and how strong."""
    strength = np.abs(hilbert(correlate(sound, pattern, "valid", method="fft")))
    energy = np.concatenate([[0.0], np.cumsum(sound**2)])
    local = np.sqrt(np.maximum(energy[pattern.size :] - energy[: -pattern.size], 0.0))
    whole = float(np.sqrt(np.sum(pattern**2)))
    audible = local > 1e-4 * whole
    return np.where(audible, strength / np.maximum(local * whole, 1e-12), 0.0), strength


def _pesq(said: Sound, heard: Sound) -> float | None:
    try:
        from pesq import NoUtterancesError, pesq
    except ImportError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return round(float(pesq(16_000, *(soxr.resample(one, RATE, 16_000) for one in (said, heard)), "wb")), 3)
        except NoUtterancesError as error:
            raise Silent("PESQ finds no speech") from error
