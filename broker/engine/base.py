"""The seam behind which posts are kept: `append` and `page` now, answers from `poll` later.

An engine may answer at once or from a thread of its own (a disk, another machine); `Core` asks with a
ticket and reads what `poll` returns. An engine that answers from another thread calls the wake-up that it was
given, from any thread, and never touches a socket of the broker. Engines see room ids and sealed tokens; they
never see a phrase, a name or who a member is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from common.messages import StoredPost


@dataclass(frozen=True, slots=True)
class Span:
    """The numbers of a room's log: its id (16 bytes), newest and oldest seq that are kept (0: none)."""

    log_id: bytes
    newest_seq: int
    oldest_seq: int


@dataclass(frozen=True, slots=True)
class Appended:
    """A post is kept. `again`: it was kept before, and this is the number that it got then."""

    ticket: int
    seq: int
    prev_seq: int
    again: bool


@dataclass(frozen=True, slots=True)
class Paged:
    """Kept posts in rising seq. `more`: there are further ones in the direction asked."""

    ticket: int
    posts: tuple[StoredPost, ...]
    oldest_seq: int
    more: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """Not done. `code` for programs, `reason` for people, `retry_after` in milliseconds (0: do not)."""

    ticket: int
    code: str
    reason: str
    retry_after: int


@dataclass(frozen=True, slots=True)
class Kept:
    """How much is kept in all. `trouble` is the sentence that posts are refused with now, empty: all is well."""

    rooms: int
    posts: int
    bytes: int
    trouble: str = ""


Answer: TypeAlias = Appended | Paged | Failed


class Engine(ABC):
    """Keeps posts by room, numbers them, and allots the handles that voice and members are routed by."""

    @abstractmethod
    def enter(self, room_id: bytes, now: float) -> bytes | None:
        """Somebody is about to be in this room: its handle (4 bytes, random, unique), or None: no place is left."""

    @abstractmethod
    def allot(self, room_id: bytes) -> bytes:
        """A member handle (2 bytes, random) that nobody in this room has."""

    @abstractmethod
    def release(self, room_id: bytes, member: bytes) -> None:
        """Give a member handle back."""

    @abstractmethod
    def emptied(self, room_id: bytes, now: float) -> None:
        """Nobody is in this room any more. Its handle is free, its posts may be forgotten in time."""

    @abstractmethod
    def span(self, room_id: bytes) -> Span:
        """The numbers of an entered room, at once: engines keep them in memory."""

    @abstractmethod
    def kept(self) -> Kept:
        """How much is kept, at once: from numbers in memory, never from a disk."""

    @abstractmethod
    def append(self, ticket: int, room_id: bytes, post_id: bytes, token: bytes) -> None:
        """Keep a post. Answered by `Appended`, or by `Failed`."""

    @abstractmethod
    def page(self, ticket: int, room_id: bytes, after: int | None, before: int | None, limit: int) -> None:
        """The oldest posts above `after`, or the newest below `before`. Answered by `Paged`, or by `Failed`."""

    @abstractmethod
    def poll(self) -> list[Answer]:
        """The answers that are ready, each once. Never waits."""

    @abstractmethod
    def tick(self, now: float) -> None:
        """Forget what is too old. Called every second or so."""

    @abstractmethod
    def wake_by(self, wake: Callable[[], None]) -> None:
        """What to call, from any thread, when `poll` has something new."""

    @abstractmethod
    def close(self) -> None:
        """Finish what was begun. Nothing may be asked afterwards."""
