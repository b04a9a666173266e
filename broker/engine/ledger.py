"""Posts in a database: numbered for each room, found again, given out in pages, pruned. No thread, no clock.

Everything that is true stands in the file: a transaction that fails leaves nothing behind, here neither. Numbers of
a room rise for as long as its row lives, whatever is pruned; a room that was forgotten comes back under another log id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from broker.engine.base import Answer, Appended, Failed, Paged
from broker.engine.database import Database, Row, StorageTrouble, transaction
from common import limits
from common.messages import StoredPost

SCHEMA_VERSION: Final = 1
APPLICATION_ID: Final = 0x53436272  # "SCbr", so that `file` and we know what it is
POST_OVERHEAD: Final = 256  # bytes that a post takes beside its token, roughly
_PRUNED_AT_ONCE: Final = 200  # posts of one room: appends wait no longer for it than for themselves
_ROOMS_AT_ONCE: Final = 50
_SCHEMA: Final = """
CREATE TABLE room (id INTEGER PRIMARY KEY, room_id BLOB NOT NULL UNIQUE, log_id BLOB NOT NULL,
                   newest_seq INTEGER NOT NULL, posts INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE post (id INTEGER PRIMARY KEY, room INTEGER NOT NULL REFERENCES room, seq INTEGER NOT NULL,
                   prev_seq INTEGER NOT NULL, post_id BLOB NOT NULL, stored_at INTEGER NOT NULL, token BLOB NOT NULL,
                   UNIQUE (room, seq), UNIQUE (room, post_id));
"""


@dataclass(frozen=True)
class Keep:
    """How much is kept of each room (days 0: of any age), and bytes of all together before new rooms are refused."""

    days: int = 30
    posts: int = 10_000
    room_bytes: int = 64 * 2**20
    total_bytes: int = 4 * 2**30
    rooms: int = 100_000


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to be kept. `log_id` is for a room that is not known yet."""

    ticket: int
    room_id: bytes
    log_id: bytes
    post_id: bytes
    token: bytes


@dataclass(frozen=True, slots=True)
class RoomState:
    """What is kept of a room. Numbers are 0 where there is none."""

    room_id: bytes
    log_id: bytes
    newest_seq: int
    oldest_seq: int
    posts: int
    bytes: int


class Ledger:
    """An open file of posts. Every method may raise `StorageTrouble`; then nothing has changed."""

    def __init__(self, database: Database, keep: Keep) -> None:
        """Bring the file to this version's schema."""
        self._database = database
        self._keep = keep
        self._prepare()
        self._total: int = database.run("SELECT coalesce(sum(bytes), 0) FROM room")[0][0]
        self._aged_to = 0  # the id of the room that was last looked at for its age

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def rooms(self) -> list[RoomState]:
        """All rooms there are."""
        return [self._state(*row) for row in self._database.run("SELECT id, room_id FROM room")]

    def append(self, posts: Sequence[NewPost], now: int) -> tuple[list[Answer], list[RoomState]]:
        """Keep these, in this order, by one commit; `now` is the wall clock in seconds.

        Answers in the same order, and what has become of their rooms.
        """
        total, answers = self._total, list[Answer]()
        touched: dict[int, bytes] = {}
        with transaction(self._database):
            for post in posts:
                room = self._room(post)
                touched[room] = post.room_id
                answer, size = self._append(room, post, total, now)
                answers.append(answer)
                total += size
            for room in touched:
                total -= self._prune(room, self._cutoff(now))
            states = [self._state(room, room_id) for room, room_id in touched.items()]
        self._total = total
        return answers, states

    def page(self, ticket: int, room_id: bytes, after: int | None, before: int | None, limit: int) -> Paged:
        """At most `limits.PAGE_BYTES`, but one post in any case."""
        side = "seq > ? ORDER BY seq" if after is not None else "seq < ? ORDER BY seq DESC"
        edge = after if after is not None else before or 0
        rows = self._database.run(
            f"SELECT seq, prev_seq, token FROM post WHERE room = (SELECT id FROM room WHERE room_id = ?) AND {side}"  # noqa: S608
            " LIMIT ?",
            *(room_id, edge, limit + 1),
        )
        posts = [_stored(row) for row in rows[:limit]]
        fitting = posts[: _fitting(posts)]
        if after is None:
            fitting.reverse()
        return Paged(ticket, tuple(fitting), self._oldest_of(room_id), more=len(fitting) < len(rows))

    def age(self, now: int) -> list[RoomState]:
        """Prune the next few rooms by age, all in turn over many calls. What has become of those that changed."""
        cutoff = self._cutoff(now)
        rows = self._database.run(
            "SELECT id, room_id FROM room WHERE id > ? AND posts > 0 ORDER BY id LIMIT ?", self._aged_to, _ROOMS_AT_ONCE
        )
        self._aged_to = rows[-1][0] if len(rows) == _ROOMS_AT_ONCE else 0
        total, states = self._total, list[RoomState]()
        with transaction(self._database):
            for room, room_id in rows:
                freed = self._prune(room, cutoff)
                if freed:
                    total -= freed
                    states.append(self._state(room, room_id))
        self._total = total
        return states

    def forget(self, rooms: Iterable[tuple[bytes, bytes]]) -> None:
        """Forget these rooms (room id, log id), of which nothing is kept any more."""
        with transaction(self._database):
            for room_id, log_id in rooms:
                self._database.run("DELETE FROM room WHERE room_id = ? AND log_id = ? AND posts = 0", room_id, log_id)

    # --- parts of it -----------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        run = self._database.run
        ((application,),), ((version,),) = run("PRAGMA application_id"), run("PRAGMA user_version")
        if run("SELECT count(*) FROM sqlite_master") != [(0,)]:
            if application != APPLICATION_ID:
                raise StorageTrouble("it is the database of another program")
            if version > SCHEMA_VERSION:
                raise StorageTrouble("it was written by a newer version of the broker: update this one")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        if version == 0:
            with transaction(self._database):
                for statement in _SCHEMA.split(";"):
                    run(statement)
                run(f"PRAGMA application_id = {APPLICATION_ID}")
                run(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _room(self, post: NewPost) -> int:
        """The row of a post's room, made if there is none."""
        known = self._database.run("SELECT id, log_id, posts FROM room WHERE room_id = ?", post.room_id)
        for room, log_id, posts in known:
            if log_id != post.log_id and not posts:  # it was to be forgotten, and that failed: it begins anew now
                self._database.run("UPDATE room SET log_id = ?, newest_seq = 0 WHERE id = ?", post.log_id, room)
            return int(room)
        ((made,),) = self._database.run(
            "INSERT INTO room (room_id, log_id, newest_seq, posts, bytes) VALUES (?, ?, 0, 0, 0) RETURNING id",
            *(post.room_id, post.log_id),
        )
        return int(made)

    def _append(self, room: int, post: NewPost, total: int, now: int) -> tuple[Answer, int]:
        """The answer, and by how much more is kept now."""
        known = self._database.run("SELECT seq, prev_seq FROM post WHERE room = ? AND post_id = ?", room, post.post_id)
        for seq, prev_seq in known:
            return Appended(post.ticket, seq, prev_seq, again=True), 0
        size = len(post.token) + POST_OVERHEAD
        # Whatever its size: a small one must not overtake a large one that is refused.
        if total >= self._keep.total_bytes + self._keep.total_bytes // 4:
            reason = "This broker has no place for more lines just now."
            return Failed(post.ticket, "full", reason, 60_000), 0
        ((newest,),) = self._database.run("SELECT newest_seq FROM room WHERE id = ?", room)
        self._database.run(
            "INSERT INTO post (room, seq, prev_seq, post_id, stored_at, token) VALUES (?, ?, ?, ?, ?, ?)",
            *(room, newest + 1, newest, post.post_id, now, post.token),
        )
        self._database.run(
            "UPDATE room SET newest_seq = ?, posts = posts + 1, bytes = bytes + ? WHERE id = ?", newest + 1, size, room
        )
        return Appended(post.ticket, newest + 1, newest, again=False), size

    def _prune(self, room: int, cutoff: int) -> int:
        """Drop the room's oldest posts, a few at a time, while there are too many or they are too old. Bytes freed.

        From the oldest number on, so that no hole appears in the midst, whatever the clock has been set to.
        """
        ((posts, size),) = self._database.run("SELECT posts, bytes FROM room WHERE id = ?", room)
        oldest = self._database.run(
            "SELECT seq, length(token), stored_at FROM post WHERE room = ? ORDER BY seq LIMIT ?", room, _PRUNED_AT_ONCE
        )
        dropped = freed = upto = 0
        for seq, token_bytes, stored_at in oldest:
            too_many = posts - dropped > self._keep.posts or size - freed > self._keep.room_bytes
            if not too_many and stored_at >= cutoff:
                break
            dropped, freed, upto = dropped + 1, freed + token_bytes + POST_OVERHEAD, seq
        if dropped:
            self._database.run("DELETE FROM post WHERE room = ? AND seq <= ?", room, upto)
            self._database.run(
                "UPDATE room SET posts = posts - ?, bytes = bytes - ? WHERE id = ?", dropped, freed, room
            )
        return freed

    def _cutoff(self, now: int) -> int:
        return now - self._keep.days * 86_400 if self._keep.days else -(2**62)

    def _state(self, room: int, room_id: bytes) -> RoomState:
        ((log_id, newest, posts, size),) = self._database.run(
            "SELECT log_id, newest_seq, posts, bytes FROM room WHERE id = ?", room
        )
        if not (_are(bytes, room_id, log_id) and _are(int, newest, posts, size)):
            raise StorageTrouble("the row of a room is damaged")
        return RoomState(room_id, log_id, newest, self._oldest_of(room_id), posts, size)

    def _oldest_of(self, room_id: bytes) -> int:
        ((oldest,),) = self._database.run(
            "SELECT coalesce(min(seq), 0) FROM post WHERE room = (SELECT id FROM room WHERE room_id = ?)", room_id
        )
        return int(oldest)


def _stored(row: Row) -> StoredPost:
    """SQLite keeps what it is given and gives what it finds: a flipped bit can make a number of a token."""
    seq, prev_seq, token = row
    if not (_are(int, seq, prev_seq) and _are(bytes, token)):
        raise StorageTrouble("the row of a post is damaged")
    return StoredPost(seq, prev_seq, token)


def _are(kind: type, *values: object) -> bool:
    return all(isinstance(value, kind) for value in values)


def _fitting(posts: list[StoredPost]) -> int:
    """How many of these, from the first on, go into one page."""
    size = 0
    for count, post in enumerate(posts):
        size += len(post.token) + 24  # numbers and MessagePack around it
        if count and size > limits.PAGE_BYTES:
            return count
    return len(posts)
