"""The order of posts in a room: which are live, which come late, which were seen, which are missing.

The broker numbers posts (`seq`) and names the number before each (`prev_seq`), so a hole shows. What is
missing is fetched newest first. A post is shown once for each (device, counter), whatever the broker does.
Pure: it opens nothing and sends nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from common import limits
from common.messages import Fetch, Page, StoredPost

_ANSWER_SECONDS: Final = 10.0  # after that an unanswered Fetch is asked again
HISTORY_POSTS: Final = 2_000  # how far back a newcomer reads at once


class Sighting(Enum):
    """What a post is to one who has seen others before."""

    NEW = auto()
    DOUBLE = auto()  # the same post again: drop it
    COPIED_DEVICE = auto()  # another post under the same device and counter: show it, marked


@dataclass(slots=True)
class _Gap:
    """Posts between two numbers, both exclusive, that have not been read; `budget` bounds how many are asked for."""

    low: int
    high: int
    budget: int


class Timeline:
    """One room's posts by their numbers."""

    def __init__(self) -> None:
        self._newest = 0
        self._log_id: bytes | None = None
        self._seen: dict[tuple[bytes, int], set[bytes]] = {}
        self._gaps: list[_Gap] = []
        self._asked_at: float | None = None
        self._asked_before = 0

    @property
    def newest(self) -> int:
        """The highest number met so far, 0 for none: what `Join` tells the broker."""
        return self._newest

    def joined(self, newest: int, log_id: bytes) -> None:
        """In the room (again): whatever the broker has above what I know is missing."""
        self._asked_at = None
        if log_id != self._log_id:
            # Another log counts anew. What was seen stays seen, by device and counter.
            self._log_id, self._newest = log_id, 0
            self._gaps.clear()
        self._advance(newest + 1, HISTORY_POSTS)
        self._newest = max(self._newest, newest)

    def live(self, seq: int, prev_seq: int) -> bool:
        """Note the number of a post that arrived by itself. False: it is late, others with higher ones came first."""
        if seq <= self._newest:
            return False
        if prev_seq > self._newest:
            self._advance(seq, HISTORY_POSTS)
        self._newest = seq
        return True

    def suspect(self) -> None:
        """The broker has left out live posts, nobody knows how many: read on from the newest that is known."""
        self._gaps.append(_Gap(self._newest, limits.MAX_INTEGER, HISTORY_POSTS))

    def sight(self, device: bytes, counter: int, post_id: bytes) -> Sighting:
        """Note that this post was opened. Ask before showing it."""
        known = self._seen.setdefault((device, counter), set())
        if post_id in known:
            return Sighting.DOUBLE
        known.add(post_id)
        return Sighting.NEW if len(known) == 1 else Sighting.COPIED_DEVICE

    def fetch(self, now: float) -> Fetch | None:
        """The next question to the broker, if one is due. One is open at a time."""
        if not self._gaps or (self._asked_at is not None and now - self._asked_at < _ANSWER_SECONDS):
            return None
        gap = self._gaps[-1]  # the newest gap first: what was said last is read first
        self._asked_at, self._asked_before = now, gap.high
        return Fetch(after=None, before=gap.high, limit=min(limits.PAGE_POSTS, gap.budget))

    def next_tick(self) -> float | None:
        """When an unanswered question should be asked again."""
        return None if self._asked_at is None or not self._gaps else self._asked_at + _ANSWER_SECONDS

    def page(self, page: Page) -> list[StoredPost]:
        """The posts of an answer that I did ask for, in rising order; [] for any other page."""
        if self._asked_at is None or not self._gaps or self._gaps[-1].high != self._asked_before:
            return []
        self._asked_at = None
        gap = self._gaps.pop()
        posts = [post for post in sorted(page.posts, key=lambda post: post.seq) if gap.low < post.seq < gap.high]
        if posts:
            self._newest = max(self._newest, posts[-1].seq)
            gap.high, gap.budget = posts[0].seq, gap.budget - len(posts)
            if page.more and posts[0].prev_seq > gap.low and gap.budget > 0:
                self._gaps.append(gap)
        return posts

    def _advance(self, high: int, budget: int) -> None:
        if high - self._newest > 1:
            self._gaps.append(_Gap(self._newest, high, budget))
