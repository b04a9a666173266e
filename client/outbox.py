"""The posts that the broker has not yet acknowledged, and the pace at which they are sent.

Finished tokens, so a post sent again is the same post. Where they are kept is behind `OutboxStore`. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from client.queued_post import QueuedPost
from common import limits
from common.errors import LocalError
from common.messages import Post, post_id

_IN_FLIGHT: Final = 8  # posts sent and not yet acknowledged: keeps my own lines in the order I wrote them
_PACE: Final = 0.8  # of the broker's quota, so that an honest client is never refused
_STEP_SECONDS: Final = 1 / (limits.TEXT_PER_SECOND * _PACE)  # between two posts in the long run
_SAVED_SECONDS: Final = (limits.TEXT_BURST * _PACE - 1) * _STEP_SECONDS  # what a silence saves up for a burst


class OutboxStore(Protocol):
    """Where queued posts and the device's counter of one room are kept."""

    def queue(self, seal: Callable[[int], bytes]) -> QueuedPost:
        """Take the next counter, seal a token with it, keep both: all or nothing."""

    def waiting(self) -> list[QueuedPost]:
        """All queued posts, in the order of their counters."""

    def forget(self, counter: int) -> None:
        """The post is settled."""

    def skip_to(self, counter: int) -> None:
        """Never use a counter below this one again."""


class Outbox:
    """Queue, pace and settle my posts of one room."""

    def __init__(self, store: OutboxStore) -> None:
        self._store = store
        self._posts: dict[bytes, QueuedPost] = {post_id(post.token): post for post in store.waiting()}
        self._sent: set[bytes] = set()
        self._open = False
        self._next_at = float("-inf")
        self._to_forget: set[int] = set()  # settled, but the disk has failed
        self._to_skip = 0

    def waiting(self) -> list[QueuedPost]:
        """What is not settled, oldest first."""
        return list(self._posts.values())

    def add(self, seal: Callable[[int], bytes]) -> bytes:
        """Queue a post; returns its id. Raises `LocalError` where the disk fails: nothing is queued then."""
        self._catch_up()  # first: no counter may be used twice
        post = self._store.queue(seal)
        identity = post_id(post.token)
        self._posts[identity] = post
        return identity

    def settle(self, identity: bytes) -> QueuedPost | None:
        """The broker has this post, or never will: take it out. None if it was not waiting.

        A disk that fails now is asked again later: at worst the post is sent again, and the broker knows it.
        """
        post = self._posts.pop(identity, None)
        self._sent.discard(identity)
        if post is not None:
            self._to_forget.add(post.counter)
            with suppress(LocalError):
                self._catch_up()
        return post

    def skip_to(self, counter: int) -> None:
        """A post of this device was met that this folder does not remember: never use its counter again."""
        self._to_skip = max(self._to_skip, counter)
        with suppress(LocalError):
            self._catch_up()

    def _catch_up(self) -> None:
        """Do what is still to be done on disk."""
        if self._to_skip:
            self._store.skip_to(self._to_skip)
            self._to_skip = 0
        for counter in sorted(self._to_forget):
            self._store.forget(counter)
            self._to_forget.discard(counter)

    def opened(self) -> None:
        """In the room: everything that waits is sent (again)."""
        self._open = True
        self._next_at = float("-inf")  # whoever has just joined has a fresh quota
        self._sent.clear()

    def closed(self) -> None:
        """Not in the room."""
        self._open = False

    def postpone(self, identity: bytes, until: float) -> None:
        """The broker asked to be left alone for a while; this post goes out again then."""
        self._sent.discard(identity)
        self._next_at = max(self._next_at, until)

    def take_due(self, now: float) -> list[Post]:
        """The posts to send now, oldest first."""
        due: list[Post] = []
        if not self._open:
            return due
        for identity, post in self._posts.items():
            if now < self._next_at or len(self._sent) >= _IN_FLIGHT:
                break
            if identity not in self._sent:
                self._next_at = max(self._next_at, now - _SAVED_SECONDS) + _STEP_SECONDS
                self._sent.add(identity)
                due.append(Post(post.token))
        return due

    def next_tick(self, now: float) -> float | None:
        """When `take_due` is worth another call; None: only after an acknowledgement."""
        if not self._open or len(self._sent) >= min(_IN_FLIGHT, len(self._posts)):
            return None
        return max(now, self._next_at)
