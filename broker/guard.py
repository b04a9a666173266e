"""Watches the accepted connections of both ports, and cuts those that flood, take nothing or hold our memory.

libzmq bounds a part, not a message, and says nothing of who sends how much: so a thread reads the socket
monitors (an unread one would stop all I/O) and asks the kernel again and again what each connection has sent and
taken; `traffic` judges the numbers. Elsewhere than on Linux, only the number of connections is bounded.
"""

from __future__ import annotations

import socket
import sys
import threading
import time  # noqa: TID251 - a thread at the edge
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import zmq
from zmq.utils.monitor import parse_monitor_message

from broker import traffic
from broker.actions import Note
from broker.memory import Growth, memory_bytes
from broker.quota import network_of
from broker.traffic import Holdings, Scale, Traffic
from common.kernel import Kernel, Peer, duplicate, glance, peer_at, peer_of

VOICE_PORT_BYTES: Final = 65_536  # in a minute: subscriptions and heartbeats of a large room take a tenth
_FAILED: Final = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
_EVENTS: Final = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED | _FAILED
_SWEEP_SECONDS: Final = 0.5
# What a fast sender gets in before it is weighed waits in our memory: those that are new or send much are looked at
# more often for a while, and all of them as soon as our memory has grown, whoever it was that waited before it sent.
_CLOSE_SECONDS: Final = 0.03
_CLOSE_FOR_SECONDS: Final = 0.5
_MUCH_BYTES: Final = 65_536
_FROM_ONE: Final = "too many connections from one address"
_IN_ALL: Final = "too many connections in all"
_REASONS: Final = (_FROM_ONE, _IN_ALL, *traffic.REASONS)
_OWN_DESCRIPTORS: Final = 50  # sockets to listen on, files, threads' pipes


def shut(descriptor: int, peer: Peer | None) -> bool:
    """End a connection, if that descriptor still is the one to this peer (numbers are used again)."""
    opened = duplicate(descriptor)
    if opened is None:
        return False
    with opened:
        if peer is None or peer_at(opened) != peer:
            return False
        try:
            opened.shutdown(socket.SHUT_RDWR)
        except OSError:
            return False
        return True


def host_of(peer: Peer | None) -> str:
    """The address of a peer as one writes it, IPv4 in its own form."""
    return "" if not peer else str(peer[0]).removeprefix("::ffff:")


def most_connections() -> int:
    """How many connections this process can have and still open what it needs: nine of ten descriptors."""
    if sys.platform == "win32":
        return 16_384
    import resource  # noqa: PLC0415 - Windows has none

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 2**31 if soft == resource.RLIM_INFINITY else soft * 9 // 10 - _OWN_DESCRIPTORS


class Members(Protocol):
    """What the guard asks of the broker, on its own thread: they only look."""

    def handle_at(self, descriptor: int, peer: Peer) -> str:
        """Which member's control connection a descriptor is (hex), empty: nobody's."""

    def traffic_at(self, descriptor: int, peer: Peer) -> Traffic | None:
        """What went through a control connection; None: nothing yet."""


@dataclass(slots=True)
class _Connection:
    port: str
    peer: Peer
    cookie: int  # the kernel's number of its socket
    network: str
    scale: Scale


