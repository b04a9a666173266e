"""What is remembered between runs: device secret, broker pins, people's volumes, post counters and the outbox.

One SQLite file in the state folder, held by one process at a time: two of them would use a counter twice. What
is written here is committed before anything is sent. No phrase, name or plain text is ever written: the outbox
holds finished tokens. The lines that were read are in a second file, see `client.log_store`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from client.aside import set_aside
from client.database import Busy, Damaged, Database, make_private, unusable
from client.queued_post import QueuedPost
from client.tuning import Tuning
from common import limits
from common.errors import LocalError, StateLocked

if TYPE_CHECKING:
    from client.log_store import LogFile, RoomLog

_FILE: Final = "state.sqlite3"
_LOCK: Final = "lock.sqlite3"
_SCHEMA_VERSION: Final = 2
_PEOPLE: Final = """
CREATE TABLE person (mark BLOB PRIMARY KEY CHECK (length(mark) = 32), decibels REAL NOT NULL,
                     muted INTEGER NOT NULL) WITHOUT ROWID
"""
_UPGRADES: Final = {1: _PEOPLE}  # from this version to the next
# Hosts are the same in upper and lower case, and so are their pins.
_SCHEMA: Final = f"""
CREATE TABLE device (secret BLOB NOT NULL CHECK (length(secret) = 32));
CREATE TABLE pin (address TEXT PRIMARY KEY COLLATE NOCASE, broker_key BLOB NOT NULL CHECK (length(broker_key) = 32));
CREATE TABLE counter (room_id BLOB PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE outbox (room_id BLOB NOT NULL, counter INTEGER NOT NULL, token BLOB NOT NULL,
                     PRIMARY KEY (room_id, counter)) WITHOUT ROWID;
{_PEOPLE};
"""


class Store:
    """The state folder, open and locked. Every method may raise `StateUnusable`: disks fill up and go away."""

    def __init__(self, folder: Path, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        """Open `folder` (made 0700 if missing). Raises `StateLocked` or `StateUnusable`."""
        self.folder: Final = folder
        self._log: LogFile | None = None
        self._notes: list[str] = []
        make_private(folder)
        self._lock = Database(folder, _LOCK)
        try:
            self._hold_lock()
            self._database = Database(folder, _FILE)
        except LocalError:
            self._lock.close()
            raise
        try:
            self._secret: Final = self._prepare(random_bytes)
        except LocalError:
            self.close()
            raise

    def close(self) -> None:
        """Give the folder free."""
        if self._log is not None:
            self._log.close()
        self._database.close()
        self._lock.close()  # last: whoever comes next finds everything written

    def device_secret(self) -> bytes:
        """32 random bytes made when the folder was: the root of the device's keys, one for each room."""
        return self._secret

    def pin(self, address: str) -> bytes | None:
        """The broker key (32 bytes) first seen at `host:port`, if any."""
        row = self._database.first("SELECT broker_key FROM pin WHERE address = ?", address)
        return row[0] if row else None

    def set_pin(self, address: str, broker_key: bytes) -> None:
        """Remember the key first seen at `host:port`. An existing pin stays as it is."""
        self._database.run("INSERT OR IGNORE INTO pin VALUES (?, ?)", address, broker_key)

    def replace_pin(self, address: str, broker_key: bytes) -> None:
        """Remember this key for `host:port`, whatever was known before: the user has compared its words."""
        self._database.run("INSERT OR REPLACE INTO pin VALUES (?, ?)", address, broker_key)

    def forget_pin(self, address: str) -> bool:
        """The user has compared the words of a changed key, or given the broker up. False: there was no pin."""
        return bool(self._database.run("DELETE FROM pin WHERE address = ? RETURNING 1", address))

    def tuning(self, mark: bytes) -> Tuning:
        """How loud the person with this mark (32 bytes) is heard."""
        row = self._database.first("SELECT decibels, muted FROM person WHERE mark = ?", mark)
        return Tuning(muted=bool(row[1])).louder(row[0]) if row else Tuning()

    def keep_tuning(self, mark: bytes, tuning: Tuning) -> None:
        """Remember it, where it is something special."""
        if tuning == Tuning():
            self._database.run("DELETE FROM person WHERE mark = ?", mark)
        else:
            values = (mark, tuning.decibels, tuning.muted)
            self._database.run("INSERT OR REPLACE INTO person VALUES (?, ?, ?)", *values)

    def outbox(self, room_id: bytes) -> RoomOutbox:
        """The queued posts and the counter of one room."""
        return RoomOutbox(self._database, room_id)

    def log(self, room_id: bytes) -> RoomLog:
        """The kept lines of one room. Their file is made when first asked for."""
        return self.log_file().room(room_id)

    def log_file(self) -> LogFile:
        """The kept lines of all rooms."""
        from client.log_store import FILE, LogFile  # noqa: PLC0415 - with cryptography, which the window starts without

        if self._log is None:
            try:
                self._log = LogFile(self.folder)
            except Damaged as error:
                self._set_aside(self.folder / FILE, error.__cause__ or error)
                self._log = LogFile(self.folder)
        return self._log

    def take_notes(self) -> list[str]:
        """What was set aside since this was last asked: sentences for the user."""
        notes, self._notes = self._notes, []
        return notes

    def _set_aside(self, log: Path, error: BaseException) -> None:
        """The lines that were kept cannot be read; all else in the folder is as it was. Raises `StateUnusable`."""
        what = "The file of what was said in your rooms"
        self._notes.append(set_aside(log, what, error, "and what is said from now on is kept in a new one"))
        with suppress(OSError):  # the old file's journal would be read into the new one
            log.with_name(f"{log.name}-wal").unlink(missing_ok=True)

    def _hold_lock(self) -> None:
        """Keep other processes out for as long as this one lives; SQLite's locks end with it, however it dies.

        A file of its own: of two processes that open the state file itself with exclusive locking at one moment,
        both are turned away.
        """
        try:
            self._lock.run("BEGIN IMMEDIATE")
        except Busy as error:
            raise StateLocked(
                f"Another Secure Chat uses the state folder {self.folder}: close it, "
                "or choose another folder with --state-dir."
            ) from error

    def _prepare(self, random_bytes: Callable[[int], bytes]) -> bytes:
        """Bring the file to this version's schema; returns the device secret."""
        self._database.prepare(
            _SCHEMA,
            _SCHEMA_VERSION,
            "FULL",
            begin=lambda: self._make_device(random_bytes),
            upgrades=_UPGRADES,
        )
        row = self._database.first("SELECT secret FROM device")
        if row is None:
            raise unusable(self.folder, "its device key is gone")
        secret: bytes = row[0]
        return secret

    def _make_device(self, random_bytes: Callable[[int], bytes]) -> None:
        self._database.run("INSERT INTO device VALUES (?)", random_bytes(limits.KEY_BYTES))


class RoomOutbox:
    """`client.outbox.OutboxStore` on disk, for one room."""

    def __init__(self, database: Database, room_id: bytes) -> None:
        self._database = database
        self._room_id = room_id

    def queue(self, seal: Callable[[int], bytes]) -> QueuedPost:
        """Counter and token in one transaction: after a crash either both are there or neither."""
        with self._database.transaction():
            counter = self._next()
            token = seal(counter)
            self._set_next(counter + 1)
            self._database.run("INSERT INTO outbox VALUES (?, ?, ?)", self._room_id, counter, token)
        return QueuedPost(counter, token)

    def waiting(self) -> list[QueuedPost]:
        """All queued posts of the room, by counter."""
        rows = self._database.run("SELECT counter, token FROM outbox WHERE room_id = ? ORDER BY counter", self._room_id)
        return [QueuedPost(counter, token) for counter, token in rows]

    def forget(self, counter: int) -> None:
        """The post is settled."""
        self._database.run("DELETE FROM outbox WHERE room_id = ? AND counter = ?", self._room_id, counter)

    def skip_to(self, counter: int) -> None:
        """Never use a counter below this one again."""
        if self._next() < counter:
            self._set_next(counter)

    def _next(self) -> int:
        row = self._database.first("SELECT next FROM counter WHERE room_id = ?", self._room_id)
        return row[0] if row else 1

    def _set_next(self, counter: int) -> None:
        self._database.run("INSERT OR REPLACE INTO counter VALUES (?, ?)", self._room_id, counter)
