"""`backup` and `restore`: a data folder into one file, and such a file into a data folder.

A backup is made beside a running broker, by another process, which only reads. A restore needs the folder for itself.
"""

from __future__ import annotations

import os
import sys
import tempfile
from itertools import count
from pathlib import Path
from typing import Final

from broker.engine.copies import flush, parts_of, read_backup, remove, write_backup
from broker.engine.embedded import FILE
from broker.keypair import FolderLock, KeyPair, keep, load, pair_of
from broker.report import counted, size_text
from common.errors import BadBackup
from common.words import broker_words

FRESH: Final = "posts.restoring"
_SECRET: Final = "It holds the broker's secret key: keep it as secret as the data folder."  # noqa: S105 - a sentence


def back_up(folder: Path, target: Path) -> str:
    """Write all that the broker of this folder keeps into a new file, and say so. Raises `BadBackup`, `BadSetting`."""
    database = folder / FILE
    pair = load(folder)
    if pair is None or not database.exists():
        raise BadBackup(f"Nothing is kept in the data folder {folder}: choose one by --data.")
    _refuse_old(target)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # ours alone, by its making
        os.close(descriptor)
        fresh = Path(name)
        try:
            copied = write_backup(database, pair.secret, fresh)
            _refuse_old(target)  # it took a while
            fresh.rename(target)
        finally:
            remove(fresh)
        _sync_folder(target.parent)
    except OSError as error:
        raise BadBackup(f"The backup {target} cannot be written: {error.strerror}.") from error
    what = f"{counted(copied.posts, 'post')} of {counted(copied.rooms, 'room')} ({size_text(copied.bytes)})"
    return f"Backed up {what} into {target}.\n{_SECRET}\n"


def restore(folder: Path, source: Path) -> str:
    """Put a backup into a folder that no broker uses, and say so. Raises `BadBackup`, `BadSetting`, `StateLocked`.

    What was there is set aside, never deleted. Interrupted, it can be done again.
    """
    with FolderLock(folder):
        fresh = folder / FRESH
        try:
            copied, secret = read_backup(source, fresh)
            pair = _same_key(folder, secret)
            aside = _set_aside(folder)
            fresh.replace(folder / FILE)
            _sync_folder(folder)
        except OSError as error:
            raise BadBackup(f"The data folder {folder} cannot be written: {error.strerror}.") from error
        finally:
            remove(fresh)
    lines = [
        f"Restored {counted(copied.posts, 'post')} of {counted(copied.rooms, 'room')} into {folder}.",
        *([] if aside is None else [f"What was there before is in {aside}."]),
        f"The broker's four words are:  {broker_words(pair.public)}",
    ]
    return "\n".join(lines) + "\n"


def _refuse_old(target: Path) -> None:
    if os.path.lexists(target):
        raise BadBackup(f"{target} exists already: choose another name.")


def _same_key(folder: Path, secret: bytes) -> KeyPair:
    """The folder's key pair, which is made that of the backup if there is none. Raises `BadBackup`."""
    pair = load(folder)
    if pair is None:
        keep(folder, secret)
        return pair_of(secret)
    if pair.secret != secret:
        raise BadBackup(
            f"The data folder {folder} holds the key of another broker: restore into an empty one, chosen by --data."
        )
    return pair


def _set_aside(folder: Path) -> Path | None:
    """Move the database that is there into a folder of its own. None: there was none."""
    database = folder / FILE
    if database.exists():
        flush(database)
    parts = parts_of(database)
    if not parts:
        return None
    aside = next(path for number in count(1) if not (path := folder / f"before-restore-{number}").exists())
    aside.mkdir(mode=0o700)
    for part in parts:
        part.rename(aside / part.name)
    return aside


def _sync_folder(folder: Path) -> None:
    """Have the new names be there after a loss of power, where the system can do that."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