class Guard(threading.Thread):
    """The thread that watches. `tell` is called from it, once for each connection made, ended or cut."""

    def __init__(
        self,
        control: zmq.Socket[bytes],
        voice: zmq.Socket[bytes],
        connections_per_address: int,
        bytes_per_second: int,
        tell: Callable[[Note], None],
        members: Members,
    ) -> None:
        super().__init__(name="guard", daemon=True)
        self._monitors = {
            control.get_monitor_socket(_EVENTS): "control",
            voice.get_monitor_socket(_EVENTS): "voice",
        }
        self._most = connections_per_address
        self._most_in_all = most_connections()
        self._rates = {
            "control": (float(bytes_per_second), float(bytes_per_second)),
            "voice": (VOICE_PORT_BYTES / 60, float(VOICE_PORT_BYTES)),
        }
        self._tell = tell
        self._members = members
        self._failed: set[str] = set()  # ports whose last event was a handshake that failed
        self._connections: dict[int, _Connection] = {}
        self._closely: dict[int, float] = {}  # descriptors that are looked at often, until when
        self._addresses: Counter[str] = Counter()  # connections, by network
        self._holdings = Holdings()
        # Connections that were cut, by reason. All keys are there from the start: other threads look.
        self.counts: Final[dict[str, int]] = dict.fromkeys(map(_counter, ("no handshake", *_REASONS)), 0)

    def run(self) -> None:
        """Watch until the context ends."""
        poller = zmq.Poller()
        for monitor in self._monitors:
            poller.register(monitor, zmq.POLLIN)
        swept = looked = time.monotonic()
        growth = Growth(memory_bytes())
        try:
            while True:
                for monitor, _ in poller.poll(int(_CLOSE_SECONDS * 1_000)):
                    self._read(monitor, self._monitors[monitor])
                now = time.monotonic()
                if now - looked < _CLOSE_SECONDS:
                    continue
                looked = now
                if now - swept >= _SWEEP_SECONDS or growth.grew(memory_bytes()):
                    swept = now
                    self._look(list(self._connections), now)
                    growth.looked(memory_bytes())
                else:
                    self._look(list(self._closely), now)
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
        self.counts[_counter("no handshake")] += failed
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
        seen, peer = glance(descriptor), peer_of(descriptor)
        if seen is None or peer is None:
            return
        rate, burst = self._rates[port]
        network = network_of(host_of(peer))
        now = time.monotonic()
        scale = Scale(network, rate, burst, self._holdings, now)
        self._connections[descriptor] = _Connection(port, peer, seen.cookie, network, scale)
        self._closely[descriptor] = now + _CLOSE_FOR_SECONDS
        self._addresses[network] += 1
        if self._addresses[network] > self._most:
            self._cut(descriptor, _FROM_ONE)
        elif len(self._connections) > self._most_in_all:
            self._cut(descriptor, _IN_ALL)
        else:
            self._tell(Note("connected", "", host_of(peer), f"{port} port"))

    def _look(self, descriptors: list[int], now: float) -> None:
        for descriptor in descriptors:
            if self._closely.get(descriptor, now) < now:
                del self._closely[descriptor]
            connection = self._connections.get(descriptor)
            if connection is None:
                continue
            seen = glance(descriptor)
            if seen is None or seen.cookie != connection.cookie:
                self._forget(descriptor)
            elif seen.kernel is not None:
                self._weigh(descriptor, connection, seen.kernel, now)

    def _weigh(self, descriptor: int, connection: _Connection, kernel: Kernel, now: float) -> None:
        moved = None
        if connection.port == "control":  # one that has said nothing has had nothing taken
            moved = self._members.traffic_at(descriptor, connection.peer) or Traffic()
        if connection.scale.came(kernel) >= _MUCH_BYTES:
            self._closely[descriptor] = now + _CLOSE_FOR_SECONDS
        reason = connection.scale.weigh(kernel, moved, now)
        if reason:
            self._cut(descriptor, reason)

    def _cut(self, descriptor: int, reason: str) -> None:
        connection = self._connections[descriptor]
        self.counts[_counter(reason)] += 1
        if shut(descriptor, connection.peer):
            self._tell(Note("cut", "", host_of(connection.peer), f"{connection.port} port: {reason}"))

    def _forget(self, descriptor: int, why: str = "") -> None:
        connection = self._connections.pop(descriptor)
        self._closely.pop(descriptor, None)
        connection.scale.gone()
        self._addresses[connection.network] -= 1
        if not self._addresses[connection.network]:
            del self._addresses[connection.network]
        member = self._members.handle_at(descriptor, connection.peer) if connection.port == "control" else ""
        self._tell(Note("disconnected", member, host_of(connection.peer), f"{connection.port} port{why}"))


def _counter(reason: str) -> str:
    return "cut_" + reason.replace(" ", "_")
