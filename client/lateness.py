"""How late what comes over one connection is, in one direction: stalls that pass, and a queue that stays.

A lost packet holds up all that follow it, for a moment; then things are as before. A link that carries less than is
sent has a queue, and whatever goes over it is late: the quick ones too. Pure: times are seconds of one clock, delays
are right but for a constant (two clocks that were never compared).
"""

from __future__ import annotations

from collections import deque
from typing import Final

from common.voice_frame import TOPIC_BYTES

STALL_SECONDS: Final = 0.06  # longer than a network's own jitter, shorter than any retransmission over 20 ms each way
FULL_SECONDS: Final = 0.06
_RECENT: Final = 10  # Pongs; a quarter of them has to be late
_BASE_SECONDS: Final = 120.0  # clocks that drift apart by 100 ppm: 12 ms in it
_BUCKET_SECONDS: Final = 5.0
_TOPICS: Final = 512  # more members no room has
_LATE_AFTER: Final = 0.02  # of a gap that a burst must leave unexplained to be a pause of the talker
_TOGETHER: Final = 0.004  # seconds between frames that were held up together
_PACES: Final = 31  # gaps between frames that tell a talker's pace
_USUAL_PACE: Final = 0.01
_ONE_TALK: Final = 0.2  # seconds between two frames: longer is a pause, or a stall
_PAUSE_SECONDS: Final = 2.0  # no retransmission takes longer on a connection that is of any use


class Delay:
    """The way in one direction, as Pongs tell it."""

    def __init__(self) -> None:
        self._low: deque[tuple[float, float]] = deque()  # (since, least delay), a bucket each
        self._recent: deque[float] = deque(maxlen=_RECENT)

    def add(self, delay: float, now: float) -> bool:
        """Take note of one; whether it was held up, on a link that is not full."""
        if not self._low or now - self._low[-1][0] >= _BUCKET_SECONDS:
            self._low.append((now, delay))
        self._low[-1] = (self._low[-1][0], min(delay, self._low[-1][1]))
        while self._low[0][0] < now - _BASE_SECONDS:
            self._low.popleft()
        self._recent.append(delay)
        return delay - self.base > STALL_SECONDS and not self.raised()

    @property
    def known(self) -> bool:
        """Whether there was one."""
        return bool(self._low)

    @property
    def base(self) -> float:
        """The least delay of the last two minutes."""
        return min(low for _, low in self._low)

    def raised(self) -> bool:
        """Whether the quick ones are late too."""
        return self._quick() > FULL_SECONDS / 2

    def waiting(self) -> bool:
        """Whether it may be that a queue has just begun to stay: the last one was late, and no quick one came since."""
        return self.raised() or (bool(self._recent) and self._recent[-1] - self.base > FULL_SECONDS / 2)

    def full(self) -> bool:
        """Whether a queue stays."""
        return len(self._recent) == _RECENT and self._quick() > FULL_SECONDS

    def _quick(self) -> float:
        """By how much the quickest quarter was late, at most."""
        if not self._recent:
            return 0.0
        return sorted(self._recent)[len(self._recent) // 4] - self.base


class _Talk:
    """The frames of one topic as one connection brings them."""

    __slots__ = ("burst", "gap", "gaps", "last")

    def __init__(self, arrived: float) -> None:
        self.last = arrived
        self.gap = 0.0  # the pause before the burst that comes now
        self.burst = 0
        self.gaps: deque[float] = deque(maxlen=_PACES)

    def pace(self) -> float:
        """Seconds between two frames, as they mostly come."""
        steady = sorted(gap for gap in self.gaps if gap > _TOGETHER)
        return steady[len(steady) // 2] if steady else _USUAL_PACE


class Stalls:
    """Gaps after which all that was missing comes at once: the talker had gone on, and the connection had not.

    After a pause of the talker the first frames come together too (what was held back from before it was known that
    somebody speaks), but not as many as would fill the pause.
    """

    def __init__(self) -> None:
        self._talks: dict[bytes, _Talk] = {}

    def add(self, frame: bytes, arrived: float) -> bool:
        """Take note of a frame, topic first; True once for each stall."""
        topic = frame[:TOPIC_BYTES]
        talk = self._talks.get(topic)
        if talk is None:
            if len(self._talks) >= _TOPICS:
                self._talks.clear()
            self._talks[topic] = _Talk(arrived)
            return False
        gap, talk.last = arrived - talk.last, arrived
        talk.gaps.append(gap)
        if gap > _TOGETHER:
            talk.gap, talk.burst = gap if gap <= _PAUSE_SECONDS else 0.0, 1
            return False
        talk.burst += 1
        if talk.gap < STALL_SECONDS or talk.burst * talk.pace() < talk.gap - _LATE_AFTER:
            return False
        talk.gap = 0.0
        return True


class VoiceTime:
    """For how long voice went one way: what time there was for something to stall."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._went_at = float("-inf")
        self._gap = 0.0  # the last one that was too long for one talk

    def goes(self, now: float) -> None:
        """A frame went."""
        gap, self._went_at = now - self._went_at, max(now, self._went_at)
        if gap >= STALL_SECONDS:  # what stalled last was this one, and not a pause of before
            self._gap = gap if _ONE_TALK <= gap < _PAUSE_SECONDS else 0.0
        if 0.0 < gap < _ONE_TALK:
            self.seconds += gap

    def was_held_up(self) -> None:
        """The last long gap was none of the talker's making."""
        self.seconds, self._gap = self.seconds + self._gap, 0.0
