"""What the kernel says of a connection that libzmq owns: who is at its other end, and how many bytes went over it."""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from typing import Any, Final, NamedTuple, TypeAlias

Peer: TypeAlias = tuple[Any, ...]  # what getpeername says: host, port, and two more for IPv6
_TCP_INFO_SIZE: Final = 160
_BYTES: Final = struct.Struct("=QQIII")  # tcpi_bytes_acked, _received, segs_out, segs_in, notsent_bytes
_BYTES_AT: Final = 120
_RESENT: Final = struct.Struct("=I")  # tcpi_total_retrans
_RESENT_AT: Final = 100
_SO_COOKIE: Final = 57  # Python does not name it; the kernel gives no two sockets the same
_COOKIE: Final = struct.Struct("=Q")


class Kernel(NamedTuple):
    """What the kernel says of a connection, bytes: acknowledged by the peer, received, waiting to be sent.

    And how many segments it has sent again.
    """

    acked: int
    received: int
    waiting: int
    resent: int = 0


class Glance(NamedTuple):
    """What a descriptor is now: the kernel's number of that socket (0 where it gives none), and its bytes."""

    cookie: int
    kernel: Kernel | None


class _Borrowed(socket.socket):
    """libzmq's own descriptor: closing this leaves it open."""

    def close(self) -> None:
        """Let go of it."""
        self.detach()


def duplicate(descriptor: int) -> socket.socket | None:
    """A duplicate of a descriptor: it stays the same connection, whatever libzmq does with its own. None: it is none.

    Where no descriptor is left to be had it is libzmq's own: else nobody could be cut just when it matters most.
    """
    try:
        copied = os.dup(descriptor)
    except OSError as error:
        return _borrowed(descriptor) if error.errno in {errno.EMFILE, errno.ENFILE} else None
    try:
        return socket.socket(fileno=copied)
    except OSError:  # it was given to a file meanwhile
        os.close(copied)
        return None


def glance(descriptor: int) -> Glance | None:
    """Look at libzmq's own descriptor, whatever it is by now; None: no socket.

    Python lets other threads on at each call that might wait, and a duplicate takes three of those: under a flood, with
    a thousand connections to look at, each costs a turn. Nothing here does.
    """
    opened = _borrowed(descriptor)
    if opened is None:
        return None
    with opened:
        while True:
            cookie = _cookie(opened)
            found = bytes_of(opened)
            if cookie == _cookie(opened):  # libzmq has not closed it in between
                return Glance(cookie, found)


def _cookie(opened: socket.socket) -> int:
    if sys.platform != "linux":
        return 0
    try:
        (cookie,) = _COOKIE.unpack(opened.getsockopt(socket.SOL_SOCKET, _SO_COOKIE, _COOKIE.size))
    except OSError:  # it has gone
        return 0
    return int(cookie)


def _borrowed(descriptor: int) -> socket.socket | None:
    try:
        return _Borrowed(fileno=descriptor)
    except OSError:
        return None


def peer_of(descriptor: int) -> Peer | None:
    """Who is at the other end of libzmq's own descriptor, None: nobody. As `glance`, it takes few turns: one."""
    opened = _borrowed(descriptor)
    if opened is None:
        return None
    with opened:
        return peer_at(opened)


def peer_at(opened: socket.socket) -> Peer | None:
    """Who is at the other end, None: nobody any more."""
    try:
        return tuple(opened.getpeername())
    except OSError:
        return None


def bytes_of(opened: socket.socket) -> Kernel | None:
    """The bytes of a TCP connection; None: this system does not count them. Linux does."""
    if sys.platform != "linux":
        return None
    try:
        said = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_SIZE)
    except OSError:  # it has gone
        return None
    if len(said) < _BYTES_AT + _BYTES.size:
        return None
    acked, received, _, _, waiting = _BYTES.unpack_from(said, _BYTES_AT)
    (resent,) = _RESENT.unpack_from(said, _RESENT_AT)
    return Kernel(acked, received, waiting, resent)
