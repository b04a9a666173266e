"""How much anybody may ask of the broker: token buckets, fed with `now`.

A bucket holds `burst` tokens and gains `rate` a second; each request takes some. This file knows no clock,
no socket and nobody by name: what is counted is the caller's affair.
"""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from common import limits

_Key = TypeVar("_Key", bound=Hashable)
PAGE_BYTES_PER_SECOND: Final = 1_048_576.0  # a member that fetches and never reads must not fill our memory
PAGE_BYTES_BURST: Final = 4 * 1_048_576.0  # a newcomer's first screens come at once


def network_of(address: str) -> str:
    """Whose allowance an address counts against: itself, and for IPv6 its /64, all of which one host may use."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    return str(known.ipv4_mapped or ipaddress.ip_network((int(known) >> 64 << 64, 64)))


@dataclass(frozen=True, slots=True)
class Allowances:
    """What whoever runs this broker may set. Everything else is a constant of the protocol."""

    room_members: int = limits.ROOM_MEMBERS
    joins_per_minute_key: int = limits.JOINS_PER_MINUTE_KEY
    joins_per_minute_address: int = limits.JOINS_PER_MINUTE_ADDRESS


class Bucket:
    """Tokens that come at `rate` a second, up to `burst`. Starts full at `now`."""

    __slots__ = ("_at", "_burst", "_level", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._at = now

    def take(self, now: float, amount: float = 1.0) -> bool:
        """Take `amount` tokens if they are there. False: nothing was taken; see `wait`."""
        level = self._level + (now - self._at) * self._rate
        self._level = level = min(level, self._burst)
        self._at = now
        if level < amount:
            return False
        self._level = level - amount
        return True

    def spend(self, now: float, amount: float) -> None:
        """Take `amount`, even if it is not there: what is owed has to come in before there are tokens again."""
        self._level = min(self._level + (now - self._at) * self._rate, self._burst) - amount
        self._at = now

    def wait(self, now: float, amount: float = 1.0) -> float:
        """Seconds from `now` until `take` of so much can succeed, 0.0 for at once."""
        missing = amount - self._level - (now - self._at) * self._rate
        return max(0.0, missing / self._rate)

    def ask(self, now: float, amount: float = 1.0) -> float:
        """`take`, and 0.0 if that succeeded, else `wait`."""
        return 0.0 if self.take(now, amount) else self.wait(now, amount)

    def full(self, now: float) -> bool:
        """Whether this bucket is as good as a new one, so that it can be forgotten."""
        return self._level + (now - self._at) * self._rate >= self._burst


class BucketTable(Generic[_Key]):
    """One bucket for each key or address, at most `most` of them.

    Past `most` the oldest is forgotten: its owner gets a fresh burst, which is cheaper than memory without end.
    """

    def __init__(self, rate: float, burst: float, most: int = 20_000) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        self._buckets: dict[_Key, Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: _Key, now: float, amount: float = 1.0) -> float:
        """Take tokens of this key. 0.0: taken; otherwise nothing was taken, and seconds until so many are there."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._most:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[key] = Bucket(self._rate, self._burst, now)
        return bucket.ask(now, amount)

    def sweep(self, now: float) -> None:
        """Forget the buckets that are full again."""
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if not bucket.full(now)}


class Strikes:
    """Whether somebody broke the rules `most` times within `seconds`."""

    __slots__ = ("_seconds", "_times")

    def __init__(self, most: int = limits.MALFORMED_LIMIT, seconds: float = limits.MALFORMED_SECONDS) -> None:
        self._times: deque[float] = deque(maxlen=most)
        self._seconds = seconds

    def strike(self, now: float) -> bool:
        """Count one. True: that was one too many."""
        self._times.append(now)
        return len(self._times) == self._times.maxlen and now - self._times[0] <= self._seconds
