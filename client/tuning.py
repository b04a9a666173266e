"""How loud somebody is heard, and whether at all. Pure.

Remembered by the key of the device, one for each room, and kept under a mark that only the room's keys make of it.
"""

from __future__ import annotations

import math
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

QUIETEST: Final = -20.0  # dB
LOUDEST: Final = 12.0


class Tuning(Struct, frozen=True):
    """What I have chosen for one person: louder or softer by so many dB, or not to be heard."""

    decibels: float = 0.0
    muted: bool = False

    @property
    def gain(self) -> float:
        """What samples are multiplied with; 0 for nobody that is heard."""
        return 0.0 if self.muted else 10.0 ** (self.decibels / 20.0)

    def louder(self, decibels: float) -> Tuning:
        """With this volume, kept in bounds; what is no number is none."""
        bounded = min(LOUDEST, max(QUIETEST, decibels)) if math.isfinite(decibels) else 0.0
        return replace(self, decibels=bounded)


class TuningStore(Protocol):
    """Where it is remembered, by the device's mark (32 bytes, `RoomKeys.device_mark`). Both
    may raise `LocalError`.
    """

    def tuning(self, mark: bytes) -> Tuning:
        """What was chosen, or nothing special."""
        ...

    def keep_tuning(self, mark: bytes, tuning: Tuning) -> None:
        """From now on."""
        ...


class Untuned:
    """Remembers nothing: for sessions without a disk."""

    def tuning(self, mark: bytes) -> Tuning:
        """Nothing special."""
        del mark
        return Tuning()

    def keep_tuning(self, mark: bytes, tuning: Tuning) -> None:
        """It holds for this stay."""
