"""The engine that keeps posts, without a file and a thread: every answer is there at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from broker.engine.database import Row, SqliteDatabase
from broker.engine.embedded import EmbeddedEngine
from broker.engine.ledger import Keep

WALL = 1_700_000_000.0


def inline_engine(
    random_bytes: Callable[[int], bytes], keep: Keep | None = None, wall: Callable[[], float] = lambda: WALL
) -> EmbeddedEngine:
    """Posts in an SQLite database in memory."""
    return EmbeddedEngine(Path(":memory:"), random_bytes, wall, keep=keep, threaded=False)


class HeldDatabase(SqliteDatabase):
    """A database whose commits wait until they are let go."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.go = threading.Event()
        self.go.set()
        self.commits = 0

    def run(self, statement: str, *values: object) -> list[Row]:
        if statement == "COMMIT":
            self.go.wait(30)
            self.commits += 1
        return super().run(statement, *values)
