"""The one who works on the ledger: many requests at a time, posts by one commit, and what to say where it fails.

`Writer` is called with batches by whoever runs it: a thread (`WriterThread`), or the asker itself in a test.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from broker.engine.base import Answer, Failed
from broker.engine.database import StorageTrouble
from broker.engine.ledger import Ledger, NewPost, RoomState

_BATCH: Final = 500  # requests by one commit
_PAGES: Final = 4  # pages before the next posts: some milliseconds
_RETRY_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class PageWanted:
    """A page to be read."""

    ticket: int
    room_id: bytes
    after: int | None
    before: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class Forget:
    """A room (room id, log id) of which nothing is kept and where nobody has been for long."""

    room_id: bytes
    log_id: bytes


@dataclass(frozen=True, slots=True)
class Age:
    """Time to look at a few rooms for posts that are too old."""


Request: TypeAlias = NewPost | PageWanted | Forget | Age


@dataclass(slots=True)
class Outcome:
    """What came of a batch."""

    answers: list[Answer] = field(default_factory=list)
    rooms: list[RoomState] = field(default_factory=list)


class Writer:
    """`wall` gives seconds since 1970; `tell` gets a sentence when the storage fails, and when it works again."""

    def __init__(self, ledger: Ledger, wall: Callable[[], float], tell: Callable[[str], None]) -> None:
        self._ledger = ledger
        self._wall = wall
        self._tell = tell
        self._failing: dict[str, str] = {}  # what fails just now, and why
        self.trouble = ""  # what is wrong with the storage; from any thread

    def work(self, requests: Sequence[Request]) -> Outcome:
        """Do these: what is forgotten first, then posts, then pages, which see them. Raises nothing."""
        outcome = Outcome()
        forgotten = [request for request in requests if isinstance(request, Forget)]
        if forgotten:
            self._fails("forgetting", lambda: self._ledger.forget((room.room_id, room.log_id) for room in forgotten))
        posts = [request for request in requests if isinstance(request, NewPost)]
        if posts:
            self._keep(posts, outcome)
        for request in requests:
            if isinstance(request, PageWanted):
                self._read(request, outcome)
            elif isinstance(request, Age):
                self._fails("pruning", lambda: outcome.rooms.extend(self._ledger.age(int(self._wall()))))
        return outcome

    def close(self) -> None:
        """Let the file go."""
        self._ledger.close()

    def _keep(self, posts: list[NewPost], outcome: Outcome) -> None:
        """By one commit; where that fails each room by one of its own, so that one damaged room is its own trouble."""
        if not self._fails("keeping", lambda: self._append(posts, outcome)):
            return
        by_room: dict[bytes, list[NewPost]] = {}
        for post in posts:
            by_room.setdefault(post.room_id, []).append(post)
        for same in by_room.values():
            if len(by_room) == 1 or self._fails("keeping", lambda: self._append(same, outcome)):  # noqa: B023
                outcome.answers += [_failed(post.ticket) for post in same]

    def _append(self, posts: list[NewPost], outcome: Outcome) -> None:
        answers, rooms = self._ledger.append(posts, int(self._wall()))
        outcome.answers += answers
        outcome.rooms += rooms

    def _read(self, wanted: PageWanted, outcome: Outcome) -> None:
        def page() -> None:
            found = self._ledger.page(wanted.ticket, wanted.room_id, wanted.after, wanted.before, wanted.limit)
            outcome.answers.append(found)

        if self._fails("reading", page):
            outcome.answers.append(_failed(wanted.ticket))

    def _fails(self, what: str, do: Callable[[], object]) -> bool:
        """Do it; where the storage fails, say so once. A damaged row may show as any error, and must end no thread."""
        try:
            do()
        except Exception as error:  # noqa: BLE001
            known = isinstance(error, StorageTrouble) and str(error)
            self._failing[what] = str(error) if known else f"damaged? {type(error).__name__}: {error}"
        else:
            self._failing.pop(what, None)
        trouble = next(iter(self._failing.values()), "")
        if trouble != self.trouble:
            self.trouble = trouble
            self._tell(f"posts cannot be kept: {trouble}" if trouble else "posts are kept again")
        return what in self._failing


class WriterThread(threading.Thread):
    """Runs a writer: posts that wait go into one batch, pages follow a few at a time, so that no post waits for many.

    `done` is called on this thread.
    """

    def __init__(self, writer: Writer, done: Callable[[Outcome], None]) -> None:
        super().__init__(name="writer", daemon=True)
        self._writer = writer
        self._done = done
        self._waiting: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._pages: deque[PageWanted] = deque()

    def put(self, request: Request) -> None:
        """Have something done."""
        self._waiting.put(request)

    def stop(self) -> None:
        """Finish what was begun, and end."""
        self._waiting.put(None)
        self.join()

    def run(self) -> None:
        """Work until `stop`."""
        running = True
        while running or self._pages:
            batch = self._batch()
            running = running and None not in batch
            self._pages.extend(request for request in batch if isinstance(request, PageWanted))
            others = [request for request in batch if request is not None and not isinstance(request, PageWanted)]
            if others:
                self._done(self._writer.work(others))
            some = [self._pages.popleft() for _ in range(min(_PAGES, len(self._pages)))]
            if some:
                self._done(self._writer.work(some))
        self._writer.close()

    def _batch(self) -> list[Request | None]:
        """What waits; at least one request, unless pages wait."""
        batch = [] if self._pages else [self._waiting.get()]
        while len(batch) < _BATCH and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        return batch


def _failed(ticket: int) -> Failed:
    reason = "This broker cannot reach what it keeps just now: its storage has failed."
    return Failed(ticket, "storage", reason, _RETRY_MS)
