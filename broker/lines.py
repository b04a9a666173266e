"""The connections that something was heard from: whose key, which member, how much they may still ask.

Bounded: connections that have not joined are forgotten when quiet, and the oldest when there are too many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from broker.quota import Bucket, Strikes
from broker.rooms import Member
from common import limits

STRANGER_SECONDS: Final = 60.0  # how long a connection that has not joined is remembered
STRANGERS: Final = 20_000
REFUSALS_PER_SECOND: Final = 20.0  # who makes us refuse more than this is cut, as for malformed messages
REFUSALS_BURST: Final = 200  # an outbox that was sent at once
FLOOD_PER_SECOND: Final = 500.0  # voice frames beyond the quota that are dropped in silence; who sends more is cut
FLOOD_BURST: Final = 2_000  # what an honest talker's buffers may hold after a stall


@dataclass(slots=True, eq=False)
class Line:
    """One connection. `member` while it has joined; `further_of` while it is a further lane of one that has."""

    connection: bytes
    key: bytes
    address: str
    heard: float
    requests: Bucket
    refusals: Bucket
    flood: Bucket
    strikes: Strikes = field(default_factory=Strikes)
    member: Member | None = None
    further_of: Member | None = None

    @property
    def strange(self) -> bool:
        """Whether it is nobody's in a room."""
        return self.member is None and self.further_of is None


class Lines:
    """All of them, by connection."""

    def __init__(self) -> None:
        self._lines: dict[bytes, Line] = {}
        self.get = self._lines.get  # the voice path asks a hundred times a second for each talker

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Line]:
        return iter(tuple(self._lines.values()))

    def __getitem__(self, connection: bytes) -> Line:
        return self._lines[connection]

    def hear(self, connection: bytes, key: bytes, address: str, now: float) -> Line:
        """The line of a connection that something comes from, made at the first time."""
        line = self._lines.get(connection)
        if line is None:
            if len(self._lines) >= STRANGERS:
                self._forget_a_stranger()
            requests = Bucket(limits.CONTROL_PER_SECOND, limits.CONTROL_BURST, now)
            refusals = Bucket(REFUSALS_PER_SECOND, REFUSALS_BURST, now)
            flood = Bucket(FLOOD_PER_SECOND, FLOOD_BURST, now)
            line = self._lines[connection] = Line(connection, key, address, now, requests, refusals, flood)
        line.heard = now
        return line

    def forget(self, connection: bytes) -> Line | None:
        """The line of a connection that ends, if there is one."""
        return self._lines.pop(connection, None)

    def sweep(self, now: float) -> None:
        """Forget quiet strangers."""
        for line in self:
            if line.strange and now - line.heard >= STRANGER_SECONDS:
                del self._lines[line.connection]

    def _forget_a_stranger(self) -> None:
        for line in self._lines.values():
            if line.strange:
                del self._lines[line.connection]
                return
