"""One talker's frames once more, two at a time, for the further lanes of those who listen.

What waits for a frame that does not come, at the end of a talk, is dropped: other lanes have brought it.
"""

from __future__ import annotations

from common import voice_frame
from common.pairs import Pairs


class Bundles:
    """Give it each frame that is passed on."""

    __slots__ = ("_pairs",)

    def __init__(self) -> None:
        self._pairs: list[Pairs] = []  # by lane, from 1 on

    def add(self, frame: bytes, lanes: int, now: float) -> list[bytes]:
        """What goes down with this frame by further lanes 1 to `lanes`: for each of them a bundle, or nothing."""
        while len(self._pairs) < lanes:
            self._pairs.append(Pairs(1 + len(self._pairs)))
        bundles = []
        for number, pairs in enumerate(self._pairs[:lanes], 1):
            pairs.due(now)  # dropped
            if together := pairs.add(frame, now):
                bundles.append(voice_frame.bundle(together, number))
        return bundles
