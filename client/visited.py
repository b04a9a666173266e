"""The servers where one has been in a room, newest first, and the names that one had there.

A private file in the state folder, shared by all windows of a user. It never holds a key: where one is remembered,
it is in the system's keyring (`client.safe`), and here stands only that it is. A file that cannot be used is set
aside under another name.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Final

import msgspec

from client.aside import reason, set_aside
from common.errors import LocalError

VISITED_FILE: Final = "servers.json"
KEPT: Final = 8
_LONGEST_FILE: Final = 65_536
_Text = Annotated[str, msgspec.Meta(max_length=1_024)]


class NotKept(LocalError):
    """The list of servers cannot be written."""


class Visit(msgspec.Struct, frozen=True):
    """`link` is there only where an address alone would not find the broker's ports; there is no phrase in it.

    `room` is the words of the room whose key is in the keyring, empty where none is.
    """

    server: _Text
    name: _Text
    link: _Text = ""
    room: _Text = ""

    @property
    def where(self) -> str:
        """What belongs into the server field."""
        return self.link or self.server


class Visited:
    """The list, and its file. One thread at a time; other processes may write between two calls."""

    def __init__(self, path: Path | None) -> None:
        """`path` None: nothing is read, and nothing remembered."""
        self._path = path
        self._notes: list[str] = []

    def all(self) -> tuple[Visit, ...]:
        """Newest first. What is wrong with the file is told by `take_notes`."""
        if self._path is None:
            return ()
        try:
            with self._path.open("rb") as file:
                content = file.read(_LONGEST_FILE)
            return tuple(msgspec.json.decode(content, type=list[Visit])[:KEPT])
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._notes.append(set_aside(self._path, "The list of servers", error, "a new one is begun"))
            return ()

    def take_notes(self) -> list[str]:
        """Sentences for the user about the file, each given once."""
        notes, self._notes = self._notes, []
        return notes

    def remember(self, visit: Visit) -> None:
        """One was there just now. Raises `NotKept`."""
        others = [other for other in self.all() if _entry(other) != _entry(visit)]
        self._write([visit, *others][:KEPT])

    def forget(self, visit: Visit) -> None:
        """Take it out of the list. Raises `NotKept`."""
        self._write([other for other in self.all() if _entry(other) != _entry(visit)])

    def forget_server(self, server: str) -> None:
        """Take out all that is known of this address. Raises `NotKept`."""
        self._write([other for other in self.all() if other.server.lower() != server.lower()])

    def forget_key(self, visit: Visit) -> None:
        """Its key is in the keyring no longer. Raises `NotKept`."""
        left: dict[tuple[str, str], Visit] = {}
        for other in self.all():
            now = msgspec.structs.replace(other, room="") if _entry(other) == _entry(visit) else other
            left.setdefault(_entry(now), now)
        self._write(list(left.values()))

    def forget_all(self) -> None:
        """As if one had never been anywhere. Raises `NotKept`."""
        if self._path is not None:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                raise _not_kept(self._path, error) from error

    def _write(self, visits: list[Visit]) -> None:
        """All or nothing, for the user's eyes only."""
        if self._path is None:
            return
        temporary: Path | None = None
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f"{self._path.name}.")  # 0600
            temporary = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(visits))
            temporary.replace(self._path)
        except OSError as error:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
            raise _not_kept(self._path, error) from error


def _entry(visit: Visit) -> tuple[str, str]:
    """What makes two visits one entry of the list."""
    return visit.server.lower(), visit.room


def _not_kept(path: Path, error: OSError) -> NotKept:
    return NotKept(f"The list of servers cannot be written to {path}: {reason(error)}.")
