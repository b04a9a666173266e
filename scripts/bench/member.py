"""One simulated member: a DEALER and, where it listens, a SUB, both with CURVE; no session, no names.

It knows the messages and nothing of what a client does with them. Its hello is made up: a broker cannot tell.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TypeVar

import zmq

from common import limits
from common import messages as wire
from common.voice_frame import room_topic, topic

Kind = TypeVar("Kind", bound=wire.FromBroker)
_ANSWER_SECONDS = 20.0


class NoAnswer(Exception):
    """The broker did not let a simulated member in."""


@dataclass(frozen=True, slots=True)
class Where:
    """How a broker is reached: ZeroMQ endpoints and its public key (32 bytes)."""

    control: str
    voice: str
    broker_key: bytes


@dataclass(slots=True)
class Member:
    """A member that has joined. `handle` and `room` are what the broker allotted."""

    context: zmq.Context[zmq.Socket[bytes]]
    where: Where
    room_id: bytes
    handle: bytes = b""
    room: bytes = b""
    control: zmq.Socket[bytes] = field(init=False)
    voice: zmq.Socket[bytes] = field(init=False)
    _keys: tuple[bytes, bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._keys = zmq.curve_keypair()
        self.control = self._socket(zmq.DEALER, self.where.control)
        self._send(wire.Join(self.room_id, b"a simulated member", 0))
        joined = self._await(wire.Joined)
        self.handle, self.room = joined.member, joined.room

    def listen(self, talkers: list[bytes], members: int) -> None:
        """Switch the speaker on and subscribe to these members' voice, as a client does in a room of this size."""
        self._send(wire.Listen(on=True))
        while self.handle not in self._await(wire.Listening).members:
            pass
        self.voice = self._socket(zmq.SUB, self.where.voice)
        whole_room = members > limits.TOPICS_EACH_MEMBER
        for wanted in [room_topic(self.room)] if whole_room else [topic(self.room, talker) for talker in talkers]:
            self.voice.setsockopt(zmq.SUBSCRIBE, wanted)

    def ping(self) -> None:
        """Stay a member."""
        self._send(wire.Ping(0))

    def drain(self) -> None:
        """Read what the broker tells, so that it does not take this member for one that has fallen behind."""
        try:
            while True:
                self.control.recv(zmq.NOBLOCK)
        except zmq.Again:
            pass

    def close(self) -> None:
        """Leave and close the sockets."""
        self._send(wire.Leave())
        self.control.close(100)
        if hasattr(self, "voice"):
            self.voice.close(0)

    def _socket(self, kind: int, endpoint: str) -> zmq.Socket[bytes]:
        socket = self.context.socket(kind)
        socket.curve_serverkey = self.where.broker_key
        socket.curve_publickey, socket.curve_secretkey = self._keys
        socket.linger = 0
        socket.ipv6 = "[" in endpoint
        socket.connect(endpoint)
        return socket

    def _send(self, message: wire.FromClient) -> None:
        self.control.send(wire.encode(message))

    def _await(self, kind: type[Kind]) -> Kind:
        """The next message of a kind; others are passed over. Raises `NoAnswer` if the broker refuses or is silent."""
        end = time.monotonic() + _ANSWER_SECONDS
        while self.control.poll(int(max(0.0, end - time.monotonic()) * 1000)):
            message = wire.decode_from_broker(self.control.recv())
            if isinstance(message, kind):
                return message
            if isinstance(message, wire.Refused):
                raise NoAnswer(f"the broker refuses: {message.reason}")
        raise NoAnswer("the broker does not answer")
