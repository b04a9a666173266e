"""The local log on disk: the sealed lines and drafts of all rooms, in a second SQLite file of the state folder.

A file of its own because it may lose its end when power fails (`synchronous = NORMAL`: no wait for the disk on
each line). What was lost is fetched again: the notes on how far this computer has read are committed together
with the lines. It holds tokens under the rooms' keys and keyed marks, nothing that says who has written.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from client.database import Database
from client.log import Begun, LogLine, Marks, Sighting
from common.errors import LocalError

FILE: Final = "log.sqlite3"
_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE log (room_id BLOB NOT NULL, epoch INTEGER NOT NULL, log_id BLOB NOT NULL, begun INTEGER NOT NULL,
                  notes BLOB NOT NULL, PRIMARY KEY (room_id, epoch)) WITHOUT ROWID;
CREATE TABLE line (number INTEGER PRIMARY KEY, room_id BLOB NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
                   body BLOB NOT NULL, counter BLOB NOT NULL, copied INTEGER NOT NULL, token BLOB NOT NULL);
CREATE INDEX line_place ON line (room_id, epoch, seq);
CREATE UNIQUE INDEX line_body ON line (room_id, body);
CREATE INDEX line_counter ON line (room_id, counter);
"""
# Files of the first version lack it, and versions that do not know it pass over it.
_DRAFTS: Final = "CREATE TABLE IF NOT EXISTS draft (room_id BLOB PRIMARY KEY, token BLOB NOT NULL) WITHOUT ROWID"
_SELECT: Final = "SELECT epoch, seq, token, copied, number FROM line WHERE room_id = ?"


class LogFile:
    """The log of all rooms, open. Its folder is locked by `client.store.Store`, which makes it."""

    def __init__(self, folder: Path) -> None:
        """Open or make the file. Raises `StateUnusable`."""
        self._database = Database(folder, FILE)
        try:
            self._database.prepare(_SCHEMA, _SCHEMA_VERSION, "NORMAL", begin=lambda: None)
            self._database.run(_DRAFTS)
        except BaseException:
            self._database.close()
            raise

    def room(self, room_id: bytes) -> RoomLog:
        """The lines of one room."""
        return RoomLog(self._database, room_id)

    def delete_all(self) -> int:
        """Take the lines and drafts of all rooms out of the file for good; returns how many lines there were."""
        with self._database.transaction():
            count = len(self._database.run("DELETE FROM line RETURNING 1"))
            self._database.run("DELETE FROM log")
            self._database.run("DELETE FROM draft")
        self._database.shrink()
        return count

    def close(self) -> None:
        """What was not committed is undone."""
        self._database.close()


