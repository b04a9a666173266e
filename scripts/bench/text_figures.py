"""From the stamps of writers and readers to figures over repeated runs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from scripts.bench.figures import Delays, Nanoseconds, delays_of

_BUSY = 0.85  # of a core: more, and posts wait in the load generator, not in the broker
_MACHINE_BUSY = 0.95
_OFFERED = 0.98  # stored so much of what was offered: the broker could have taken more


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement: stamps in ns by post id, the delays of voice in ns, and what everybody used."""

    window: tuple[int, int]  # [from, to) in ns
    begun: Mapping[bytes, int]
    stored: Mapping[bytes, int]
    shown: Sequence[tuple[bytes, int]]
    offered: float  # posts a second; 0: less than the broker may take, on purpose
    refused: int
    voice: Nanoseconds
    broker_cpu: float  # of one core
    load_cpu: Sequence[float]  # of each load process, of one core
    machine_cpu: float  # of all cores


@dataclass(frozen=True, slots=True)
class TextFigures:
    """The result of one measurement. Delays are None where nothing was measured."""

    shown: Delays | None  # from writing a line to its being open at another client
    acknowledged: Delays | None  # from writing a line to its being known as stored
    voice: Delays | None
    stored_a_second: float
    refused: int
    broker_cpu: float
    limits: tuple[str, ...]  # why the load generator, not the broker, may have set these figures


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over repeated runs."""

    median: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        return f"{self.median:,.2f} ({self.lowest:,.2f} to {self.highest:,.2f})"


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    return Spread(median(values), min(values), max(values))


def text_figures(measured: Measured) -> TextFigures:
    """The figures of one measurement: of posts begun within its window; for the rate: stored within it."""
    first, last = measured.window
    counted = {post: begun for post, begun in measured.begun.items() if first <= begun < last}
    shown = [when - counted[post] for post, when in measured.shown if post in counted]
    known = [when - counted[post] for post, when in measured.stored.items() if post in counted]
    rate = sum(first <= when < last for when in measured.stored.values()) / ((last - first) / 1e9)
    return TextFigures(
        delays_of(np.array(shown, np.int64)),
        delays_of(np.array(known, np.int64)),
        delays_of(measured.voice),
        rate,
        measured.refused,
        measured.broker_cpu,
        _limits(measured, rate),
    )


def _limits(measured: Measured, rate: float) -> tuple[str, ...]:
    reasons = []
    busiest = max(measured.load_cpu, default=0.0)
    if busiest > _BUSY:
        reasons.append(f"a load process used {busiest:.0%} of a core")
    if measured.machine_cpu > _MACHINE_BUSY:
        reasons.append(f"the machine was busy: {measured.machine_cpu:.0%} of all cores")
    if measured.offered and rate > _OFFERED * measured.offered:
        reasons.append(f"no more than {measured.offered:,.0f} posts a second were offered")
    return tuple(reasons)
