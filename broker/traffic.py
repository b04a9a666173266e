"""What one connection sends, takes and makes us hold, judged from numbers of bytes. Pure.

The kernel tells what it has received and what the peer has acknowledged; the broker tells what it has taken as
messages and what it has given to be sent. The differences wait inside libzmq, which bounds neither: a message
whose parts never end, and messages for a peer that acknowledges a byte now and then.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from broker.quota import Bucket
from common import limits
from common.kernel import Kernel

HELD_BYTES: Final = 8_388_608  # that wait for one connection: two bursts of pages
HELD_BYTES_NETWORK: Final = 67_108_864  # and for all connections of one address
UNFINISHED_BYTES: Final = 2_097_152  # received and not yet a message: four seconds of the largest posts at the quota
UNFINISHED_PER_SECOND: Final = 1_024.0  # heartbeats, which nobody but libzmq sees, take a tenth


_FLOOD: Final = "sends too much"
_ENDLESS: Final = "does not end its messages"
_HOLDS: Final = "takes too little of what is sent to it"
_STALLED: Final = "takes nothing of what is sent to it"
REASONS: Final = (_FLOOD, _ENDLESS, _HOLDS, _STALLED)


@dataclass(slots=True)
class Traffic:
    """What the broker has taken from a connection as messages and given to it, bytes, envelopes included."""

    taken: int = 0
    given: int = 0


class Holdings:
    """What is held for all connections, by network."""

    def __init__(self) -> None:
        self._bytes: Counter[str] = Counter()

    def __getitem__(self, network: str) -> int:
        return self._bytes[network]

    def add(self, network: str, size: int) -> None:
        """So much more, or less."""
        self._bytes[network] += size
        if not self._bytes[network]:
            del self._bytes[network]


class Scale:
    """Weighs one connection: `rate` bytes a second may come in, `burst` at once."""

    def __init__(self, network: str, rate: float, burst: float, holdings: Holdings, now: float) -> None:
        self._network = network
        self._holdings = holdings
        self._sending = Bucket(rate, burst, now)
        self._unfinished = Bucket(UNFINISHED_PER_SECOND, UNFINISHED_BYTES, now)
        self._kernel = Kernel(0, 0, 0)
        self._taken = 0
        self._idle_at = (0, 0)  # given and acknowledged when nothing waited for it
        self._held = 0
        self._moved = now  # when the other end last took something, or nothing waited

    def came(self, kernel: Kernel) -> int:
        """How many bytes it has sent since it was last weighed."""
        return kernel.received - self._kernel.received

    def weigh(self, kernel: Kernel, traffic: Traffic | None, now: float) -> str:
        """Why this connection has to go, empty: it may stay. `traffic` is None where nobody counts messages."""
        if not kernel.waiting or kernel.acked != self._kernel.acked:
            self._moved = now
        sent = self.came(kernel)
        self._kernel = kernel
        if not self._sending.take(now, sent):
            return _FLOOD
        if traffic is not None:
            taken, self._taken = traffic.taken - self._taken, traffic.taken
            if not self._unfinished.take(now, sent - taken):
                return _ENDLESS
            if self._holds_too_much(kernel, traffic.given):
                return _HOLDS
        if now - self._moved >= limits.BEHIND_SECONDS:
            return _STALLED
        return ""

    def gone(self) -> None:
        """The connection has ended: nothing is held for it."""
        self._hold(0)

    def _holds_too_much(self, kernel: Kernel, given: int) -> bool:
        if not kernel.waiting:
            self._idle_at = given, kernel.acked  # anew each time: what libzmq adds to messages is not known to the byte
        given_then, acked_then = self._idle_at
        self._hold(max(0, given - given_then - (kernel.acked - acked_then)))
        return self._held > HELD_BYTES or self._holdings[self._network] > HELD_BYTES_NETWORK

    def _hold(self, held: int) -> None:
        self._holdings.add(self._network, held - self._held)
        self._held = held
