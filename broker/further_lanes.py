"""Further connections of a member, for copies of its voice frames: whichever copy comes first is passed on.

A lane belongs to the member's own CURVE key, so nobody else can use up its counters. The filter only saves traffic:
what may be played is for listeners to say, who have opened it.
"""

from __future__ import annotations

from enum import Enum, auto

from broker.quota import Bucket
from common import limits
from common.errors import Malformed
from common.replay import ReplayWindow
from common.voice_frame import TOPIC_BYTES, decode_header


class Copy(Enum):
    """What a frame is, beside those that came before it on any lane."""

    FIRST = auto()
    FURTHER = auto()
    TOO_MANY = auto()  # further copies beyond what all further lanes may send
    UNREADABLE = auto()  # no SFrame: it has no counter


class FurtherLanes:
    """Their connections, by the number that each was given, and which counters have come by any lane."""

    __slots__ = ("_allowance", "_kid", "_window", "connections")

    def __init__(self, now: float) -> None:
        self.connections: dict[int, bytes] = {}
        lanes = limits.FURTHER_LANES
        self._allowance = Bucket(lanes * limits.VOICE_PER_SECOND, lanes * limits.VOICE_BURST, now)
        self._kid = 0
        self._window = ReplayWindow()

    def judge(self, frame: bytes, now: float) -> Copy:
        """Take a voice frame, topic first. Its counter is read (RFC 9605, section 4.3), nothing is opened."""
        try:
            header = decode_header(frame[TOPIC_BYTES:])
        except Malformed:
            return Copy.UNREADABLE
        if header.kid != self._kid:  # a talker has one session, and so one key id
            self._kid, self._window = header.kid, ReplayWindow()
        if self._window.accept(header.ctr):
            return Copy.FIRST
        return Copy.FURTHER if self._allowance.take(now) else Copy.TOO_MANY
