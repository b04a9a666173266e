"""A socket of the client together with its monitor and the bytes that went over its connection.

libzmq tells of a connection's fate only through the monitor, and never how much of an unfinished message it
holds: that is asked of the kernel.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Final

import zmq
from zmq.utils.monitor import parse_monitor_message

from client.unfinished import ENVELOPE, Unfinished
from common.kernel import bytes_of, duplicate, peer_at

_MORE: Final = int(zmq.RCVMORE)  # asked for with each message: as a member of its enumeration it takes 1 µs longer
_PARTS: Final = 64  # of one message; the protocol has one
_PER_TURN: Final = 200  # messages taken from one socket before the others have their turn
BROKEN: Final = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_CLOSED
    | zmq.EVENT_DISCONNECTED
)


class Watched:
    """A socket and its monitor, both polled, and the bytes that went over its connection."""

    def __init__(self, sock: zmq.Socket[bytes], poller: zmq.Poller, port: int, now: float) -> None:
        self.socket = sock
        self.monitor = sock.get_monitor_socket(zmq.EVENT_CONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED | BROKEN)
        poller.register(self.socket, zmq.POLLIN)
        poller.register(self.monitor, zmq.POLLIN)
        self._port = port
        self._connection: socket.socket | None = None  # a duplicate, to ask the kernel
        self._taken = 0
        self._drained = True
        self.too_many_parts = False  # in the message that comes
        self._unfinished = Unfinished(now)

    def news(self) -> Iterator[int]:
        """Drain the monitor."""
        for _ in range(_PER_TURN):
            try:
                news = parse_monitor_message(self.monitor.recv_multipart(zmq.NOBLOCK))
            except zmq.Again:
                return
            if news["event"] == zmq.EVENT_CONNECTED:
                self._connected(news["value"])
            yield int(news["event"])

    def messages(self) -> Iterator[bytes | None]:
        """What has arrived, up to a turn's worth; None is a message of several parts, which are not kept."""
        self._drained = False
        for _ in range(_PER_TURN):
            try:
                part = self._take()
            except zmq.Again:
                self._drained = True
                return
            yield part
            if self.too_many_parts:
                return

    def endless(self, now: float, *, look: bool) -> bool:
        """Whether a message comes that has too many parts, or (as far as the kernel tells, on a `look`) no end."""
        if self.too_many_parts:
            return True
        if not look or not self._drained or self._connection is None:
            return False
        known = bytes_of(self._connection)
        return known is not None and self._unfinished.too_much(known.received, self._taken, now)

    def resent(self) -> int | None:
        """How many segments the kernel has sent again by now; None: it does not tell."""
        known = None if self._connection is None else bytes_of(self._connection)
        return None if known is None else known.resent

    def close(self, poller: zmq.Poller) -> None:
        """Close both."""
        poller.unregister(self.socket)
        poller.unregister(self.monitor)
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close()
        if self._connection is not None:
            self._connection.close()

    def _connected(self, descriptor: int) -> None:
        if sys.platform != "linux":
            return  # the kernel counts no bytes, and on Windows this is no descriptor
        connection = duplicate(descriptor)
        peer = None if connection is None else peer_at(connection)
        if connection is not None and (peer is None or peer[1:2] != (self._port,)):  # closed meanwhile, and used again
            connection.close()
            connection = None
        self._connection = connection

    def _take(self) -> bytes | None:
        """The next message, if it has one part. Raises `zmq.Again`."""
        first = self._take_part()
        parts = 1
        while self.socket.get(_MORE):
            if parts == _PARTS:
                self.too_many_parts = True
                break
            self._take_part()
            parts += 1
        return first if parts == 1 else None

    def _take_part(self) -> bytes:
        part = self.socket.recv(zmq.NOBLOCK)
        self._taken += len(part) + ENVELOPE
        return part
