"""How this computer's own programs reach a running broker: a socket in its data folder, or a port of the loopback.

Where there are Unix sockets, `broker.sock` is one that only its owner may open. Elsewhere, or where the folder's
path is too long for one, `broker.port` holds the number of a loopback port and a secret that callers must say.
A caller writes one line, gets one, and the connection ends. See docs/decisions/0014.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import socket
import stat
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from common.errors import BadSetting, NotRunning

SOCKET_FILE: Final = "broker.sock"
PORT_FILE: Final = "broker.port"
UNIX: Final = hasattr(socket, "AF_UNIX")
_PATH_BYTES: Final = 103  # what macOS takes; Linux takes 107
_PATIENCE: Final = 10.0
_ANSWER_BYTES: Final = 65_536
_WAITING: Final = 512  # callers that the system holds for us
_UNSAID: Final = "-"  # the system checks who opens a Unix socket
_LINE: Final = re.compile(r"secure-chat-broker-port 1 ([0-9]{1,5}) ([A-Za-z0-9_-]{43})\n")


@dataclass(frozen=True, slots=True)
class Listening:
    """An open listener, and the one line that it answers."""

    opened: socket.socket
    question: bytes = field(repr=False)


def listen(folder: Path, *, unix: bool = UNIX) -> Listening:
    """Listen for callers in this (locked) data folder. Raises `BadSetting`.

    What a killed broker left is replaced: whoever holds the folder's lock knows that nobody lives there.
    """
    try:
        if sys.platform != "win32" and stat.S_IMODE(folder.stat().st_mode) & 0o022:
            raise BadSetting(f"Others can write into the data folder {folder}: make it yours alone by chmod 700.")
        forget(folder)
        if unix and _fits(folder / SOCKET_FILE):
            with suppress(OSError):  # not every file system holds sockets
                return Listening(_unix(folder / SOCKET_FILE), _question(_UNSAID))
        secret = secrets.token_urlsafe(32)
        return Listening(_loopback(folder / PORT_FILE, secret), _question(secret))
    except OSError as error:
        raise BadSetting(f"No local line can be had in the data folder {folder}: {error.strerror}.") from error


def forget(folder: Path) -> None:
    """Remove what callers look for."""
    (folder / SOCKET_FILE).unlink(missing_ok=True)
    (folder / PORT_FILE).unlink(missing_ok=True)


def call(folder: Path) -> bytes:
    """Ask the broker of this data folder how it is, and return its line. Raises `NotRunning`, `BadSetting`."""
    try:
        opened, question = _reach(folder)
        with opened:
            opened.sendall(question)
            answer = _read(opened.recv)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NotRunning(f"No broker runs on the data folder {folder}: start it, or choose one by --data.") from error
    except PermissionError as error:
        raise BadSetting(f"The data folder {folder} is not yours: ask as the user whom the broker runs as.") from error
    except OSError as error:
        raise NotRunning(f"The broker of the data folder {folder} does not answer: {error}.") from error
    if not answer.endswith(b"\n"):
        raise NotRunning(f"The broker of the data folder {folder} does not answer: it may be starting or stopping.")
    return answer[:-1]


def _reach(folder: Path) -> tuple[socket.socket, bytes]:
    """A connection, and what to say on it."""
    port_file = folder / PORT_FILE
    if not port_file.exists():
        if not UNIX:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        opened = socket.socket(socket.AF_UNIX)
        try:
            # With Python's own time limit it would not wait at all where others wait too.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", int(_PATIENCE), 0))
            opened.connect(str(folder / SOCKET_FILE))
            opened.settimeout(_PATIENCE)
        except OSError:
            opened.close()
            raise
        return opened, _question(_UNSAID)
    found = _LINE.fullmatch(port_file.read_bytes()[:256].decode("ascii", "replace"))
    if found is None or int(found[1]) > 65_535:
        raise BadSetting(f"{port_file} is damaged: start the broker anew.")
    return socket.create_connection(("127.0.0.1", int(found[1])), _PATIENCE), _question(found[2])


def _read(receive: Callable[[int], bytes]) -> bytes:
    """All that is said up to the end, but not more than an answer may have."""
    answer = b""
    while len(answer) <= _ANSWER_BYTES and (part := receive(_ANSWER_BYTES)):
        answer += part
    return answer


def _question(secret: str) -> bytes:
    return f"secure-chat-broker 1 {secret} status\n".encode("ascii")


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= _PATH_BYTES


def _unix(path: Path) -> socket.socket:
    """Nobody can connect before `listen`, and then the file's permission is set."""
    opened = socket.socket(socket.AF_UNIX)
    try:
        opened.bind(str(path))
        path.chmod(0o600)
        opened.listen(_WAITING)
    except OSError:
        opened.close()
        raise
    return opened


def _loopback(path: Path, secret: str) -> socket.socket:
    """The file is whole when it appears, and readable by nobody else from the first moment on."""
    opened = socket.create_server(("127.0.0.1", 0), backlog=_WAITING)
    try:
        fresh = path.with_suffix(".new-port")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"secure-chat-broker-port 1 {opened.getsockname()[1]} {secret}\n")
        fresh.replace(path)
    except OSError:
        opened.close()
        raise
    return opened
