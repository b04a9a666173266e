"""What is measured of a process again and again, and whether it grows. Pure but for `sample`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import psutil

_MEMORY_SHARE = 0.10  # of the early median: allocators keep what they once needed
_MEMORY_MIB = 3.0
_DESCRIPTORS = 8  # a reconnect may be under way
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a process: memory in MiB, descriptors, threads, seconds of CPU since its start."""

    memory: float
    descriptors: int
    threads: int
    cpu: float


def sample(process: psutil.Process) -> Sample:
    """Look at a process."""
    with process.oneshot():
        times = process.cpu_times()
        return Sample(
            process.memory_info().rss / 2**20, process.num_fds(), process.num_threads(), times.user + times.system
        )


def early_and_late(samples: Sequence[Sample]) -> tuple[Sample, Sample]:
    """The medians of the second and the last quarter: what is before the second is warming up."""
    quarter = max(1, len(samples) // 4)
    return _medians(samples[quarter : 2 * quarter]), _medians(samples[-quarter:])


def growth(name: str, samples: Sequence[Sample]) -> list[str]:
    """What has grown, in words; [] where all is flat."""
    early, late = early_and_late(samples)
    grown = []
    if late.memory > early.memory * (1 + _MEMORY_SHARE) + _MEMORY_MIB:
        grown.append(f"{name}: memory from {early.memory:.1f} to {late.memory:.1f} MiB")
    if late.descriptors > early.descriptors + _DESCRIPTORS:
        grown.append(f"{name}: descriptors from {early.descriptors} to {late.descriptors}")
    if late.threads > early.threads + _THREADS:
        grown.append(f"{name}: threads from {early.threads} to {late.threads}")
    return grown


def _medians(samples: Sequence[Sample]) -> Sample:
    return Sample(
        median(one.memory for one in samples),
        int(median(one.descriptors for one in samples)),
        int(median(one.threads for one in samples)),
        median(one.cpu for one in samples),
    )
