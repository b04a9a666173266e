"""The one way to a database file: statements in, rows out, every failure as `StorageTrouble`.

Narrow on purpose, so that a test can put another file layer below it. The only sqlite3 of the broker.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TypeAlias

Row: TypeAlias = tuple[Any, ...]


class StorageTrouble(Exception):
    """The database could not do it; the message tells whoever runs the broker why. Nothing of it was kept."""


class Database(Protocol):
    """An open database file, used by one thread at a time."""

    def run(self, statement: str, *values: object) -> list[Row]:
        """Execute one statement; all its rows. Raises `StorageTrouble`."""

    def close(self) -> None:
        """Let it go."""


Open: TypeAlias = Callable[[Path], Database]


class SqliteDatabase:
    """`Database` by the standard library. The file is made, readable by its owner only, if it is missing."""

    def __init__(self, path: Path) -> None:
        try:
            if str(path) != ":memory:":
                path.touch(mode=0o600)  # SQLite gives its journals the same permissions
            self._connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise StorageTrouble(f"{path} cannot be opened: {error}") from error

    def run(self, statement: str, *values: object) -> list[Row]:
        """See `Database`."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise StorageTrouble(str(error)) from error

    def close(self) -> None:
        """See `Database`."""
        with suppress(sqlite3.Error):
            self._connection.close()


@contextmanager
def transaction(database: Database) -> Iterator[None]:
    """All or nothing of what is run within."""
    database.run("BEGIN IMMEDIATE")
    try:
        yield
        database.run("COMMIT")
    except BaseException:
        with suppress(StorageTrouble):  # SQLite has ended it itself where the disk is full
            database.run("ROLLBACK")
        raise
