"""The engine of `--history off`: lines are numbered and passed on, and none is kept, in memory or on disk.

The ids of the last ones are remembered, so that a line that is sent again is answered with its first number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from broker.engine.base import Answer, Appended, Engine, Kept, Paged, Span
from broker.engine.handles import Handles
from common import limits

FORGET_SECONDS: Final = 86_400.0  # a room that nobody was in for a day: it begins with new numbers
ROOMS: Final = 10_000
IDS: Final = 200  # of a room: what all outboxes of a full one may send again at once


@dataclass(slots=True)
class _Room:
    log_id: bytes
    newest_seq: int = 0
    numbers: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # seq and prev_seq by post id, oldest first
    empty_since: float = 0.0


class ForgetfulEngine(Engine):
    """Numbers posts. `random_bytes(n)` gives n bytes for handles and log ids."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes
        self._handles = Handles(random_bytes)
        self._rooms: dict[bytes, _Room] = {}  # those that nobody is in first, in the order of emptiness
        self._answers: list[Answer] = []

    def kept(self) -> Kept:
        """See `Engine`."""
        return Kept(0, 0, 0)

    def enter(self, room_id: bytes, now: float) -> bytes | None:
        """See `Engine`. The room that was empty for the longest makes place for another."""
        del now  # only emptiness ages
        if room_id not in self._rooms:
            if len(self._rooms) >= ROOMS and not self._forget_an_empty_room():
                return None
            self._rooms[room_id] = _Room(self._random_bytes(limits.LOG_ID_BYTES))
        return self._handles.enter(room_id)

    def allot(self, room_id: bytes) -> bytes:
        """See `Engine`."""
        return self._handles.allot(room_id)

    def release(self, room_id: bytes, member: bytes) -> None:
        """See `Engine`."""
        self._handles.release(room_id, member)

    def emptied(self, room_id: bytes, now: float) -> None:
        """See `Engine`. A room in which nothing was said is forgotten at once."""
        self._handles.leave(room_id)
        room = self._rooms.pop(room_id)
        room.empty_since = now
        if room.newest_seq:
            self._rooms[room_id] = room  # at the end: of those that are empty, the first has been so for the longest

    def span(self, room_id: bytes) -> Span:
        """See `Engine`."""
        room = self._rooms[room_id]
        return Span(room.log_id, room.newest_seq, 0)

    def append(self, ticket: int, room_id: bytes, post_id: bytes, token: bytes) -> None:
        """See `Engine`. The token is not looked at."""
        del token
        room = self._rooms[room_id]
        known = room.numbers.get(post_id)
        if known is not None:
            self._answers.append(Appended(ticket, *known, again=True))
            return
        room.newest_seq += 1
        room.numbers[post_id] = room.newest_seq, room.newest_seq - 1
        if len(room.numbers) > IDS:
            del room.numbers[next(iter(room.numbers))]
        self._answers.append(Appended(ticket, *room.numbers[post_id], again=False))

    def page(self, ticket: int, room_id: bytes, after: int | None, before: int | None, limit: int) -> None:
        """See `Engine`. There is nothing."""
        del room_id, after, before, limit
        self._answers.append(Paged(ticket, (), 0, more=False))

    def poll(self) -> list[Answer]:
        """See `Engine`."""
        answers, self._answers = self._answers, []
        return answers

    def tick(self, now: float) -> None:
        """See `Engine`."""
        for room_id, room in list(self._rooms.items()):
            if room_id not in self._handles and now - room.empty_since >= FORGET_SECONDS:
                del self._rooms[room_id]

    def wake_by(self, wake: Callable[[], None]) -> None:
        """See `Engine`. Answers are there at once, so nobody needs to be woken."""

    def close(self) -> None:
        """See `Engine`."""
        self._rooms.clear()

    def _forget_an_empty_room(self) -> bool:
        for room_id in self._rooms:
            if room_id not in self._handles:
                del self._rooms[room_id]
                return True
        return False
