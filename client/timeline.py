"""The order of posts in a room: which are live, which come late, which were seen, which are missing.

The broker numbers posts (`seq`) and names the number before each (`prev_seq`), so a hole shows. What is
missing is fetched newest first. A post is shown once for each (device, counter), whatever the broker does.
Pure: it opens nothing and sends nothing itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import msgspec

from common import limits
from common.crypto.sealing import PostBody
from common.messages import Fetch, Page, StoredPost

_ANSWER_SECONDS: Final = 10.0  # after that an unanswered Fetch is asked again
_GAPS: Final = 100  # so many are told apart; a broker that invents more has the oldest read as one
HISTORY_POSTS: Final = 2_000  # how far back a newcomer reads at once
_encoder: Final = msgspec.msgpack.Encoder()


class Sighting(Enum):
    """What a post is to one who has seen others before."""

    NEW = auto()
    DOUBLE = auto()  # the same post again: drop it
    COPIED_DEVICE = auto()  # another one under the same device and counter: show it, marked


@dataclass(slots=True)
class _Gap:
    """Posts between two numbers, both exclusive, that have not been read.

    The broker has said that `top` is the highest of them. `budget` bounds how many are asked for.
    """

    low: int
    high: int
    top: int
    budget: int = HISTORY_POSTS


class Timeline:
    """One room's posts by their numbers."""

    def __init__(self) -> None:
        self._newest = 0
        self._log_id: bytes | None = None
        self._bodies: set[bytes] = set()
        self._counters: set[tuple[bytes, int]] = set()
        self._gaps: list[_Gap] = []  # the newest last
        self._asked: _Gap | None = None  # of the open question; not among the others
        self._asked_at = 0.0

    @property
    def newest(self) -> int:
        """The highest number met so far, 0 for none: what `Join` tells the broker."""
        return self._newest

    def joined(self, newest: int, log_id: bytes) -> None:
        """In the room (again): whatever the broker has above what I know is missing."""
        if self._asked is not None:  # its answer went down with the old connection
            self._gaps.append(self._asked)
            self._gaps.sort(key=lambda gap: gap.high)
            self._asked = None
        if log_id != self._log_id:
            # Another log counts anew. What was seen stays seen, by device and counter.
            self._log_id, self._newest = log_id, 0
            self._gaps.clear()
        self._missing_below(min(newest + 1, limits.MAX_INTEGER), newest)
        self._newest = max(self._newest, newest)

    def live(self, seq: int, prev_seq: int) -> bool:
        """Note the number of a post that arrived by itself. False: it is late, others with higher ones came first."""
        if seq <= self._newest:
            return False
        if prev_seq > self._newest:
            self._missing_below(seq, prev_seq)
        self._newest = seq
        return True

    def suspect(self) -> None:
        """The broker has left out live posts, nobody knows how many: read on from the newest that is known."""
        self._missing_below(limits.MAX_INTEGER, self._newest)

    def sight(self, body: PostBody) -> Sighting:
        """Note that this post was opened. Ask before showing it."""
        # Not by its token: whoever has the phrase can seal another member's signed body into a second one.
        signed = hashlib.sha256(_encoder.encode(body)).digest()
        if signed in self._bodies:
            return Sighting.DOUBLE
        self._bodies.add(signed)
        if (body.device, body.counter) in self._counters:
            return Sighting.COPIED_DEVICE
        self._counters.add((body.device, body.counter))
        return Sighting.NEW

    def fetch(self, now: float) -> Fetch | None:
        """The next question to the broker, if one is due. One is open at a time, and repeated until it is answered."""
        if self._asked is None:
            if not self._gaps:
                return None
            self._asked = self._gaps.pop()  # what was said last is read first
        elif now - self._asked_at < _ANSWER_SECONDS:
            return None
        self._asked_at = now
        return Fetch(after=None, before=self._asked.high, limit=min(limits.PAGE_POSTS, self._asked.budget))

    def postpone(self, until: float) -> None:
        """The broker will not answer the open question before then."""
        self._asked_at = until - _ANSWER_SECONDS

    def next_tick(self) -> float | None:
        """When an unanswered question should be asked again."""
        return None if self._asked is None else self._asked_at + _ANSWER_SECONDS

    def page(self, page: Page) -> list[StoredPost]:
        """The posts of an answer that I did ask for, in rising order; [] for any other page."""
        gap, posts = self._asked, sorted(page.posts, key=lambda post: post.seq)
        if gap is None or not _answers(posts, gap):
            return []
        self._asked = None
        posts = [post for post in posts if post.seq > gap.low]
        if posts:
            self._newest = max(self._newest, posts[-1].seq)
            rest = _Gap(gap.low, posts[0].seq, posts[0].prev_seq, gap.budget - len(posts))
            if page.more and rest.top > gap.low and rest.budget > 0:
                self._gaps.append(rest)
                self._gaps.sort(key=lambda gap: gap.high)  # others may have opened above it meanwhile
        return posts

    def _missing_below(self, high: int, top: int) -> None:
        """Everything between the newest number met and `high` is missing; `top` is the highest of it."""
        if high - self._newest <= 1:
            return
        self._gaps.append(_Gap(self._newest, high, top))
        if len(self._gaps) > _GAPS:
            oldest, second = sorted(self._gaps[:2], key=lambda gap: gap.high)
            # What is read again between them is dropped as seen.
            self._gaps[:2] = [_Gap(min(oldest.low, second.low), second.high, second.top)]


def _answers(posts: list[StoredPost], gap: _Gap) -> bool:
    """Whether a page can be the answer about this gap, not a belated second one about another.

    It begins with the highest one below `high`, as long as any of them is kept.
    """
    return not posts or gap.top <= posts[-1].seq < gap.high
