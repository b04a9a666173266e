"""Which lane brought a voice frame first. It reads counters and opens nothing: what it says only counts.

Whether a frame may be heard is for the replay window behind the seal to say; this tells copies that were asked for
from a broker that repeats what it has heard. Pure.
"""

from __future__ import annotations

from typing import Final

from common.errors import Malformed
from common.replay import ReplayWindow
from common.voice_frame import TOPIC_BYTES, decode_header

_TOPICS: Final = 512  # more members no room has


class Copies:
    """Since the second lane was opened."""

    def __init__(self) -> None:
        self._came: dict[bytes, tuple[ReplayWindow, ReplayWindow]] = {}
        self.second_first = 0  # frames that the second lane brought before the first

    def copy(self, lane: int, frame: bytes) -> bool:
        """Take note of a frame, topic first, that came by lane 0 or 1. True: the other lane has brought it already."""
        try:
            ctr = decode_header(frame[TOPIC_BYTES:]).ctr
        except Malformed:
            return False
        topic = frame[:TOPIC_BYTES]
        if topic not in self._came and len(self._came) >= _TOPICS:
            self._came.clear()
        once, twice = self._came.setdefault(topic, (ReplayWindow(), ReplayWindow()))
        # One window knows what has come, the other what has come twice: a third time is no copy.
        if once.accept(ctr):
            self.second_first += lane
            return False
        return twice.accept(ctr)
