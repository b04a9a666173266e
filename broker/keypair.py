"""The broker's CURVE key pair: made at first start, kept with the data, and one process at a time.

The file is one line of text, readable by nobody but its owner. The key belongs to the data: rooms are derived
from it, so a broker with another key has other rooms, and clients that have pinned it would refuse.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Final

import zmq
from zmq.utils import z85

from common.banner import decode_key, encode_key
from common.errors import BadSetting, Malformed, StateLocked

KEY_FILE: Final = "broker.key"
LOCK_FILE: Final = "broker.lock"
_LINE: Final = re.compile(r"secure-chat-broker-key 1 ([A-Za-z0-9_-]{43})\n")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Both halves, 32 bytes each."""

    public: bytes
    secret: bytes = field(repr=False)


class FolderLock:
    """Holds the data folder for this process. Raises `StateLocked` if another broker has it, `BadSetting`
    if the folder cannot be made or written. Released with `close`, and by the system when the process ends.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Private: who could open it could hold the lock, and keep the broker out.
            descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
            self._file: IO[str] = os.fdopen(descriptor, "r+", encoding="ascii")
        except OSError as error:
            raise BadSetting(
                f"The data folder {folder} cannot be used: {error.strerror}. Choose one by --data."
            ) from error
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise StateLocked(
                f"Another broker uses the data folder {folder}: stop it, or choose one by --data."
            ) from error

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let another broker have the folder."""
        self._file.close()


def load_or_make(folder: Path) -> KeyPair:
    """The key pair of this (locked) data folder, made if there is none. Raises `BadSetting`."""
    pair = load(folder)
    if pair is None:
        pair = pair_of(secrets.token_bytes(32))
        keep(folder, pair.secret)
    return pair


def keep(folder: Path, secret: bytes) -> None:
    """Make this the key of a (locked) data folder that has none. Raises `BadSetting`."""
    path = folder / KEY_FILE
    try:
        _write(path, secret)
    except OSError as error:
        raise BadSetting(f"The broker's key {path} cannot be written: {error.strerror}.") from error


def pair_of(secret: bytes) -> KeyPair:
    """The pair that a secret half (32 bytes) belongs to."""
    return KeyPair(z85.decode(zmq.curve_public(z85.encode(secret))), secret)


def load(folder: Path) -> KeyPair | None:
    """The key pair of this data folder, None if there is none. Raises `BadSetting`."""
    path = folder / KEY_FILE
    try:
        if not path.exists():
            return None
        if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BadSetting(f"Others can read the broker's key {path}: make it yours alone by chmod 600.")
        return _parse(path)
    except OSError as error:
        raise BadSetting(f"The broker's key {path} cannot be read: {error.strerror}.") from error


def _parse(path: Path) -> KeyPair:
    damaged = f"The broker's key {path} is damaged: restore it from a backup, or delete it to get a new one."
    try:
        found = _LINE.fullmatch(path.read_bytes()[:256].decode("ascii"))
        secret = decode_key(found[1]) if found else None
    except (UnicodeDecodeError, Malformed) as error:
        raise BadSetting(damaged) from error
    if secret is None:
        raise BadSetting(damaged)
    return pair_of(secret)


def _write(path: Path, secret: bytes) -> None:
    """Whole or not at all, also through a loss of power; never readable by others, not for a moment."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"secure-chat-broker-key 1 {encode_key(secret)}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
