"""When a place in a speaker's media time passes the microphone, or the loudspeaker. Pure.

Both are straight lines, seen through a thread that comes late by some milliseconds. What is read late was spoken no
later for it, so of the microphone the earliest block of a while is believed. What a loudspeaker is given does not
wander, so there the middle of a while is taken.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

from client.voice.packet import MEDIA_TIMES
from common.limits import SAMPLE_RATE

WINDOW_SECONDS: Final = 2.0
TELL_SECONDS: Final = 1.0  # of the mouth, while it is heard
EAR_BLOCKS: Final = 50  # half a second


class MouthClock:
    """Of the own microphone: `note` each block, `tell` those that are sent."""

    def __init__(self) -> None:
        self._lines: deque[tuple[float, float]] = deque()  # (moment, when media time 0 was), both rising
        self._told_at = float("-inf")
        self._delay = 0.0

    def note(self, media: int, at: float) -> None:
        """The first sample of a block, of this media time, came to the card at or before `at`."""
        zero = at - media / SAMPLE_RATE
        while self._lines and self._lines[-1][1] >= zero:
            self._lines.pop()
        self._lines.append((at, zero))
        while self._lines[0][0] < at - WINDOW_SECONDS:
            self._lines.popleft()

    def tell(self, media: int, delay: float, now: float) -> tuple[int, float] | None:
        """Once a second: a media time, 0..2^32-1, and when what is heard there was spoken, `delay` before it was read.

        At once where the delay is another one.
        """
        if now - self._told_at < TELL_SECONDS and delay == self._delay:
            return None
        self._told_at, self._delay = now, delay
        return media % MEDIA_TIMES, self._lines[0][1] + media / SAMPLE_RATE - delay


class EarClock:
    """Of one speaker, as it is heard here."""

    def __init__(self) -> None:
        self._zeros: list[float] = []

    def note(self, media: int, at: float) -> tuple[int, float] | None:
        """A block begins to be heard at `at`. Twice a second: a media time, 0..2^32-1, and when it is heard."""
        self._zeros.append(at - media / SAMPLE_RATE)
        if len(self._zeros) < EAR_BLOCKS:
            return None
        zero = median(self._zeros)
        self._zeros.clear()
        return media % MEDIA_TIMES, zero + media / SAMPLE_RATE
