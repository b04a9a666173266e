"""Everything at once that strangers, and one who knows the room, can do to a broker: each on an address of its own.

Loopback addresses other than 127.0.0.1 stand for other machines (Linux takes all of 127.0.0.0/8 for its own). Each
attack is a function that ends when `stop` is set; they run on threads of one process that is not the broker's.
"""

from __future__ import annotations

import itertools
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import zmq
from zmq.utils import z85

from common import messages as wire
from common.voice_frame import room_topic
from scripts.bench.member import Where

GARBAGE: Final = 300
HALF_OPEN: Final = 1_000
ENDLESS_BYTES: Final = 300 * 2**20
TOPICS: Final = 1_000
_GREETING: Final = b"\xff" + bytes(8) + b"\x7f\x03\x01CURVE" + bytes(15) + b"\0" + bytes(31)  # ZMTP 3.1, then nothing
_PART: Final = 30_000
Attack = Callable[[Where, bytes, threading.Event], None]


def besiege(where: Where, room_id: bytes, stop: threading.Event) -> None:
    """Do all of it until `stop` is set."""
    threads = [threading.Thread(target=attack, args=(where, room_id, stop), daemon=True) for attack in ATTACKS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def garbage(where: Where, _room_id: bytes, stop: threading.Event) -> None:
    """Connections to both ports that say nothing sensible, again and again."""
    while not stop.is_set():
        opened = []
        for number in range(GARBAGE):
            endpoint = where.control if number % 2 else where.voice
            with suppress(OSError):
                stranger = _connect(endpoint, 10 + number % 20)
                stranger.sendall(os.urandom(200) if number % 3 else _GREETING + os.urandom(500))
                opened.append(stranger)
        stop.wait(2)
        for stranger in opened:
            stranger.close()


def half_open(where: Where, _room_id: bytes, stop: threading.Event) -> None:
    """A thousand that greet and then say nothing."""
    opened = []
    for number in range(HALF_OPEN):
        with suppress(OSError):
            stranger = _connect(where.control, 40 + number % 20)
            stranger.sendall(_GREETING)
            opened.append(stranger)
    stop.wait()
    for stranger in opened:
        stranger.close()


def endless(where: Where, _room_id: bytes, stop: threading.Event) -> None:
    """One authenticated peer that sends a message of 300 MB, again when it was cut: now at once, now after a while."""
    part = bytes(_PART)
    for pause in itertools.cycle((0, 0.8)):
        if stop.is_set():
            return
        with zmq.Context() as context, _dealer(context, where, 70) as dealer:
            dealer.send(wire.encode(wire.Join(os.urandom(16), b"without end", 0)))
            stop.wait(pause)
            for _ in range(ENDLESS_BYTES // _PART):
                dealer.send(part, zmq.SNDMORE)
            dealer.send(b"the end")
            stop.wait(3)


def topics(where: Where, _room_id: bytes, stop: threading.Event) -> None:
    """A thousand subscriptions of one client, of all lengths."""
    with zmq.Context() as context:
        while not stop.is_set():
            with _open(context, zmq.SUB, where.voice, where, 71) as listener:
                for number in range(TOPICS):
                    listener.setsockopt(zmq.SUBSCRIBE, (b"V%06d" % number) * (1 + number % 60))
                stop.wait(2)


def texts(where: Where, _room_id: bytes, stop: threading.Event) -> None:
    """A member of another room that writes as fast as it can."""
    while not stop.is_set():
        with zmq.Context() as context, _dealer(context, where, 72) as dealer:
            dealer.setsockopt(zmq.SNDTIMEO, 100)
            dealer.send(wire.encode(wire.Join(os.urandom(16), b"a flood", 0)))
            with suppress(zmq.Again):
                for _ in range(5_000):
                    dealer.send(wire.encode(wire.Post(os.urandom(2_000))))
            stop.wait(0.5)


def joins(where: Where, _room_id: bytes, stop: threading.Event) -> None:
    """Clients that come and go."""
    with zmq.Context() as context:
        while not stop.is_set():
            for number in range(20):
                with _dealer(context, where, 80 + number) as dealer:
                    dealer.send(wire.encode(wire.Join(os.urandom(16), b"a storm", 0)))
                    dealer.poll(50)
            stop.wait(0.1)


def stalled(where: Where, room_id: bytes, stop: threading.Event) -> None:
    """One who knows the room, listens to all of it and reads nothing."""
    with zmq.Context() as context:
        keys = zmq.curve_keypair()
        with _dealer(context, where, 110, keys) as dealer:
            dealer.send(wire.encode(wire.Join(room_id, b"a statue", 0)))
            while not isinstance(joined := wire.decode_from_broker(dealer.recv()), wire.Joined):
                pass
            dealer.send(wire.encode(wire.Listen(on=True)))
            with _open(context, zmq.SUB, where.voice, where, 110, keys) as listener:
                for other in joined.members:
                    listener.setsockopt(zmq.SUBSCRIBE, room_topic(joined.room) + other.member)
                while not stop.wait(1):
                    dealer.send(wire.encode(wire.Ping(0)))


ATTACKS: Final[tuple[Attack, ...]] = (garbage, half_open, endless, topics, texts, joins, stalled)


def _connect(endpoint: str, last: int) -> socket.socket:
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    return socket.create_connection((host, int(port)), 2, source_address=(f"127.0.0.{last}", 0))


def _dealer(
    context: zmq.Context[zmq.Socket[bytes]], where: Where, last: int, keys: tuple[bytes, bytes] | None = None
) -> zmq.Socket[bytes]:
    return _open(context, zmq.DEALER, where.control, where, last, keys)


def _open(
    context: zmq.Context[zmq.Socket[bytes]],
    kind: int,
    endpoint: str,
    where: Where,
    last: int,
    keys: tuple[bytes, bytes] | None = None,
) -> zmq.Socket[bytes]:
    opened = context.socket(kind)
    opened.linger = 0
    opened.setsockopt(zmq.SNDHWM, 0)
    opened.setsockopt(zmq.RCVHWM, 1)
    opened.setsockopt(zmq.RCVBUF, 4_096)
    opened.curve_serverkey = z85.encode(where.broker_key) if len(where.broker_key) == 32 else where.broker_key
    opened.curve_publickey, opened.curve_secretkey = keys or zmq.curve_keypair()
    opened.connect(f"tcp://127.0.0.{last}:0;{endpoint.removeprefix('tcp://')}")
    return opened
