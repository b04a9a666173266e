"""Which voice channel may hear which topic.

A channel is one SUB connection, named by a number of the transport (numbers are used again). libzmq keeps even
the topics that are refused, for as long as the connection lives, so a channel that asks for odd ones, or for
too many, is cut. This file approves; it opens and sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from common import limits, voice_frame

TOPICS_EACH_CHANNEL: Final = 4 * limits.TOPICS_EACH_MEMBER  # members come and go faster than topics are given up
_SIZES: Final = frozenset((voice_frame.ROOM_TOPIC_BYTES, voice_frame.TOPIC_BYTES))


class Verdict(Enum):
    """What to do about a subscription or the end of one."""

    APPROVE = "approve"  # answer it before the next receive
    REFUSE = "refuse"  # do not answer
    CUT = "cut"  # do not answer, close the connection that it came from


@dataclass(slots=True)
class _Channel:
    key: bytes
    topics: set[bytes] = field(default_factory=set)


class Subscriptions:
    """The channels that have asked for something, what for, and whose asking came too early."""

    def __init__(self) -> None:
        self._channels: dict[int, _Channel] = {}
        self._by_key: dict[bytes, set[int]] = {}
        self._early: set[bytes] = set()
        self._skipped: set[bytes] | None = None  # keys passed over since a user message came, None: none came

    def __len__(self) -> int:
        return len(self._channels)

    def ask(self, number: int, key: bytes, topic: bytes, *, allowed: bool) -> Verdict:
        """A channel asks for a topic; `allowed`: it is one of the room that its key listens to."""
        if self._skipped is not None:
            self._skipped.add(key)
            return self._cut(number)
        if len(topic) not in _SIZES:
            return self._cut(number)
        channel = self._channel(number, key)
        if len(channel.topics) >= TOPICS_EACH_CHANNEL and topic not in channel.topics:
            return self._cut(number)
        channel.topics.add(topic)
        if not allowed:
            self._early.add(key)
            return Verdict.REFUSE
        return Verdict.APPROVE

    def give_up(self, number: int | None, key: bytes | None, topic: bytes) -> Verdict:
        """A channel no longer asks for a topic; number and key are None where libzmq says it for a dead one."""
        if number is None or key is None:
            return Verdict.APPROVE if self._skipped is None else Verdict.REFUSE
        if self._skipped is not None:
            self._skipped.add(key)
            return self._cut(number)
        channel = self._channels.get(number)
        if channel is not None:
            channel.topics.discard(topic)
        return Verdict.APPROVE

    def mistrust(self, number: int | None) -> None:
        """A user message came, of this channel, which is closed: an attack.

        From now on libzmq pairs answers with the wrong connections, until nothing waits any more: see `trust`.
        """
        self._skipped = self._skipped or set()
        if number is not None:
            self.forget(number)

    def trust(self) -> list[bytes]:
        """Nothing waits any more. The keys that were passed over: their owners must open new channels."""
        skipped, self._skipped = self._skipped, None
        return sorted(skipped) if skipped else []

    def came_early(self, key: bytes) -> bool:
        """Whether a living channel of this key was refused something. Its owner must open a new one."""
        if key not in self._early:
            return False
        self._early.discard(key)
        return key in self._by_key

    def channels(self, key: bytes) -> tuple[int, ...]:
        """Forget the channels of this key; these are to be closed."""
        self._early.discard(key)
        numbers = tuple(sorted(self._by_key.get(key, ())))
        for number in numbers:
            self.forget(number)
        return numbers

    def forget(self, number: int) -> None:
        """A channel is closed."""
        channel = self._channels.pop(number, None)
        if channel is None:
            return
        numbers = self._by_key[channel.key]
        numbers.discard(number)
        if not numbers:
            del self._by_key[channel.key]
            self._early.discard(channel.key)

    def _cut(self, number: int) -> Verdict:
        self.forget(number)
        return Verdict.CUT

    def _channel(self, number: int, key: bytes) -> _Channel:
        channel = self._channels.get(number)
        if channel is None or channel.key != key:
            self.forget(number)  # the number of a closed connection was given to a new one
            channel = self._channels[number] = _Channel(key)
            self._by_key.setdefault(key, set()).add(number)
        return channel
