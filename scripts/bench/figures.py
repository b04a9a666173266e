"""From what talkers and listeners noted to the figures of a run, and whether they mean anything. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Nanoseconds = npt.NDArray[np.int64]
_LATE_MS = 5.0  # a talker that sends later than this by its own clock (p99) is no steady load
_BUSY = 0.85  # of a core: more, and frames wait in the listener, not in the broker
_MACHINE_BUSY = 0.95


@dataclass(frozen=True, slots=True)
class Delays:
    """One-way delay from a talker's send to a listener's receive, milliseconds."""

    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The result of a run. Delays are None where nothing arrived."""

    delays: Delays | None
    sent: int
    expected: int  # deliveries: sent times listeners
    delivered: int
    lost: int
    broker_cpu_share: float  # of one core
    broker_us_per_delivery: float | None
    broker_kib_per_member: float
    lateness_p99_ms: float
    limits: tuple[str, ...]  # why the load generator, not the broker, may have set these figures


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured: stamps in ns, the broker's CPU seconds over `seconds`, what the others used."""

    sent: Nanoseconds
    lateness: Nanoseconds
    heard_sent: Nanoseconds
    delay: Nanoseconds
    window: tuple[int, int]  # only frames sent within it count: [from, to) in ns
    listeners: int
    planned: float  # frames that all talkers should send within the window
    seconds: float
    broker_cpu: float
    load_shares: Sequence[float]  # CPU of each load process, of one core
    machine_share: float  # CPU of everything on this machine, of all cores
    memory_per_member: float  # bytes

    def counted(self) -> Nanoseconds:
        """The delays of the frames that count."""
        return self.delay[_within(self.heard_sent, self.window)]


def delays_of(delay: Nanoseconds) -> Delays | None:
    """Percentiles of delays in ns; None for no delays."""
    if not len(delay):
        return None
    p50, p95, p99, most = (float(value) / 1e6 for value in np.percentile(delay, [50, 95, 99, 100]))
    return Delays(p50, p95, p99, most)


def figures_of(run: Run) -> Figures:
    """The figures of a run, of the frames within its window."""
    inside = _within(run.sent, run.window)
    sent, delivered = int(inside.sum()), len(run.counted())
    expected = sent * run.listeners
    late = float(np.percentile(run.lateness[inside], 99)) / 1e6 if sent else 0.0
    return Figures(
        delays=delays_of(run.counted()),
        sent=sent,
        expected=expected,
        delivered=delivered,
        lost=expected - delivered,
        broker_cpu_share=run.broker_cpu / run.seconds,
        broker_us_per_delivery=run.broker_cpu / delivered * 1e6 if delivered else None,
        broker_kib_per_member=run.memory_per_member / 1024,
        lateness_p99_ms=late,
        limits=_limits(run, sent, late),
    )


def by_second(run: Run) -> list[tuple[int, Delays]]:
    """The delays of each second of the window that has any, by its number from 0."""
    second = (run.heard_sent - run.window[0]) // 1_000_000_000
    inside = _within(run.heard_sent, run.window)
    found = []
    for number in np.unique(second[inside]):
        delays = delays_of(run.delay[inside & (second == number)])
        if delays:
            found.append((int(number), delays))
    return found


def _within(stamps: Nanoseconds, window: tuple[int, int]) -> npt.NDArray[np.bool_]:
    return (stamps >= window[0]) & (stamps < window[1])


def _limits(run: Run, sent: int, late: float) -> tuple[str, ...]:
    reasons = []
    if late > _LATE_MS:
        reasons.append(f"talkers sent late: p99 {late:.1f} ms behind their own clock")
    if sent < 0.99 * run.planned:
        reasons.append(f"talkers sent {sent} frames of {run.planned:.0f} planned")
    busiest = max(run.load_shares, default=0.0)
    if busiest > _BUSY:
        reasons.append(f"a load process used {busiest:.0%} of a core")
    if run.machine_share > _MACHINE_BUSY:
        reasons.append(f"the machine was busy: {run.machine_share:.0%} of all cores")
    return tuple(reasons)