class RoomLog:
    """`client.log.LogStore` on disk, for one room."""

    def __init__(self, database: Database, room_id: bytes) -> None:
        self._database = database
        self._room_id = room_id

    def latest(self) -> bytes | None:
        """See `LogStore`."""
        row = self._database.first(
            "SELECT log_id FROM log WHERE room_id = ? ORDER BY begun DESC LIMIT 1", self._room_id
        )
        return row[0] if row else None

    def begin(self, log_id: bytes) -> Begun:
        """See `LogStore`."""
        self._write()
        (begun, epoch), *_ = self._database.run(
            "SELECT coalesce(max(begun), -1) + 1, coalesce(max(epoch), -1) + 1 FROM log WHERE room_id = ?",
            self._room_id,
        )
        known = self._database.first(
            "UPDATE log SET begun = ? WHERE room_id = ? AND log_id = ? RETURNING epoch, notes",
            begun,
            self._room_id,
            log_id,
        )
        if known is not None:
            return Begun(*known)
        # Those under which nothing was ever kept: whoever invents log ids must not fill the file.
        self._database.run(
            "DELETE FROM log WHERE room_id = ?1 AND NOT EXISTS"
            " (SELECT 1 FROM line WHERE line.room_id = ?1 AND line.epoch = log.epoch)",
            self._room_id,
        )
        self._database.run("INSERT INTO log VALUES (?, ?, ?, ?, ?)", self._room_id, epoch, log_id, begun, b"")
        return Begun(epoch)

    def retire(self, log_id: bytes) -> None:
        """See `LogStore`. Its lines stay, in their epoch."""
        self._write()
        self._database.run(
            "UPDATE log SET log_id = randomblob(16), notes = x'' WHERE room_id = ? AND log_id = ?",
            self._room_id,
            log_id,
        )

    def note(self, epoch: int, notes: bytes) -> None:
        """See `LogStore`."""
        self._write()
        self._database.run("UPDATE log SET notes = ? WHERE room_id = ? AND epoch = ?", notes, self._room_id, epoch)

    def sight(self, marks: Marks) -> Sighting:
        """See `LogStore`."""
        found = self._database.run(
            "SELECT body FROM line WHERE room_id = ?1 AND body = ?2 UNION ALL"
            " SELECT body FROM line WHERE room_id = ?1 AND counter = ?3 LIMIT 1",
            self._room_id,
            marks.body,
            marks.counter,
        )
        if not found:
            return Sighting.NEW
        return Sighting.DOUBLE if found[0][0] == marks.body else Sighting.COPIED_DEVICE

    def add(self, line: LogLine, marks: Marks) -> None:
        """See `LogStore`."""
        self._write()
        self._database.run(
            "INSERT INTO line (room_id, epoch, seq, body, counter, copied, token) VALUES (?, ?, ?, ?, ?, ?, ?)",
            self._room_id,
            line.epoch,
            line.seq,
            marks.body,
            marks.counter,
            line.copied,
            line.token,
        )

    def before(self, line: LogLine | None, limit: int) -> list[LogLine]:
        """See `LogStore`."""
        order = "ORDER BY epoch DESC, seq DESC, number DESC LIMIT ?"
        if line is None:
            rows = self._database.run(f"{_SELECT} {order}", self._room_id, limit)
        else:
            place = (line.epoch, line.seq, line.number)
            rows = self._database.run(
                f"{_SELECT} AND (epoch, seq, number) < (?, ?, ?) {order}", self._room_id, *place, limit
            )
        return [_line(row) for row in reversed(rows)]

    def after(self, line: LogLine | None, limit: int) -> list[LogLine]:
        """See `LogStore`."""
        place = (-1, 0, 0) if line is None else (line.epoch, line.seq, line.number)
        rows = self._database.run(
            f"{_SELECT} AND (epoch, seq, number) > (?, ?, ?) ORDER BY epoch, seq, number LIMIT ?",
            self._room_id,
            *place,
            limit,
        )
        return [_line(row) for row in rows]

    def delete(self) -> int:
        """Take all lines and the draft of the room out of the file for good; returns how many lines there were."""
        self.commit()
        with self._database.transaction():
            count = len(self._database.run("DELETE FROM line WHERE room_id = ? RETURNING 1", self._room_id))
            self._database.run("DELETE FROM log WHERE room_id = ?", self._room_id)
            self.keep_draft(b"")
        self._database.shrink()
        return count

    def draft(self) -> bytes:
        """See `client.drafts.DraftStore`."""
        row = self._database.first("SELECT token FROM draft WHERE room_id = ?", self._room_id)
        return row[0] if row else b""

    def keep_draft(self, token: bytes) -> None:
        """See `client.drafts.DraftStore`. It is on disk at once, or with the lines that are being written."""
        if token:
            self._database.run("INSERT OR REPLACE INTO draft VALUES (?, ?)", self._room_id, token)
        else:
            self._database.run("DELETE FROM draft WHERE room_id = ?", self._room_id)

    def commit(self) -> None:
        """See `LogStore`."""
        if self._database.writing:
            self._database.run("COMMIT")

    def abandon(self) -> None:
        """See `LogStore`."""
        with suppress(LocalError):
            if self._database.writing:
                self._database.run("ROLLBACK")

    def _write(self) -> None:
        """One transaction for all that is written until `commit`."""
        if not self._database.writing:
            self._database.run("BEGIN IMMEDIATE")


def _line(row: tuple[Any, ...]) -> LogLine:
    epoch, seq, token, copied, number = row
    return LogLine(epoch, seq, token, bool(copied), number)
