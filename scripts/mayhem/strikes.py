"""When which process dies: random moments from a seed. Pure.

A good part of the moments follows so soon on a start that the process dies while it opens its files, connects or
catches up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

OF_BROKER_WITH_CLIENT: Final = 0.2  # of the broker's strikes hit a client at the same moment
OF_CLIENT_AGAIN: Final = 0.3  # of the clients' strikes hit whoever has just been started again
_SOON: Final = 0.3  # of all strikes
_SOON_SECONDS: Final = (0.05, 1.2)  # a process is ready, or joined, after about half of that
_USUAL_SECONDS: Final = (0.5, 4.0)
_DOWN_SECONDS: Final = (0.0, 0.6)


@dataclass(frozen=True, slots=True)
class Strike:
    """Kill `after` so many seconds, then stay down for so many. `twin`: the case of the two shares above."""

    after: float
    down: float
    twin: bool


def strikes(random: Random, twins: float) -> Iterator[Strike]:
    """Strikes without end; a share of `twins` of them are twins."""
    while True:
        soon = random.random() < _SOON
        after = random.uniform(*(_SOON_SECONDS if soon else _USUAL_SECONDS))
        yield Strike(after, random.uniform(*_DOWN_SECONDS), random.random() < twins)
