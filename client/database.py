"""A private SQLite file whose errors are sentences. The only sqlite3 of the client."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from common.errors import LocalError


class StateUnusable(LocalError):
    """The state folder cannot be written, or holds what this version cannot read."""


class Busy(StateUnusable):
    """Another connection holds the lock."""


class Damaged(StateUnusable):
    """The file is none of SQLite's, or no longer whole."""


# By the low byte of what SQLite tells, which is the kind of an error.
_KINDS: Final[Mapping[int, type[StateUnusable]]] = {
    sqlite3.SQLITE_BUSY: Busy,
    sqlite3.SQLITE_CORRUPT: Damaged,
    sqlite3.SQLITE_NOTADB: Damaged,
}


class Database:
    """A private SQLite file whose errors are sentences."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        path = folder / name
        try:
            path.touch(mode=0o600)
            path.chmod(0o600)  # whatever the umask left, or somebody made of it; SQLite gives its journals the same
        except OSError as error:
            raise unusable(folder, error) from error
        with self._sentences():
            # autocommit, one thread at a time (the first of them opens, the network thread works)
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Execute one statement; all its rows."""
        with self._sentences():
            return self._connection.execute(statement, values).fetchall()

    def first(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        """Execute one statement; its first row."""
        return next(iter(self.run(statement, *values)), None)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is run within."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # SQLite has ended it itself where the disk is full
                self.run("ROLLBACK")
            raise

    def prepare(
        self,
        schema: str,
        version: int,
        synchronous: str,
        begin: Callable[[], None],
        upgrades: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        """Bring the file to this schema, all or nothing; `begin` fills a new one.

        `upgrades` has the statements that bring an older version to the one after it.
        """
        self.run("PRAGMA locking_mode = EXCLUSIVE")  # no shared memory beside it: nobody else reads it
        self.run("PRAGMA journal_mode = WAL")
        self.run(f"PRAGMA synchronous = {synchronous}")
        with self.transaction():
            (found,) = self.run("PRAGMA user_version")[0]
            if found > version:
                raise StateUnusable(
                    f"The state folder {self._folder} was written by a newer version of Secure Chat: "
                    "update this one, or choose another folder with --state-dir."
                )
            if found == 0:
                for statement in schema.split(";"):
                    self.run(statement)
                begin()
            for older in range(found, version) if found else ():
                for statement in upgrades[older].split(";"):
                    self.run(statement)
            self.run(f"PRAGMA user_version = {version}")

    def shrink(self) -> None:
        """Write the file anew, without what was deleted from it."""
        self.run("VACUUM")
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")

    @property
    def writing(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def close(self) -> None:
        """What was not committed is undone."""
        self._connection.close()

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            # An error of the Python module itself (used after close) has no code.
            kind = _KINDS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, StateUnusable)
            raise unusable(self._folder, error, kind) from error


def make_private(folder: Path) -> None:
    """Make the folder if it is missing. One that was there keeps its permissions: the files are private anyway."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
    except OSError as error:
        raise unusable(folder, error) from error


def unusable(folder: Path, why: Exception | str, kind: type[StateUnusable] = StateUnusable) -> StateUnusable:
    """The sentence about a folder that does not work."""
    return kind(f"The state folder {folder} cannot be used ({why}): move it away, or choose another with --state-dir.")
