"""How long clients need to be back in their room after a broker that died is ready again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_LONG: Final = 2.0  # seconds: whoever was given more and is not back counts with what it was given


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to a moment, seconds on one clock: a broker from ready to dead, a client from start to dead."""

    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Stay:
    """One life of a client, and when it was let into the room."""

    life: Span
    joined: Sequence[float]


def returns(brokers: Iterable[Span], stays: Sequence[Stay]) -> list[float]:
    """Seconds from a broker's being ready to a client's being in the room, for all that had been in it before.

    Whoever died, or lost the broker again, before it could be back is left out.
    """
    found = []
    for broker in brokers:
        for stay in stays:
            if not any(moment < broker.begin < stay.life.end for moment in stay.joined):
                continue
            given = min(broker.end, stay.life.end) - broker.begin
            took = min((moment - broker.begin for moment in stay.joined if moment > broker.begin), default=given)
            if took < given or given > _LONG:
                found.append(min(took, given))
    return found
