"""An engine that keeps the last posts of each room in memory and answers at once.

Posts are gone when the broker stops. Every number of it is bounded: posts and bytes of a room, bytes of all,
rooms. It knows room ids and sealed tokens, and nothing of who sent them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from broker.engine.base import Answer, Appended, Engine, Failed, Kept, Paged, Span
from common import limits
from common.messages import StoredPost

FORGET_SECONDS: Final = 86_400.0  # a room that nobody was in for a day
_POST_OVERHEAD: Final = 256  # what Python takes for a post beside its token, roughly


@dataclass(frozen=True, slots=True)
class Keep:
    """How much is kept: posts and bytes of one room, bytes of all rooms together, rooms."""

    posts: int = 2_000
    room_bytes: int = 8 * 2**20
    total_bytes: int = 256 * 2**20
    rooms: int = 10_000


@dataclass(slots=True)
class _Log:
    """One room's posts. `posts` is in rising seq; `numbers` finds a post that is sent again."""

    log_id: bytes
    handle: bytes = b""  # empty while nobody is in the room
    members: set[bytes] = field(default_factory=set)
    posts: list[StoredPost] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    numbers: dict[bytes, StoredPost] = field(default_factory=dict)
    newest_seq: int = 0
    kept_bytes: int = 0
    empty_since: float = 0.0


class MemoryEngine(Engine):
    """Keeps posts in memory. `random_bytes(n)` gives n bytes for handles and log ids."""

    def __init__(self, random_bytes: Callable[[int], bytes], keep: Keep | None = None) -> None:
        self._random_bytes = random_bytes
        self._keep = keep or Keep()
        self._logs: dict[bytes, _Log] = {}
        self._handles: set[bytes] = set()
        self._total_bytes = 0
        self._total_posts = 0
        self._answers: list[Answer] = []

    def enter(self, room_id: bytes, now: float) -> bytes | None:
        """See `Engine`. A room that was forgotten in between gets a new log id, so numbers may begin again."""
        del now  # only emptiness ages
        log = self._logs.get(room_id)
        if log is None:
            if len(self._logs) >= self._keep.rooms and not self._forget_an_empty_room():
                return None
            log = self._logs[room_id] = _Log(self._random_bytes(limits.LOG_ID_BYTES))
        if not log.handle:
            log.handle = self._unused(limits.ROOM_HANDLE_BYTES, self._handles)
        return log.handle

    def allot(self, room_id: bytes) -> bytes:
        """See `Engine`."""
        return self._unused(limits.MEMBER_HANDLE_BYTES, self._logs[room_id].members)

    def release(self, room_id: bytes, member: bytes) -> None:
        """See `Engine`."""
        self._logs[room_id].members.discard(member)

    def emptied(self, room_id: bytes, now: float) -> None:
        """See `Engine`. A room without posts is forgotten at once."""
        log = self._logs.pop(room_id)
        self._handles.discard(log.handle)
        log.handle, log.empty_since = b"", now
        if log.posts:
            self._logs[room_id] = log  # at the end: the dict's order is the order of emptiness

    def span(self, room_id: bytes) -> Span:
        """See `Engine`."""
        log = self._logs[room_id]
        return Span(log.log_id, log.newest_seq, log.posts[0].seq if log.posts else 0)

    def kept(self) -> Kept:
        """See `Engine`. Bytes are those of the memory that posts take, roughly."""
        return Kept(len(self._logs), self._total_posts, self._total_bytes)

    def append(self, ticket: int, room_id: bytes, post_id: bytes, token: bytes) -> None:
        """See `Engine`."""
        log = self._logs[room_id]
        known = log.numbers.get(post_id)
        if known is not None:
            self._answers.append(Appended(ticket, known.seq, known.prev_seq, again=True))
        elif not self._make_place(log, len(token) + _POST_OVERHEAD):
            self._answers.append(Failed(ticket, "full", "This broker has no place for more lines just now.", 60_000))
        else:
            post = StoredPost(log.newest_seq + 1, log.newest_seq, token)
            log.newest_seq = post.seq
            log.posts.append(post)
            log.ids.append(post_id)
            log.numbers[post_id] = post
            self._total_posts += 1
            self._weigh(log, len(token) + _POST_OVERHEAD)
            self._answers.append(Appended(ticket, post.seq, post.prev_seq, again=False))

    def page(self, ticket: int, room_id: bytes, after: int | None, before: int | None, limit: int) -> None:
        """See `Engine`. A page holds at most `limits.PAGE_BYTES`, but one post in any case."""
        log = self._logs[room_id]
        oldest = log.posts[0].seq if log.posts else 0
        if after is not None:
            found = log.posts[bisect_right(log.posts, after, key=_seq) :]
            posts = found[: _fitting(found[:limit])]
        else:
            found = log.posts[: bisect_left(log.posts, before or 0, key=_seq)]
            posts = found[len(found) - _fitting(found[::-1][:limit]) :]
        self._answers.append(Paged(ticket, tuple(posts), oldest, more=len(posts) < len(found)))

    def poll(self) -> list[Answer]:
        """See `Engine`."""
        answers, self._answers = self._answers, []
        return answers

    def tick(self, now: float) -> None:
        """See `Engine`."""
        for room_id, log in list(self._logs.items()):
            if not log.handle and now - log.empty_since >= FORGET_SECONDS:
                self._forget(room_id)

    def wake_by(self, wake: Callable[[], None]) -> None:
        """See `Engine`. Answers are there at once, so nobody needs to be woken."""

    def close(self) -> None:
        """See `Engine`."""
        self._logs.clear()

    def _unused(self, size: int, used: set[bytes]) -> bytes:
        while (handle := self._random_bytes(size)) in used:
            pass
        used.add(handle)
        return handle

    def _make_place(self, log: _Log, size: int) -> bool:
        """Room for one more post: this room's oldest go first, then rooms that nobody is in; never anybody else's."""
        keep = self._keep
        while log.posts and (len(log.posts) >= keep.posts or log.kept_bytes + size > keep.room_bytes):
            self._drop_oldest(log)
        while self._total_bytes + size > keep.total_bytes:
            if not self._forget_an_empty_room():
                if not log.posts:
                    return False
                self._drop_oldest(log)
        return True

    def _drop_oldest(self, log: _Log) -> None:
        post = log.posts.pop(0)
        del log.numbers[log.ids.pop(0)]
        self._total_posts -= 1
        self._weigh(log, -len(post.token) - _POST_OVERHEAD)

    def _forget_an_empty_room(self) -> bool:
        for room_id, log in self._logs.items():
            if not log.handle:
                self._forget(room_id)
                return True
        return False

    def _forget(self, room_id: bytes) -> None:
        log = self._logs.pop(room_id)
        self._total_bytes -= log.kept_bytes
        self._total_posts -= len(log.posts)

    def _weigh(self, log: _Log, size: int) -> None:
        log.kept_bytes += size
        self._total_bytes += size


def _seq(post: StoredPost) -> int:
    return post.seq


def _fitting(posts: list[StoredPost]) -> int:
    """How many of these, from the first on, go into one page."""
    size = 0
    for count, post in enumerate(posts):
        size += len(post.token) + 24  # numbers and MessagePack around it
        if count and size > limits.PAGE_BYTES:
            return count
    return len(posts)
