"""Which threads of a client take how much of a core, and what a fixed piece of Python takes at that time.

Machines differ, and so do hours of a shared one: the piece of Python is the measure by which runs can be compared.
`by_part` is pure; `seconds` reads what Linux tells.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

_TURNS: Final = 1_000_000
_LIBRARIES: Final = {"ZMQbg": "libzmq", "threaded-ml": "libpulse"}  # threads that say by their names whose they are
WHOLE, ZERO = "whole client, % of a core", "a million turns of Python's own loop, ms"
PARTS: Final = ("voice", "network", *_LIBRARIES.values(), "other threads")


def by_part(taken: Mapping[int, tuple[str, float]]) -> dict[str, float]:
    """Of threads (id → name, and what it took) the sums by part.

    Python gives its threads no names that the system knows: the busiest is the one of voice, the next that of the
    network.
    """
    parts = dict.fromkeys(PARTS, 0.0)
    nameless = []
    for name, used in taken.values():
        library = next((whose for begin, whose in _LIBRARIES.items() if name.startswith(begin)), None)
        if library is None:
            nameless.append(used)
        else:
            parts[library] += used
    voice, network, *others = *sorted(nameless, reverse=True), 0.0, 0.0
    return {**parts, "voice": voice, "network": network, "other threads": sum(others)}


def seconds(process: psutil.Process) -> dict[int, tuple[str, float]]:
    """Name and CPU time of each thread so far."""
    found = {}
    for thread in process.threads():
        with suppress(OSError):  # it has ended meanwhile
            name = Path(f"/proc/{process.pid}/task/{thread.id}/comm").read_text().strip()
            found[thread.id] = name, float(thread.user_time + thread.system_time)
    return found


def zero_point() -> float:
    """Milliseconds of CPU for a loop that is always the same."""
    begun, total = time.thread_time(), 0
    for number in range(_TURNS):
        total += number & 7
    return (time.thread_time() - begun) * 1_000
