"""Backups of a database of posts: one file with all posts, the broker's secret key, and a checksum over both.

A backup is itself a database, one more table in it, so it needs no format of its own. It is read and written in
bounded pieces. Whoever has the file can stand in for the broker: it is as secret as the data folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from broker.engine.database import Database, SqliteDatabase, StorageTrouble, transaction
from broker.engine.ledger import APPLICATION_ID, SCHEMA_VERSION
from common.errors import BadBackup

_FRESH: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_ROWS_AT_ONCE: Final = 500
_SUFFIXES: Final = ("-journal", "-wal", "-shm", "")
_KEY_BYTES: Final = 32
_DAMAGED: Final = "is damaged: take another backup"


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup holds, and the size of its file in bytes."""

    rooms: int
    posts: int
    bytes: int


def write_backup(database: Path, secret: bytes, target: Path) -> Copied:
    """Copy this database, as it is at one moment, into the empty file `target`. Raises `BadBackup`.

    A broker that runs on it is a reader's width away: in WAL mode nobody waits for anybody.
    """
    try:
        with closing(SqliteDatabase(database)) as live:
            live.run("VACUUM INTO ?", str(target))
        with closing(SqliteDatabase(target)) as copy:
            copy.run("PRAGMA journal_mode = DELETE")
            with transaction(copy):
                copy.run("CREATE TABLE broker (secret BLOB NOT NULL, checksum BLOB NOT NULL)")
                copy.run("INSERT INTO broker VALUES (?, ?)", secret, _checksum(copy, secret))
            rooms, posts = _counts(copy)
    except StorageTrouble as error:
        raise BadBackup(f"No backup could be made of {database}: {error}.") from error
    sync(target)
    return Copied(rooms, posts, target.stat().st_size)


def read_backup(source: Path, fresh: Path) -> tuple[Copied, bytes]:
    """Check a backup, and make a database at `fresh` of it that a broker can use. Returns the secret key too.

    Every room gets a new log id: so clients know that numbers may have been given twice. Raises `BadBackup`.
    """
    try:
        remove(fresh)
        with source.open("rb") as read, os.fdopen(os.open(fresh, _FRESH, 0o600), "wb") as written:
            shutil.copyfileobj(read, written)
        with closing(SqliteDatabase(fresh)) as copy:
            secret = _checked(copy, source)
            copy.run("PRAGMA secure_delete = ON")  # the key stays in no free page
            with transaction(copy):
                copy.run("DROP TABLE broker")
                copy.run("UPDATE room SET log_id = randomblob(16)")
            rooms, posts = _counts(copy)
        sync(fresh)
    except OSError as error:
        raise BadBackup(f"The backup {source} cannot be copied: {error.strerror}.") from error
    except StorageTrouble as error:
        raise BadBackup(f"The backup {source} cannot be used: {error}.") from error
    return Copied(rooms, posts, fresh.stat().st_size), secret


def parts_of(database: Path) -> list[Path]:
    """The files of a database that are there, itself the last: its log left alone would be read into the next one."""
    return [part for suffix in _SUFFIXES if (part := database.with_name(database.name + suffix)).exists()]


def remove(database: Path) -> None:
    """Delete a database with all that belongs to it."""
    for part in parts_of(database):
        part.unlink()


def flush(database: Path) -> None:
    """Bring what stands in this database's log file into the database, if it is one."""
    with suppress(StorageTrouble), closing(SqliteDatabase(database)) as live:
        live.run("PRAGMA wal_checkpoint(TRUNCATE)")


def sync(path: Path) -> None:
    """Have what was written be there after a loss of power."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checked(copy: Database, source: Path) -> bytes:
    """The secret key of a backup that is whole. Raises `BadBackup`, `StorageTrouble`."""
    copy.run("PRAGMA trusted_schema = OFF")
    ((application,),), ((version,),) = copy.run("PRAGMA application_id"), copy.run("PRAGMA user_version")
    if application != APPLICATION_ID or not copy.run("SELECT 1 FROM sqlite_master WHERE name = 'broker'"):
        raise BadBackup(f"{source} is no backup of a broker.")
    if version > SCHEMA_VERSION:
        raise BadBackup(f"{source} was made by a newer version of the broker: update this one.")
    if copy.run("PRAGMA integrity_check(1)") != [("ok",)]:
        raise BadBackup(f"{source} {_DAMAGED}.")
    kept = copy.run("SELECT secret, checksum FROM broker")
    secret = kept[0][0] if len(kept) == 1 else None
    if not isinstance(secret, bytes) or len(secret) != _KEY_BYTES or _checksum(copy, secret) != kept[0][1]:
        raise BadBackup(f"{source} {_DAMAGED}.")
    return secret


def _checksum(copy: Database, secret: bytes) -> bytes:
    """Over the key and every row: SQLite notices a flipped bit in its own structure, but not in a post."""
    digest = hashlib.sha256(secret)
    for rows in (
        "SELECT id, room_id, log_id, newest_seq, posts, bytes FROM room WHERE id > ? ORDER BY id LIMIT ?",
        "SELECT id, room, seq, prev_seq, post_id, stored_at, token FROM post WHERE id > ? ORDER BY id LIMIT ?",
    ):
        last = -1
        while found := copy.run(rows, last, _ROWS_AT_ONCE):
            last = found[-1][0]
            digest.update(msgspec.msgpack.encode(found))
    return digest.digest()


def _counts(copy: Database) -> tuple[int, int]:
    return copy.run("SELECT count(*) FROM room")[0][0], copy.run("SELECT count(*) FROM post")[0][0]
