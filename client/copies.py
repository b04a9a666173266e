"""Which lane brought a voice frame first. It reads counters and opens nothing: what it says only counts.

Whether a frame may be heard is for the replay window behind the seal to say; this tells copies that were asked for
from a broker that repeats what it has heard. Pure.
"""

from __future__ import annotations

from typing import Final

from common import limits
from common.errors import Malformed
from common.replay import ReplayWindow
from common.voice_frame import TOPIC_BYTES, decode_header

_TOPICS: Final = 512  # more members no room has


class _Came:
    """Which counters of one talker have come: at all, and by each lane."""

    __slots__ = ("at_all", "by")

    def __init__(self) -> None:
        self.at_all = ReplayWindow()
        self.by = tuple(ReplayWindow() for _ in range(1 + limits.FURTHER_LANES))


class Copies:
    """Since a further lane was opened."""

    def __init__(self) -> None:
        self._came: dict[bytes, _Came] = {}
        self.further_first = 0  # frames that a further lane brought before the first

    def copy(self, lane: int, frame: bytes) -> bool:
        """Take note of a frame, topic first, that came by a lane. True: another one has brought it already."""
        try:
            ctr = decode_header(frame[TOPIC_BYTES:]).ctr
        except Malformed:
            return False
        topic = frame[:TOPIC_BYTES]
        if topic not in self._came and len(self._came) >= _TOPICS:
            self._came.clear()
        came = self._came.setdefault(topic, _Came())
        is_first_here = came.by[lane].accept(ctr)  # by the same lane again it is no copy
        if came.at_all.accept(ctr):
            self.further_first += lane > 0
            return False
        return is_first_here
