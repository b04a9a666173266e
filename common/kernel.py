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


class Kernel(NamedTuple):
    """What the kernel says of a connection, bytes: acknowledged by the peer, received, waiting to be sent.

    And how many segments it has sent again.
    """

    acked: int
    received: int
    waiting: int
    resent: int = 0


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


def _borrowed(descriptor: int) -> socket.socket | None:
    try:
        return _Borrowed(fileno=descriptor)
    except OSError:
        return None


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
