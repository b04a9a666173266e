"""Files that forget: a layer below SQLite (a VFS, by apsw) where only what was synced is sure to outlive a cut.

A cut comes at the n-th write or sync. What was written since a file's last sync is then there or not, each write for
itself and in sectors, as disks do it; a file that was never synced may be gone altogether.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import apsw

from broker.engine.database import Row, StorageTrouble

_SECTOR: Final = 512


class Cut(Exception):
    """There is no power."""

    def __str__(self) -> str:
        return "no power"


@dataclass
class _Content:
    """A file: as its writer sees it, as it stood at the last sync, and what was done to it since."""

    seen: bytearray = field(default_factory=bytearray)
    synced: bytearray | None = None  # None: its name was never synced either
    since: list[tuple[int, bytes | None]] = field(default_factory=list)  # offset and data; None: cut off there


class Disk(apsw.VFS):
    """A disk under its own VFS name. `work_until` sets when the power fails; `restore` is what is left then."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self._chance = chance
        self._files: dict[str, _Content] = {}
        self._left = -1
        super().__init__(name, base="")

    def work_until(self, operations: int) -> None:
        """The power fails after so many writes and syncs; -1: it does not."""
        self._left = operations

    def spend(self) -> None:
        """One write or sync. Raises `Cut` when there is no power."""
        if self._left == 0:
            raise Cut
        self._left -= self._left > 0

    def restore(self) -> None:
        """The power is back: what has survived is what there is now."""
        self._left = -1
        for name, content in list(self._files.items()):
            if content.synced is None and self._chance.random() < 0.5:
                del self._files[name]
                continue
            survived = bytearray(content.synced or b"")
            for offset, data in content.since:
                self._survive(survived, offset, data)
            self._files[name] = _Content(survived, bytearray(survived))

    def _survive(self, survived: bytearray, offset: int, data: bytes | None) -> None:
        if data is None:
            if self._chance.random() < 0.5:
                del survived[offset:]
            return
        for start in range(0, len(data), _SECTOR):
            if self._chance.random() < 0.5:
                _put(survived, offset + start, data[start : start + _SECTOR])

    # --- what SQLite asks of a VFS ---------------------------------------------------------------------------

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> Any:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        flags[1] = flags[0]
        return _File(self, self._files.setdefault(path, _Content()))

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        del syncdir
        self.spend()
        self._files.pop(filename, None)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        del flags
        return bool(pathname in self._files and self._files[pathname].seen)

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name


class _File:
    """One open file."""

    def __init__(self, disk: Disk, content: _Content) -> None:
        self._disk = disk
        self._content = content

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._content.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.spend()
        _put(self._content.seen, offset, data)
        self._content.since.append((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.spend()
        del self._content.seen[size:]
        self._content.since.append((size, None))

    def xSync(self, flags: int) -> None:  # noqa: N802
        del flags
        self._disk.spend()
        self._content.synced = bytearray(self._content.seen)
        self._content.since.clear()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._content.seen)

    def xClose(self) -> None:  # noqa: N802
        pass

    def xLock(self, level: int) -> None:  # noqa: N802
        pass

    def xUnlock(self, level: int) -> None:  # noqa: N802
        pass

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, op: int, pointer: int) -> bool:  # noqa: N802
        del op, pointer
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return _SECTOR

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return 0


class PowerDatabase:
    """`Database` over such a disk. `weakened` statements are run as others: to show what they were good for."""

    def __init__(self, disk: Disk, path: Path, weakened: Sequence[tuple[str, str]] = ()) -> None:
        self._weakened = dict(weakened)
        self._connection = apsw.Connection(str(path), vfs=disk.name)
        self.run("PRAGMA locking_mode = EXCLUSIVE")  # this disk has no shared memory
        self.run("PRAGMA wal_autocheckpoint = 20")  # power fails in the midst of these too

    def run(self, statement: str, *values: object) -> list[Row]:
        try:
            found = self._connection.execute(self._weakened.get(statement, statement), values)
            return list(found)
        except (Cut, apsw.Error) as error:
            raise StorageTrouble(str(error)) from error

    def close(self) -> None:
        with suppress(Cut, apsw.Error):
            self._connection.close(force=True)


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data
