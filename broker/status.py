"""What the broker counts: numbers only, of messages and connections, never of anything inside them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from broker.engine.base import Kept

_MARK_SECONDS: Final = 5.0  # between two marks of `Pace`
_TURNS: Final = 2_000  # some seconds of a busy room
_MARKS: Final = 13  # so that the oldest is a minute old


@dataclass(slots=True)
class Counters:
    """Events since the start. Everything that is dropped is counted somewhere here."""

    joins: int = 0
    posts: int = 0
    signals: int = 0
    signals_dropped: int = 0  # to somebody who has left, or who is behind
    pages: int = 0
    voice_relayed: int = 0
    voice_copies: int = 0  # that one lane brought after another
    voice_unheard: int = 0  # nobody else in the room listened
    voice_refused: int = 0  # not joined, another's topic, wrong size, too many
    malformed: int = 0
    refused: int = 0
    behind: int = 0
    undelivered: int = 0
    user_messages: int = 0  # the attack on the pairing of approvals
    topics_refused: int = 0
    cut: int = 0

    def as_dict(self) -> dict[str, int]:
        """All counters by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Rates:
    """How many there were in a second, on the average of the last `seconds` (about a minute, less after a start)."""

    seconds: float
    posts: float
    signals: float
    voice: float


@dataclass(frozen=True, slots=True)
class _Mark:
    at: float
    posts: int
    signals: int
    voice: int


class Pace:
    """Remembers the counters of the last minute, some seconds apart."""

    def __init__(self) -> None:
        self._marks: deque[_Mark] = deque(maxlen=_MARKS)

    def mark(self, counts: Counters, now: float) -> None:
        """Remember these counters, if the last ones are old enough. Call it every second or so."""
        if not self._marks or now - self._marks[-1].at >= _MARK_SECONDS:
            self._marks.append(_mark(counts, now))

    def rates(self, counts: Counters, now: float) -> Rates:
        """The average since the oldest mark, zeros before there is one."""
        newest = _mark(counts, now)
        oldest = self._marks[0] if self._marks else newest
        seconds = max(newest.at - oldest.at, 1.0)  # a moment after the start two posts are no thousand a second
        return Rates(
            round(seconds, 1),
            round((newest.posts - oldest.posts) / seconds, 2),
            round((newest.signals - oldest.signals) / seconds, 2),
            round((newest.voice - oldest.voice) / seconds, 2),
        )


@dataclass(frozen=True, slots=True)
class Forwarding:
    """How long the last turns of the loop that passed voice on took, milliseconds: the most that its frames waited."""

    p50: float
    p99: float


class Turns:
    """Remembers how long the last turns took."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=_TURNS)

    def add(self, seconds: float) -> None:
        """One turn that passed voice on."""
        self._seconds.append(seconds)

    def forwarding(self) -> Forwarding | None:
        """None: no voice was passed on yet."""
        ranked = sorted(self._seconds)
        if not ranked:
            return None
        p50, p99 = (ranked[min(len(ranked) - 1, len(ranked) * part // 100)] for part in (50, 99))
        return Forwarding(round(p50 * 1_000, 3), round(p99 * 1_000, 3))


@dataclass(frozen=True, slots=True)
class Standing:
    """How things are at one moment. `rooms` and `members` are those that are there now, not those of kept posts."""

    rooms: int
    members: int
    listeners: int
    kept: Kept
    rates: Rates
    counters: Mapping[str, int]
    forwarding: Forwarding | None = None


def _mark(counts: Counters, now: float) -> _Mark:
    return _Mark(now, counts.posts, counts.signals, counts.voice_relayed)
