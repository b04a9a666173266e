"""Where the sockets of running clients are: a folder that only its owner may enter (0700), a socket each (0600)."""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from common.errors import LocalError

UNIX: Final = hasattr(socket, "AF_UNIX") and hasattr(os, "getuid")
_SUFFIX: Final = ".ctl"


class NoPlace(LocalError):
    """There can be no private socket here; the message says why."""


def runtime_folder(environment: Mapping[str, str], state_folder: Path) -> Path:
    """The desktop's folder for such things, which is empty at each start; the default state folder where there is none.

    Never a folder in /tmp: somebody else might have made it first.
    """
    given = environment.get("XDG_RUNTIME_DIR", "")
    return Path(given) / "secure-chat" if given.startswith("/") else state_folder / "run"


def make_folder(folder: Path) -> None:
    """Make it, and see that it is ours alone. Raises `NoPlace`."""
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.lstat()
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
            raise NoPlace(f"{folder} belongs to somebody else.")
        if stat.S_IMODE(about.st_mode) != 0o700:
            folder.chmod(0o700)
    except OSError as error:
        raise NoPlace(f"{folder} cannot be used: {error.strerror}.") from error


def listen(folder: Path) -> tuple[socket.socket, Path]:
    """A socket of this process in the folder, 0600 and ready before anybody finds it. Raises `NoPlace`."""
    if not UNIX:
        raise NoPlace("This system has no Unix sockets: secure-chat ctl does not work here.")
    make_folder(folder)
    path, aside = folder / f"{os.getpid()}{_SUFFIX}", folder / f"{os.getpid()}.new"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        aside.unlink(missing_ok=True)
        listener.bind(str(aside))
        aside.chmod(0o600)
        listener.listen()
        aside.replace(path)
    except OSError as error:
        listener.close()
        raise NoPlace(f"No socket can be made in {folder}: {error.strerror or error}.") from error
    return listener, path


def running(folder: Path) -> list[Path]:
    """The sockets in the folder, that of the client that was started last first."""
    found: list[tuple[int, Path]] = []
    with suppress(OSError):
        for path in folder.glob(f"*{_SUFFIX}"):
            with suppress(OSError):  # it has just ended
                found.append((path.lstat().st_mtime_ns, path))
    return [path for _, path in sorted(found, reverse=True)]


def is_mine(opened: socket.socket) -> bool:
    """Whether the other side runs as this user, where the system tells; the folder keeps others out anyway."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    about = opened.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)  # struct ucred: pid, uid, gid
    return int.from_bytes(about[4:8], sys.byteorder) == os.getuid()
