"""Watches the accepted connections of both ports, and cuts those that flood or take nothing.

libzmq bounds a part, not a message, and says nothing of who sends how much: so a thread reads the socket
monitors (an unread one would stop all I/O) and asks the kernel once a second what each connection has sent.
It sees addresses and numbers of bytes. Elsewhere than on Linux, only the number of connections is bounded.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time  # noqa: TID251 - a thread at the edge
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import zmq
from zmq.utils.monitor import parse_monitor_message

from broker.actions import Note
from broker.quota import Bucket
from common import limits

Peer: TypeAlias = tuple[Any, ...]  # what getpeername says: host, port, and two more for IPv6
VOICE_PORT_BYTES: Final = 65_536  # in a minute: subscriptions and heartbeats of a large room take a tenth
_FAILED: Final = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
_EVENTS: Final = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED | _FAILED
_SWEEP_SECONDS: Final = 1.0
_TCP_INFO_SIZE: Final = 160
_BYTES: Final = struct.Struct("=QQIII")  # tcpi_bytes_acked, _received, segs_out, segs_in, notsent_bytes
_BYTES_AT: Final = 120


def peer_of(descriptor: int) -> Peer | None:
    """Who is at the other end of a descriptor, None: nobody."""
    opened = _open(descriptor)
    if opened is None:
        return None
    with opened:
        return _peer(opened)


def shut(descriptor: int, peer: Peer | None) -> bool:
    """End a connection, if that descriptor still is the one to this peer (numbers are used again)."""
    opened = _open(descriptor)
    if opened is None:
        return False
    with opened:
        if peer is None or _peer(opened) != peer:
            return False
        try:
            opened.shutdown(socket.SHUT_RDWR)
        except OSError:
            return False
        return True


def is_open(descriptor: int) -> bool:
    """Whether a descriptor is in use. Needs no other one, as looking through it does."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def host_of(peer: Peer | None) -> str:
    """The address of a peer as one writes it, IPv4 in its own form."""
    return "" if not peer else str(peer[0]).removeprefix("::ffff:")


@dataclass(slots=True)
class _Connection:
    port: str
    peer: Peer
    bucket: Bucket
    received: int = 0
    acked: int = 0
    moved: float = 0.0  # when the other end last took something, or nothing waited


class Guard(threading.Thread):
    """The thread that watches. `tell` is called from it, once for each connection made, ended or cut.

    `handle_at` tells, on this thread too, which member's control connection a descriptor is, empty: nobody's.
    """

    def __init__(
        self,
        control: zmq.Socket[bytes],
        voice: zmq.Socket[bytes],
        connections_per_address: int,
        bytes_per_second: int,
        tell: Callable[[Note], None],
        handle_at: Callable[[int, Peer], str],
    ) -> None:
        super().__init__(name="guard", daemon=True)
        self._monitors = {
            control.get_monitor_socket(_EVENTS): "control",
            voice.get_monitor_socket(_EVENTS): "voice",
        }
        self._most = connections_per_address
        self._rates = {
            "control": (float(bytes_per_second), float(bytes_per_second)),
            "voice": (VOICE_PORT_BYTES / 60, float(VOICE_PORT_BYTES)),
        }
        self._tell = tell
        self._handle_at = handle_at
        self._failed: set[str] = set()  # ports whose last event was a handshake that failed
        self._connections: dict[int, _Connection] = {}
        self._addresses: Counter[str] = Counter()

    def run(self) -> None:
        """Watch until the context ends."""
        poller = zmq.Poller()
        for monitor in self._monitors:
            poller.register(monitor, zmq.POLLIN)
        swept = time.monotonic()
        try:
            while True:
                for monitor, _ in poller.poll(int(_SWEEP_SECONDS * 1_000)):
                    self._read(monitor, self._monitors[monitor])
                if time.monotonic() - swept >= _SWEEP_SECONDS:
                    swept = time.monotonic()
                    self._sweep(swept)
        except zmq.ContextTerminated:
            for monitor in self._monitors:
                monitor.close(linger=0)

    def _read(self, monitor: zmq.Socket[bytes], port: str) -> None:
        event = parse_monitor_message(monitor.recv_multipart())
        if event["event"] & _FAILED:
            # It does not say whose: but libzmq's one I/O thread ends that connection next, before all else.
            self._failed.add(port)
            return
        failed = port in self._failed
        self._failed.discard(port)
        descriptor = int(event["value"])
        if event["event"] == zmq.EVENT_ACCEPTED:
            self._accepted(descriptor, port)
        elif event["event"] == zmq.EVENT_DISCONNECTED:
            connection = self._connections.get(descriptor)
            if connection is not None and connection.port == port:
                self._forget(descriptor, ": no CURVE handshake" if failed else "")
            elif failed:  # it had gone before anybody could look at its address
                self._tell(Note("disconnected", "", "", f"{port} port: no CURVE handshake"))

    def _accepted(self, descriptor: int, port: str) -> None:
        if descriptor in self._connections:
            self._forget(descriptor)
        peer = peer_of(descriptor)
        if peer is None:
            return
        now = time.monotonic()
        rate, burst = self._rates[port]
        self._connections[descriptor] = _Connection(port, peer, Bucket(rate, burst, now), moved=now)
        address = host_of(peer)
        self._addresses[address] += 1
        if self._addresses[address] > self._most:
            self._cut(descriptor, "too many connections from one address")
        else:
            self._tell(Note("connected", "", address, f"{port} port"))

    def _sweep(self, now: float) -> None:
        for descriptor, connection in list(self._connections.items()):
            opened = _open(descriptor)
            if opened is None:
                if not is_open(descriptor):  # else there is no descriptor left to look through: next time
                    self._forget(descriptor)
                continue
            with opened:
                if _peer(opened) != connection.peer:
                    self._forget(descriptor)
                elif sys.platform == "linux":
                    self._weigh(descriptor, connection, opened, now)

    def _weigh(self, descriptor: int, connection: _Connection, opened: socket.socket, now: float) -> None:
        kernel = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_SIZE)
        if len(kernel) < _BYTES_AT + _BYTES.size:
            return  # a kernel that does not count bytes
        acked, received, _, _, waiting = _BYTES.unpack_from(kernel, _BYTES_AT)
        if not waiting or acked != connection.acked:
            connection.moved = now
        sent = received - connection.received
        connection.acked, connection.received = acked, received
        if not connection.bucket.take(now, sent):
            self._cut(descriptor, "sends too much")
        elif now - connection.moved >= limits.BEHIND_SECONDS:
            self._cut(descriptor, "takes nothing of what is sent to it")

    def _cut(self, descriptor: int, reason: str) -> None:
        connection = self._connections[descriptor]
        if shut(descriptor, connection.peer):
            self._tell(Note("cut", "", host_of(connection.peer), f"{connection.port} port: {reason}"))

    def _forget(self, descriptor: int, why: str = "") -> None:
        connection = self._connections.pop(descriptor)
        address = host_of(connection.peer)
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]
        member = self._handle_at(descriptor, connection.peer) if connection.port == "control" else ""
        self._tell(Note("disconnected", member, address, f"{connection.port} port{why}"))


def _open(descriptor: int) -> socket.socket | None:
    """A duplicate of a descriptor: it stays the same connection, whatever libzmq does with its own."""
    try:
        return socket.socket(fileno=os.dup(descriptor))
    except OSError:
        return None


def _peer(opened: socket.socket) -> Peer | None:
    try:
        return tuple(opened.getpeername())
    except OSError:
        return None
