"""The keys that a private broker lets in: a file of one key a line, looked at again whenever it changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from broker.actions import Note
from common.banner import decode_key
from common.errors import BadSetting, Malformed


def parse_keys(text: str) -> frozenset[bytes]:
    """The keys (32 bytes) of a file: 43 characters of base64url first in a line, then what people want to note.

    Empty lines, and those that begin with `#`, are passed over. Raises `BadSetting` with the number of a wrong line.
    """
    keys = set()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            try:
                keys.add(decode_key(words[0]))
            except Malformed as error:
                raise BadSetting(f"line {number} begins with no key, as `secure-chat --show-key` prints it") from error
    return frozenset(keys)


class AllowedKeys:
    """The file at `path`. Raises `BadSetting` if it cannot be read at the start; later the last good one counts."""

    def __init__(self, path: Path, tell: Callable[[Note], None]) -> None:
        self._path = path
        self._tell = tell
        self._stamp = self._look()
        self._keys = self._read()

    def __contains__(self, key: object) -> bool:
        """Whether this key is let in, as the file stands now. For one thread."""
        try:
            stamp = self._look()
            if stamp != self._stamp:
                self._stamp = stamp
                self._keys = self._read()
                self._tell(Note("keys", "", "", f"{len(self._keys)} keys are let in from now on"))
        except BadSetting as error:
            self._tell(Note("keys", "", "", f"the last ones still count: {error}"))
        return key in self._keys

    def _look(self) -> tuple[int, int, int]:
        try:
            status = self._path.stat()
        except OSError as error:
            raise BadSetting(f"{self._path} cannot be read: {error.strerror}.") from error
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _read(self) -> frozenset[bytes]:
        try:
            return parse_keys(self._path.read_text(encoding="utf-8"))
        except BadSetting as error:
            raise BadSetting(f"{self._path}: {error}.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"{self._path} cannot be read as text: {error}.") from error
