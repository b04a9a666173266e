"""The one who works on the ledger: many requests at a time, posts by one commit, and what to say where it fails.

`Writer` is called with batches by whoever runs it: a thread (`WriterThread`), or the asker itself in a test.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from broker.engine.base import Answer, Failed
from broker.engine.database import StorageTrouble
from broker.engine.ledger import Ledger, NewPost, RoomState

_BATCH: Final = 500  # requests by one commit
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
        self.trouble = ""  # what is wrong with the storage; from any thread

    def work(self, requests: Sequence[Request]) -> Outcome:
        """Do these: what is forgotten first, then posts, then pages, which see them. Raises nothing of storage."""
        outcome = Outcome()
        self._tried(lambda: self._forget(requests))
        self._tried(lambda: self._append(requests, outcome), requests, NewPost, outcome)
        for request in requests:
            if isinstance(request, PageWanted):
                self._tried(lambda: self._page(request, outcome), (request,), PageWanted, outcome)  # noqa: B023
        if any(isinstance(request, Age) for request in requests):
            self._tried(lambda: outcome.rooms.extend(self._ledger.age(int(self._wall()))))
        return outcome

    def close(self) -> None:
        """Let the file go."""
        self._ledger.close()

    def _tried(
        self,
        do: Callable[[], bool | None],
        requests: Sequence[Request] = (),
        kind: type[NewPost | PageWanted] = NewPost,
        outcome: Outcome | None = None,
    ) -> None:
        """Do it; where the storage fails, say so once and tell all who asked."""
        try:
            done = do()
        except StorageTrouble as error:
            self._troubled(str(error) or "the database does not say why")
            if outcome is not None:
                reason = "This broker cannot reach what it keeps just now: its storage has failed."
                outcome.answers += [
                    Failed(request.ticket, "storage", reason, _RETRY_MS)
                    for request in requests
                    if isinstance(request, kind)
                ]
        else:
            if done and self.trouble:
                self._troubled("")

    def _troubled(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._tell(f"posts cannot be kept: {trouble}" if trouble else "posts are kept again")

    def _forget(self, requests: Sequence[Request]) -> None:
        rooms = [(request.room_id, request.log_id) for request in requests if isinstance(request, Forget)]
        if rooms:
            self._ledger.forget(rooms)

    def _append(self, requests: Sequence[Request], outcome: Outcome) -> bool:
        posts = [request for request in requests if isinstance(request, NewPost)]
        if posts:
            answers, rooms = self._ledger.append(posts, int(self._wall()))
            outcome.answers += answers
            outcome.rooms += rooms
        return bool(posts)

    def _page(self, wanted: PageWanted, outcome: Outcome) -> None:
        page = self._ledger.page(wanted.ticket, wanted.room_id, wanted.after, wanted.before, wanted.limit)
        outcome.answers.append(page)


class WriterThread(threading.Thread):
    """Runs a writer: whatever waits goes into one batch. `done` and the wake-up behind it are called on this thread."""

    def __init__(self, writer: Writer, done: Callable[[Outcome], None]) -> None:
        super().__init__(name="writer", daemon=True)
        self._writer = writer
        self._done = done
        self._waiting: queue.SimpleQueue[Request | None] = queue.SimpleQueue()

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
        while running:
            batch = [self._waiting.get()]
            while len(batch) < _BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            running = None not in batch
            self._done(self._writer.work([request for request in batch if request is not None]))
        self._writer.close()
