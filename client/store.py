"""What is remembered between runs: the device secret, broker pins, post counters and the outbox.

One SQLite file in the state folder, held by one process at a time: two of them would use a counter twice. What
is written here is committed before anything is sent. No phrase, name or plain text is ever written: the outbox
holds finished tokens. The only sqlite3 of the client.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from client.outbox import QueuedPost
from common import limits
from common.errors import LocalError, StateLocked

_FILE: Final = "state.sqlite3"
_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE device (secret BLOB NOT NULL CHECK (length(secret) = 32));
CREATE TABLE pin (address TEXT PRIMARY KEY, broker_key BLOB NOT NULL CHECK (length(broker_key) = 32));
CREATE TABLE counter (room_id BLOB PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE outbox (room_id BLOB NOT NULL, counter INTEGER NOT NULL, token BLOB NOT NULL,
                     PRIMARY KEY (room_id, counter)) WITHOUT ROWID;
"""
_T = TypeVar("_T")


class StateUnusable(LocalError):
    """The state folder cannot be written, or holds what this version cannot read."""


class Store:
    """The state folder, open and locked."""

    def __init__(self, folder: Path, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        """Open `folder` (made 0700 if missing). Raises `StateLocked` or `StateUnusable`."""
        self.folder: Final = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path = folder / _FILE
            self._path.touch(mode=0o600, exist_ok=True)
            self._database = sqlite3.connect(
                self._path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=32
            )
        except (OSError, sqlite3.Error) as error:
            raise StateUnusable(f"The state folder {folder} cannot be used: {error}") from error
        try:
            self._prepare(random_bytes)
        except (sqlite3.Error, LocalError) as error:
            self._database.close()
            raise _explained(error, folder) from error

    def close(self) -> None:
        """Give the folder free."""
        self._database.close()

    def device_secret(self) -> bytes:
        """32 random bytes made when the folder was: the root of the device's keys, one for each room."""
        secret: bytes = self._database.execute("SELECT secret FROM device").fetchone()[0]
        return secret

    def pin(self, address: str) -> bytes | None:
        """The broker key (32 bytes) first seen at `host:port`, if any."""
        row = self._database.execute("SELECT broker_key FROM pin WHERE address = ?", (address,)).fetchone()
        return row[0] if row else None

    def set_pin(self, address: str, broker_key: bytes) -> None:
        """Remember the key first seen at `host:port`. An existing pin stays as it is."""
        self._database.execute("INSERT OR IGNORE INTO pin VALUES (?, ?)", (address, broker_key))

    def forget_pin(self, address: str) -> bool:
        """The user has compared the words of a changed key, or given the broker up. False: there was no pin."""
        return self._database.execute("DELETE FROM pin WHERE address = ?", (address,)).rowcount > 0

    def outbox(self, room_id: bytes) -> RoomOutbox:
        """The queued posts and the counter of one room."""
        return RoomOutbox(self._database, room_id)

    def _prepare(self, random_bytes: Callable[[int], bytes]) -> None:
        # EXCLUSIVE: SQLite itself keeps a second process out, and lets go when this one dies, however it dies.
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("BEGIN IMMEDIATE")
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in _SCHEMA.split(";"):
                self._database.execute(statement)
            self._database.execute("INSERT INTO device VALUES (?)", (random_bytes(limits.KEY_BYTES),))
            self._database.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        self._database.execute("COMMIT")
        if version > _SCHEMA_VERSION:
            raise StateUnusable(
                f"The state folder {self.folder} was written by a newer version of Secure Chat: "
                "update this one, or choose another folder with --state-dir."
            )


class RoomOutbox:
    """`client.outbox.OutboxStore` on disk, for one room."""

    def __init__(self, database: sqlite3.Connection, room_id: bytes) -> None:
        self._database = database
        self._room_id = room_id

    def queue(self, seal: Callable[[int], bytes]) -> QueuedPost:
        """Counter and token in one transaction: after a crash either both are there or neither."""

        def work() -> QueuedPost:
            row = self._database.execute("SELECT next FROM counter WHERE room_id = ?", (self._room_id,)).fetchone()
            counter = row[0] if row else 1
            token = seal(counter)
            self._set_next(counter + 1)
            self._database.execute("INSERT INTO outbox VALUES (?, ?, ?)", (self._room_id, counter, token))
            return QueuedPost(counter, token)

        return self._transaction(work)

    def waiting(self) -> list[QueuedPost]:
        """All queued posts of the room, by counter."""
        rows = self._database.execute(
            "SELECT counter, token FROM outbox WHERE room_id = ? ORDER BY counter", (self._room_id,)
        )
        return [QueuedPost(counter, token) for counter, token in rows]

    def forget(self, counter: int) -> None:
        """The post is settled."""
        self._database.execute("DELETE FROM outbox WHERE room_id = ? AND counter = ?", (self._room_id, counter))

    def skip_to(self, counter: int) -> None:
        """Never use a counter below this one again."""
        row = self._database.execute("SELECT next FROM counter WHERE room_id = ?", (self._room_id,)).fetchone()
        if row is None or row[0] < counter:
            self._set_next(counter)

    def _set_next(self, counter: int) -> None:
        self._database.execute("INSERT OR REPLACE INTO counter VALUES (?, ?)", (self._room_id, counter))

    def _transaction(self, work: Callable[[], _T]) -> _T:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            result = work()
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
        return result


def _explained(error: Exception, folder: Path) -> LocalError:
    if isinstance(error, LocalError):
        return error
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return StateLocked(
            f"Another Secure Chat uses the state folder {folder}: close it, or choose another folder with --state-dir."
        )
    return StateUnusable(
        f"The state folder {folder} cannot be used ({error}): move it away, or choose another one with --state-dir."
    )
