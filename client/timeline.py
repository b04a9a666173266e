"""The order of posts in a room: which are live, which come late, which are missing.

The broker numbers posts (`seq`) and names the number before each (`prev_seq`), so a hole shows. What is
missing is fetched newest first: a small page for the screen, then large ones. `notes` are what a later run needs
to go on from here. Pure: it opens nothing and sends nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import msgspec

from common import limits
from common.errors import Malformed
from common.messages import Count, Fetch, Page, StoredPost

_ANSWER_SECONDS: Final = 10.0  # after that an unanswered Fetch is asked again
_GAPS: Final = 100  # so many are told apart; a broker that invents more has the oldest read as one
HISTORY_POSTS: Final = 2_000  # how far back a newcomer reads at once
_LOST: Final = 100  # gaps that cannot be filled, and are told again in the next run
SCREENFUL: Final = 50  # the first page of a gap: the broker sends it, and I open it, in no time


@dataclass(slots=True)
class _Gap:
    """Posts between two numbers, both exclusive, that have not been read.

    The broker has said that `top` is the highest of them. `budget` bounds how many are asked for: those that were
    said while I was away (`missed`) all, those before I came only some. `page` is how many the next question is about.
    """

    low: int
    high: int
    top: int
    budget: int = limits.MAX_INTEGER
    missed: bool = True
    page: int = SCREENFUL

    @property
    def counts(self) -> bool:
        """Whether it is to be read though what was read above it is known."""
        return self.missed or self.budget <= HISTORY_POSTS


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers between two others, both exclusive."""

    low: int
    high: int


class _Notes(msgspec.Struct, array_like=True):
    """How far the numbers of one log id are known: gaps as low, high, top, budget, missed; and those given up."""

    newest: Count
    gaps: list[tuple[Count, Count, Count, Count, bool]]
    lost: list[tuple[Count, Count]]


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Notes)


