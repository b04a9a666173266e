"""Where a broker is, and how a socket to it is made: CURVE, bounded, and never reconnecting by itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import zmq
from zmq.utils import z85

from client.watched import Watched
from common import limits
from common.address import join_host_port

_SEND_QUEUE: Final = 64  # messages that libzmq holds for a stalled connection
_RECEIVE_QUEUE: Final = 200  # messages that libzmq takes ahead: 100 MiB, should a broker send only the largest
_RECEIVE_VOICE_QUEUE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect: a numeric host, both ports, and the key that the broker must prove to hold."""

    host: str
    control_port: int
    voice_port: int
    broker_key: bytes


class Sockets:
    """Makes those of one client: all under one CURVE key pair, all in one poller."""

    def __init__(self) -> None:
        self.poller: Final = zmq.Poller()
        self.endpoint: Endpoint | None = None  # None: there is nowhere to connect to
        self._context = zmq.Context(io_threads=1)
        self._context.linger = 0
        self._keys = zmq.curve_keypair()

    def new_identity(self, secret: bytes | None) -> bytes:
        """Another key pair: a fresh one, or that of this secret key. Returns the public one, 32 bytes."""
        if secret is None:
            self._keys = zmq.curve_keypair()
        else:
            encoded = z85.encode(secret)
            self._keys = zmq.curve_public(encoded), encoded
        return z85.decode(self._keys[0])

    def control(self) -> Watched:
        """A DEALER to the control port."""
        return self._connect(zmq.DEALER, self._known.control_port)

    def voice(self, topics: frozenset[bytes]) -> Watched:
        """A SUB to the voice port."""
        return self._connect(zmq.SUB, self._known.voice_port, topics)

    def close(self) -> None:
        """Everything, for good."""
        self._context.destroy(linger=0)

    @property
    def _known(self) -> Endpoint:
        if self.endpoint is None:
            raise RuntimeError("connect before open")
        return self.endpoint

    def _connect(self, kind: int, port: int, topics: frozenset[bytes] = frozenset()) -> Watched:
        endpoint = self._known
        sock = self._context.socket(kind)
        sock.setsockopt(zmq.IPV6, 1)
        sock.setsockopt(zmq.LINGER, 0)
        sock.setsockopt(zmq.RECONNECT_IVL, -1)
        sock.setsockopt(zmq.IMMEDIATE, 1)
        sock.setsockopt(zmq.HANDSHAKE_IVL, int(limits.HANDSHAKE_SECONDS * 1000))
        sock.setsockopt(zmq.SNDHWM, _SEND_QUEUE)
        control = kind == zmq.DEALER
        sock.setsockopt(zmq.RCVHWM, _RECEIVE_QUEUE if control else _RECEIVE_VOICE_QUEUE)
        sock.setsockopt(zmq.MAXMSGSIZE, limits.FROM_BROKER_BYTES if control else limits.VOICE_MESSAGE_BYTES)
        sock.setsockopt(zmq.CURVE_SERVERKEY, endpoint.broker_key)
        sock.setsockopt(zmq.CURVE_PUBLICKEY, self._keys[0])
        sock.setsockopt(zmq.CURVE_SECRETKEY, self._keys[1])
        for topic in topics:
            sock.setsockopt(zmq.SUBSCRIBE, topic)
        watched = Watched(sock, self.poller, port, time.monotonic())
        sock.connect(f"tcp://{join_host_port(endpoint.host, port)}")
        return watched
