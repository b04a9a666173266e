"""How long words are under way from mouth to ear: what I tell my listeners, and what I make of what speakers tell me.

A speaker says when, by the broker's clock, a place of its media time was spoken (`ClockSignal`). The voice thread tells
when a place of a speaker's media time leaves the loudspeaker here. The difference, on the broker's clock, is the delay.
What a member claims is only ever shown, and where it cannot be it is shown as not known. Pure.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from client.broker_clock import BrokerClock
from common.crypto.sealing import ClockSignal
from common.limits import CLOCK_MIN_SECONDS, CLOCK_REFRESH_SECONDS, MAX_INTEGER, SAMPLE_RATE

MICRO: Final = 1_000_000
MEDIA_TIMES: Final = 2**32
MARK_SECONDS: Final = 35.0  # three refreshes: what is older says nothing any more
MOVED_SECONDS: Final = 0.002  # the speaker's own way has changed by so much: tell it soon
LEAST: Final = -0.020  # what two clocks may be wrong by
MOST: Final = 3.0  # no jitter buffer holds as much
SHOWN_MS: Final = 3  # a smaller change is not worth a look
SHOWN_SECONDS: Final = 1.0
_RECENT: Final = 5


@dataclass(frozen=True, slots=True)
class _Mark:
    media_time: int
    spoken: float  # by the broker's clock
    told: float


@dataclass(slots=True)
class _Speaker:
    mark: _Mark | None = None
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))
    heard_at: float = float("-inf")
    shown: int | None = None
    shown_at: float = float("-inf")


class Delays:
    """One session's. Speakers are named by their session ids; whoever calls knows who is here."""

    def __init__(self) -> None:
        self.clock: Final = BrokerClock()
        self._speakers: dict[bytes, _Speaker] = {}
        self._spoken: tuple[int, float] | None = None  # of mine: media time, and when it was spoken
        self._told: tuple[int, float] | None = None  # as all who listen know it; None: somebody does not
        self._told_at = float("-inf")
        self._wanted = False

    def lost(self) -> None:
        """The connection is gone, and with it the clock and all that was told by it."""
        self.clock.forget()
        self._speakers.clear()
        self._spoken = self._told = None
        self._wanted = False

    # --- mine -----------------------------------------------------------------------------------------------

    def listener_came(self) -> None:
        """Somebody's speaker is on now."""
        self._told = None

    def spoke(self, media_time: int, at: float, now: float) -> None:
        """I am talking: this place of my media time was spoken `at`, by my clock."""
        self._spoken = media_time, at
        pause = CLOCK_MIN_SECONDS if self._moved(media_time, at) else CLOCK_REFRESH_SECONDS
        if now - self._told_at >= pause:
            self._wanted = True

    def take_due(self, now: float) -> ClockSignal | None:
        """What to tell those who listen."""
        offset = self.clock.offset(now)
        if not self._wanted or self._spoken is None or offset is None:
            return None
        media_time, at = self._spoken
        moment = round((at + offset) * MICRO)
        self._wanted = False
        if not 0 <= moment <= MAX_INTEGER:
            return None  # no honest broker's clock shows that
        self._told, self._told_at = self._spoken, now
        return ClockSignal(media_time, moment)

    def _moved(self, media_time: int, at: float) -> bool:
        if self._told is None:
            return True
        before, then = self._told
        return abs(at - then - _between(before, media_time)) > MOVED_SECONDS

    # --- the others' ----------------------------------------------------------------------------------------

    def told(self, speaker: bytes, signal: ClockSignal, now: float) -> None:
        """A speaker has said when a place of its media time was spoken. An older claim, held back, is ignored."""
        one = self._speakers.setdefault(speaker, _Speaker())
        spoken = signal.spoken / MICRO
        if one.mark is not None and spoken < one.mark.spoken:
            return
        one.mark = _Mark(signal.media_time, spoken, now)
        one.recent.clear()

    def played(self, speaker: bytes, media_time: int, at: float, now: float) -> None:
        """A place of a speaker's media time is heard `at`, by my clock."""
        one = self._speakers.get(speaker)
        if one is None:
            return
        one.heard_at = now
        delay = self._delay(one.mark, media_time, at, now)
        if delay is None:
            one.recent.clear()
        else:
            one.recent.append(delay)

    def gone(self, speaker: bytes) -> None:
        """Somebody has left."""
        self._speakers.pop(speaker, None)

    def news(self, speaker: bytes, now: float) -> tuple[int | None] | None:
        """What is worth showing: milliseconds or that they are not known; None where nothing is new."""
        one = self._speakers.get(speaker)
        if one is None or now - one.shown_at < SHOWN_SECONDS:
            return None
        found = _milliseconds(one)
        if found == one.shown or (found is not None and one.shown is not None and abs(found - one.shown) < SHOWN_MS):
            return None
        one.shown, one.shown_at = found, now
        return (found,)

    def worst_ms(self, now: float) -> int | None:
        """The longest delay of those that are known, of who was heard in the last while."""
        lately = (one for one in self._speakers.values() if now - one.heard_at <= MARK_SECONDS)
        return max((found for one in lately if (found := _milliseconds(one)) is not None), default=None)

    def _delay(self, mark: _Mark | None, media_time: int, at: float, now: float) -> float | None:
        offset = self.clock.offset(now)
        if mark is None or offset is None or now - mark.told > MARK_SECONDS:
            return None
        delay = at + offset - (mark.spoken + _between(mark.media_time, media_time))
        return delay if LEAST <= delay <= MOST else None


def _milliseconds(one: _Speaker) -> int | None:
    return max(0, round(median(one.recent) * 1_000)) if one.recent else None


def _between(earlier: int, later: int) -> float:
    """Seconds between two places in a media time that begins again at 2^32; below 0 where `later` is before."""
    half = MEDIA_TIMES // 2
    return ((later - earlier + half) % MEDIA_TIMES - half) / SAMPLE_RATE