class Timeline:
    """One room's posts by their numbers."""

    def __init__(self) -> None:
        self._newest = 0
        self._newcomer = True  # to these numbers: what was said before is not missed, and not all of it is read
        self._gaps: list[_Gap] = []  # the newest last
        self._asked: _Gap | None = None  # of the open question; not among the others
        self._asked_at = 0.0
        self._unopened: list[_Gap] = []  # what pages have brought and nobody has opened yet, in the order of pages
        self._lost: list[Span] = []
        self._to_tell: list[Span] = []

    @property
    def newest(self) -> int:
        """The highest number met so far, 0 for none: what `Join` tells the broker."""
        return self._newest

    def begin(self, notes: bytes) -> None:
        """The broker's numbers are those of another log now: go on from its notes (empty: there are none).

        Raises `Malformed` where these are no notes; it begins without then.
        """
        self._newest, self._newcomer, self._gaps, self._asked = 0, True, [], None
        self._unopened, self._lost, self._to_tell = [], [], []
        if notes:
            try:
                known = _decoder.decode(notes)
            except msgspec.MsgspecError as error:
                raise Malformed("notes that this program did not write") from error
            self._newcomer = False
            self._newest, self._gaps = known.newest, [_Gap(*gap) for gap in known.gaps]
            self._lost = [Span(*span) for span in known.lost]
            self._to_tell = self._lost.copy()

    def notes(self) -> bytes:
        """What `begin` needs to go on from here. Empty before the first `joined`."""
        if self._newcomer:
            return b""
        unread = sorted([*self._all_gaps(), *self._unopened], key=lambda gap: gap.high)
        gaps = [(gap.low, gap.high, gap.top, gap.budget, gap.missed) for gap in unread]
        return _encoder.encode(_Notes(self._newest, gaps, [(span.low, span.high) for span in self._lost]))

    def joined(self, newest: int, *, known_before: bool = False) -> None:
        """In the room (again): whatever the broker has above what I know is missing.

        `known_before`: I know lines of this room under other numbers. Then I read back until I meet them.
        """
        self._gaps = sorted(self._all_gaps(), key=lambda gap: gap.high)
        self._asked = None  # its answer went down with the old connection
        high, missed = min(newest + 1, limits.MAX_INTEGER), not self._newcomer
        budget = limits.MAX_INTEGER if missed or known_before else HISTORY_POSTS
        self._missing_below(_Gap(self._newest, high, newest, budget, missed))
        self._newest = max(self._newest, newest)
        self._newcomer = False

    def live(self, seq: int, prev_seq: int) -> bool:
        """Note the number of a post that arrived by itself. False: it is late, others with higher ones came first."""
        if seq <= self._newest:
            return False
        if prev_seq > self._newest:
            self._missing_below(_Gap(self._newest, seq, prev_seq))
        self._newest = seq
        return True

    def suspect(self) -> None:
        """The broker has left out live posts, nobody knows how many: read on from the newest that is known."""
        self._missing_below(_Gap(self._newest, limits.MAX_INTEGER, self._newest))

    def fetch(self, now: float) -> Fetch | None:
        """The next question to the broker, if one is due. One is open at a time, and repeated until it is answered."""
        if self._asked is None:
            if not self._gaps:
                return None
            self._asked = self._gaps.pop()  # what was said last is read first
        elif now - self._asked_at < _ANSWER_SECONDS:
            return None
        self._asked_at = now
        return Fetch(after=None, before=self._asked.high, limit=min(self._asked.page, self._asked.budget))

    def postpone(self, until: float) -> None:
        """The broker will not answer the open question before then."""
        self._asked_at = until - _ANSWER_SECONDS

    def next_tick(self) -> float | None:
        """When an unanswered question should be asked again."""
        return None if self._asked is None else self._asked_at + _ANSWER_SECONDS

    def page(self, page: Page) -> list[StoredPost]:
        """The posts of an answer that I did ask for, in rising order; [] for any other page.

        They count as read only after `opened`.
        """
        gap, posts = self._asked, sorted(page.posts, key=lambda post: post.seq)
        if gap is None or not _answers(posts, gap):
            return []
        self._asked = None
        posts = [post for post in posts if post.seq > gap.low]
        if not posts:
            self._give_up(gap, gap.low, gap.high)
            return []
        self._newest = max(self._newest, posts[-1].seq)
        self._unopened.append(_Gap(posts[0].seq - 1, gap.high, posts[-1].seq, missed=gap.missed))
        for below, above in pairwise(posts):
            if above.prev_seq > below.seq:
                self._give_up(gap, below.seq, above.seq)
        rest = _Gap(gap.low, posts[0].seq, posts[0].prev_seq, gap.budget - len(posts), gap.missed, limits.PAGE_POSTS)
        if rest.top > gap.low and rest.budget > 0:
            if page.more:
                self._gaps.append(rest)
                self._gaps.sort(key=lambda gap: gap.high)  # others may have opened above it meanwhile
            else:
                self._give_up(rest, rest.low, rest.high)
        return posts

    def opened(self) -> None:
        """All posts of the first page that was not opened yet are read."""
        del self._unopened[0]

    def enough(self) -> None:
        """I have met lines that I know: what was said before I came need not be read any further."""
        self._gaps = [gap for gap in self._gaps if gap.counts]
        if self._asked is not None and not self._asked.counts:
            self._asked = None  # its answer is one that nobody asked for

    def take_lost(self) -> list[Span]:
        """The gaps that cannot be filled and were not told yet in this run."""
        told, self._to_tell = self._to_tell, []
        return told

    def complete(self, low: int, high: int) -> bool:
        """Whether everything between two numbers was read."""
        unread: list[_Gap | Span] = [*self._all_gaps(), *self._unopened, *self._lost]
        return not any(gap.low < high and low < gap.high for gap in unread)

    def _all_gaps(self) -> list[_Gap]:
        return [*self._gaps, *([self._asked] if self._asked is not None else [])]

    def _give_up(self, gap: _Gap, low: int, high: int) -> None:
        """The broker has nothing between these numbers. Whoever came later has missed nothing."""
        if gap.missed and high != limits.MAX_INTEGER:
            self._lost.append(Span(low, high))
            if len(self._lost) > _LOST:  # nobody has read what is between the two oldest either, for all that is noted
                first, second = sorted(self._lost[:2], key=lambda span: span.high)
                self._lost[:2] = [Span(min(first.low, second.low), second.high)]
            self._to_tell = [*self._to_tell, Span(low, high)][-_LOST:]

    def _missing_below(self, gap: _Gap) -> None:
        """Everything between the newest number met and a higher one is missing."""
        if gap.high - gap.low <= 1:
            return
        self._gaps.append(gap)
        if len(self._gaps) > _GAPS:
            oldest, second = sorted(self._gaps[:2], key=lambda gap: gap.high)
            # What is read again between them is dropped as seen.
            self._gaps[:2] = [_Gap(min(oldest.low, second.low), second.high, second.top)]


def _answers(posts: list[StoredPost], gap: _Gap) -> bool:
    """Whether a page can be the answer about this gap, not a belated second one about another.

    It begins with the highest one below `high`, as long as any of them is kept.
    """
    return not posts or gap.top <= posts[-1].seq < gap.high
