"""The engine of one machine: posts in an SQLite file, written by a thread of its own.

What the main thread needs at once (handles, the numbers of a room, how much is kept) is in memory and follows the
writer's answers; everything else waits for the writer. So no disk ever stands in the way of voice, and nothing is
acknowledged before it is on disk.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker.engine.base import Answer, Engine, Failed, Kept, Span
from broker.engine.database import Open, SqliteDatabase, StorageTrouble
from broker.engine.handles import Handles
from broker.engine.ledger import Keep, Ledger, NewPost, RoomState
from broker.engine.writer import Age, Forget, Outcome, PageWanted, Request, Writer, WriterThread
from common import limits

FILE: Final = "posts.sqlite3"
FORGET_SECONDS: Final = 86_400.0  # a room without posts that nobody was in for a day
_WAITING: Final = 5_000  # posts on their way to the disk: half a minute of a slow one
_WAITING_BYTES: Final = 64 * 2**20
_AGE_SECONDS: Final = 1.0
_SWEEP_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Room:
    log_id: bytes
    newest_seq: int = 0
    oldest_seq: int = 0
    posts: int = 0
    bytes: int = 0
    empty_since: float | None = None  # None: not looked at since the start


class EmbeddedEngine(Engine):
    """Posts in the file at `path`. `random_bytes(n)` gives n bytes; `wall` seconds since 1970; `tell` gets troubles.

    A file that cannot be used is no reason not to start: rooms, signals and voice go on, and posts are refused.
    Without a thread (`threaded=False`) every answer is there at once.
    """

    def __init__(
        self,
        path: Path,
        random_bytes: Callable[[int], bytes],
        wall: Callable[[], float],
        *,
        keep: Keep | None = None,
        tell: Callable[[str], None] = lambda _: None,
        opened: Open = SqliteDatabase,
        threaded: bool = True,
    ) -> None:
        self._random_bytes = random_bytes
        self._keep = keep or Keep()
        self._handles = Handles(random_bytes)
        self._rooms: dict[bytes, _Room] = {}
        self._done: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._wake: Callable[[], None] = lambda: None
        self._waiting: dict[int, int] = {}  # bytes of each post on its way, by ticket
        self._waiting_bytes = 0
        self._total_bytes = 0
        self._total_posts = 0
        self._aged = self._swept = float("-inf")
        self._trouble = ""
        self._thread: WriterThread | None = None
        self._writer: Writer | None = None
        try:
            ledger = Ledger(opened(path), self._keep)
            for state in ledger.rooms():
                self._note(state)
        except (StorageTrouble, TypeError, ValueError, OverflowError) as error:  # the latter: damaged rows
            self._trouble = str(error)
            tell(f"posts cannot be kept: {path}: {error}")
            return
        self._writer = Writer(ledger, wall, tell)
        if threaded:
            self._thread = WriterThread(self._writer, self._finished)
            self._thread.start()

    def kept(self) -> Kept:
        """See `Engine`."""
        rooms = sum(room.posts > 0 for room in self._rooms.values())
        trouble = self._trouble if self._writer is None else self._writer.trouble
        return Kept(rooms, self._total_posts, self._total_bytes, trouble)

    def enter(self, room_id: bytes, now: float) -> bytes | None:
        """See `Engine`. A room of which nothing is kept finds no place where all of it is taken."""
        del now  # only emptiness ages
        room = self._rooms.get(room_id)
        is_new = room_id not in self._handles and (room is None or not room.posts)
        if is_new and (self._total_bytes >= self._keep.total_bytes or len(self._rooms) >= self._keep.rooms):
            return None
        if room is None:
            self._rooms[room_id] = _Room(self._random_bytes(limits.LOG_ID_BYTES))
        return self._handles.enter(room_id)

    def allot(self, room_id: bytes) -> bytes:
        """See `Engine`."""
        return self._handles.allot(room_id)

    def release(self, room_id: bytes, member: bytes) -> None:
        """See `Engine`."""
        self._handles.release(room_id, member)

    def emptied(self, room_id: bytes, now: float) -> None:
        """See `Engine`. A room in which nothing was ever said is forgotten at once."""
        self._handles.leave(room_id)
        room = self._rooms[room_id]
        room.empty_since = now
        if not room.newest_seq and not self._waiting:
            del self._rooms[room_id]

    def span(self, room_id: bytes) -> Span:
        """See `Engine`."""
        room = self._rooms[room_id]
        return Span(room.log_id, room.newest_seq, room.oldest_seq)

    def append(self, ticket: int, room_id: bytes, post_id: bytes, token: bytes) -> None:
        """See `Engine`."""
        if self._writer is None:
            self._fail(ticket, "storage", "This broker cannot keep lines: its storage has failed.", 60_000)
        elif len(self._waiting) >= _WAITING or self._waiting_bytes >= _WAITING_BYTES:
            self._fail(ticket, "busy", "This broker's disk cannot keep up: wait a moment.", 1_000)
        else:
            self._waiting[ticket] = len(token)
            self._waiting_bytes += len(token)
            self._ask(NewPost(ticket, room_id, self._rooms[room_id].log_id, post_id, token))

    def page(self, ticket: int, room_id: bytes, after: int | None, before: int | None, limit: int) -> None:
        """See `Engine`."""
        if self._writer is None:
            self._fail(ticket, "storage", "This broker cannot read what it keeps: its storage has failed.", 60_000)
        else:
            self._ask(PageWanted(ticket, room_id, after, before, limit))

    def poll(self) -> list[Answer]:
        """See `Engine`."""
        answers: list[Answer] = []
        for _ in range(self._done.qsize()):
            outcome = self._done.get_nowait()
            for state in outcome.rooms:
                self._note(state)
            answers += outcome.answers
        for answer in answers:
            self._waiting_bytes -= self._waiting.pop(answer.ticket, 0)
        return answers

    def tick(self, now: float) -> None:
        """See `Engine`."""
        if self._writer is None:
            return
        if now - self._aged >= _AGE_SECONDS and self._keep.days:
            self._aged = now
            self._ask(Age())
        if now - self._swept >= _SWEEP_SECONDS:
            self._swept = now
            self._forget_empty_rooms(now)

    def wake_by(self, wake: Callable[[], None]) -> None:
        """See `Engine`."""
        self._wake = wake

    def close(self) -> None:
        """See `Engine`."""
        if self._thread is not None:
            self._thread.stop()
        elif self._writer is not None:
            self._writer.close()

    def _ask(self, request: Request) -> None:
        if self._thread is not None:
            self._thread.put(request)
        elif self._writer is not None:
            self._done.put(self._writer.work([request]))

    def _finished(self, outcome: Outcome) -> None:
        """On the writer's thread."""
        if outcome.answers or outcome.rooms:
            self._done.put(outcome)
            self._wake()

    def _fail(self, ticket: int, code: str, reason: str, retry_after: int) -> None:
        self._done.put(Outcome([Failed(ticket, code, reason, retry_after)]))

    def _note(self, state: RoomState) -> None:
        room = self._rooms.setdefault(state.room_id, _Room(state.log_id))
        self._total_posts += state.posts - room.posts
        self._total_bytes += state.bytes - room.bytes
        room.newest_seq, room.oldest_seq = state.newest_seq, state.oldest_seq
        room.posts, room.bytes = state.posts, state.bytes

    def _forget_empty_rooms(self, now: float) -> None:
        for room_id, room in list(self._rooms.items()):
            if room.posts or room_id in self._handles:
                continue
            if room.empty_since is None:
                room.empty_since = now
            elif now - room.empty_since >= FORGET_SECONDS:
                del self._rooms[room_id]
                self._ask(Forget(room_id, room.log_id))
