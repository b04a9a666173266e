"""Pictures of one look, kept on disk from one start to the next: to draw them takes as long as half of a start.

Only a copy of what can be drawn again, with nothing of a room or a person in it. A file that is missing or damaged,
or was written by another version of the drawing, is as good as none; one that cannot be written is done without.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec

_LONGEST_FILE: Final = 1 << 25  # at 300 %
_log: Final = logging.getLogger(__name__)


class _Page(msgspec.Struct, frozen=True):
    """`edition` tells what the pictures were drawn by and for; the names of pictures tell all that is in them."""

    edition: str
    pictures: dict[str, bytes]


class Album:
    """One file in `folder` (None: nothing is kept), for one edition. One thread at a time."""

    def __init__(self, folder: Path | None, edition: str) -> None:
        """Read it."""
        self.file_name: Final = f"look-{crc32(edition.encode()):08x}"
        self._path = None if folder is None else folder / self.file_name
        self._edition = edition
        self._read = self._content()
        self._used: dict[str, bytes] = {}
        self._is_new = False  # something had to be drawn

    def picture(self, name: str, draw: Callable[[], bytes]) -> bytes:
        """The one that is kept under this name, or else as it is drawn."""
        kept = self._read.get(name)
        if kept is None:
            return self.renew(name, draw)
        self._used[name] = kept
        return kept

    def renew(self, name: str, draw: Callable[[], bytes]) -> bytes:
        """As it is drawn now: what was kept under this name is damaged, or there was nothing."""
        self._used[name], self._is_new = draw(), True
        return self._used[name]

    def keep(self) -> None:
        """Write what was used until now, where the file lacks some of it; what nobody uses any more goes."""
        if self._path is None or not self._is_new:
            return
        self._is_new = False
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.write_bytes(msgspec.msgpack.encode(_Page(self._edition, self._used)))
            temporary.replace(self._path)
        except OSError as error:
            _log.info("the pictures of the window are not kept: %s", error)

    def _content(self) -> dict[str, bytes]:
        if self._path is None:
            return {}
        try:
            with self._path.open("rb") as file:
                page = msgspec.msgpack.decode(file.read(_LONGEST_FILE), type=_Page)
        except (OSError, msgspec.MsgspecError):
            return {}
        return page.pictures if page.edition == self._edition else {}
