"""The processes that write and read text: real CURVE members, posts sealed, signed and opened for real.

Each runs `write` or `read` with one end of a pipe: join, say "ready", be told the time to begin and to end, work,
report. Stamps are `time.perf_counter_ns`, which is one clock for all processes of a machine.
"""

from __future__ import annotations

import gc
import time
from array import array
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import zmq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from common import limits
from common import messages as wire
from common.crypto.keys import RoomKeys, StretchCost, stretch
from common.crypto.sealing import BodyOpener, BodySealer, PostBody, Text
from scripts.bench.load import Span
from scripts.bench.member import Member, Where

_IN_FLIGHT = 8  # posts of one member that are not yet acknowledged, as in a client
_CHEAP = StretchCost(memory_kib=64, iterations=1, lanes=1)  # keys are not what is measured
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class TextTask:
    """What one process is to do: so many members in the room of each phrase. For writers: what they write.

    `ahead` posts of each are sealed before the start, so that sealing does not limit the load.
    """

    where: Where
    phrases: tuple[str, ...]
    members: int
    rate: float = 0.0  # posts a second of each
    size: int = 0  # bytes of a text
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What writers report: when each post was begun and when it was known as stored (ns), by post id."""

    begun: dict[bytes, int]
    stored: dict[bytes, int]
    held: int  # due posts that were left out, since too many were under way
    refused: int
    cpu: float  # of one core


@dataclass(frozen=True, slots=True)
class WasRead:
    """What readers report: each post that opened, and when (ns). One post as often as there are readers."""

    posts: list[bytes]
    opened: array[int]
    cpu: float  # of one core


class Writer:
    """One member that writes."""

    def __init__(self, member: Member, keys: RoomKeys, task: TextTask) -> None:
        self.member = member
        self.under_way: set[bytes] = set()
        self._device = Ed25519PrivateKey.generate()
        self._public = self._device.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._sealer = BodySealer(keys)
        self._text = Text("x" * task.size)
        self._counter = 0
        self._ahead = deque(self._seal() for _ in range(task.ahead))

    def post(self) -> bytes:
        """Write a line. Its post id."""
        token = self._ahead.popleft() if self._ahead else self._seal()
        self.member.control.send(wire.encode(wire.Post(token)))
        post_id = wire.post_id(token)
        self.under_way.add(post_id)
        return post_id

    def _seal(self) -> bytes:
        self._counter += 1
        body = PostBody(self._public, "a writer", self._counter, int(time.time() * 1000), self._text)
        return self._sealer.seal_post(body, self._device)


def write(pipe: Connection, task: TextTask) -> None:
    """Play the writers."""
    with entered(task) as members:
        writers = [Writer(member, keys, task) for member, keys in members]
        pipe.send("ready")
        pipe.send(_write(writers, task.rate, pipe.recv()))


def read(pipe: Connection, task: TextTask) -> None:
    """Play the readers."""
    with entered(task) as members:
        pipe.send("ready")
        pipe.send(_read(members, pipe.recv()))


@contextmanager
def entered(task: TextTask, cost: StretchCost = _CHEAP) -> Iterator[list[tuple[Member, RoomKeys]]]:
    """All members in their rooms, each with the room's keys. All leave at the end.

    With the cheap cost they are in other rooms than clients that know the phrase: those take `STRETCH_COST`.
    """
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    context.max_sockets = 2 * task.members * len(task.phrases) + 64
    members: list[tuple[Member, RoomKeys]] = []
    try:
        for phrase in task.phrases:
            keys = stretch(phrase, task.where.broker_key, cost)
            for _ in range(task.members):
                members.append((Member(context, task.where, keys.room_id), keys))  # noqa: PERF401 - closed below
        yield members
    finally:
        for member, _ in members:
            member.close()
        context.term()


def _write(writers: list[Writer], rate: float, span: Span) -> Written:
    step = int(_NS / rate)
    due = deque((span.begin + step * number // len(writers), writer) for number, writer in enumerate(writers))
    by_socket = {writer.member.control: writer for writer in writers}
    poller = zmq.Poller()
    for socket in by_socket:
        poller.register(socket, zmq.POLLIN)
    report = Written({}, {}, 0, 0, 0.0)
    held = refused = 0
    next_ping = span.begin
    gc.disable()
    cpu = time.process_time()
    while (now := time.perf_counter_ns()) < span.end:
        while due[0][0] <= now:
            when, writer = due.popleft()
            due.append((when + step, writer))  # still sorted: all have the same step
            if len(writer.under_way) >= _IN_FLIGHT:
                held += 1
                continue
            begun = time.perf_counter_ns()
            report.begun[writer.post()] = begun
        if now >= next_ping:
            next_ping = now + int(limits.PING_SECONDS * _NS)
            for writer in writers:
                writer.member.ping()
        left = (due[0][0] - time.perf_counter_ns()) / 1e6
        for socket, _ in poller.poll(max(0, min(100, int(left)))):
            refused += answers(by_socket[socket], report.stored)
    return Written(report.begun, report.stored, held, refused, _share(cpu, span))


def answers(writer: Writer, stored: dict[bytes, int]) -> int:
    """Note what was stored. How many posts were refused."""
    refused = 0
    for message in _waiting(writer.member):
        if isinstance(message, wire.Accepted):
            stored[message.post_id] = time.perf_counter_ns()
            writer.under_way.discard(message.post_id)
        elif isinstance(message, wire.Refused):
            refused += 1
            writer.under_way.discard(message.post_id or b"")
    return refused


def _read(members: list[tuple[Member, RoomKeys]], span: Span) -> WasRead:
    openers = {member.control: (member, BodyOpener(keys)) for member, keys in members}
    poller = zmq.Poller()
    for socket in openers:
        poller.register(socket, zmq.POLLIN)
    posts: list[bytes] = []
    opened = array("q")
    next_ping = span.begin
    gc.disable()
    cpu = time.process_time()
    while (now := time.perf_counter_ns()) < span.end:
        if now >= next_ping:
            next_ping = now + int(limits.PING_SECONDS * _NS)
            for member, _ in members:
                member.ping()
        for socket, _ in poller.poll(100):
            member, opener = openers[socket]
            for message in _waiting(member):
                if isinstance(message, wire.Posted):
                    opener.open_post(message.token)
                    opened.append(time.perf_counter_ns())
                    posts.append(wire.post_id(message.token))
    return WasRead(posts, opened, _share(cpu, span))


def _waiting(member: Member) -> Iterator[wire.FromBroker]:
    """The messages that have come; a few at a time, so that everyone has a turn."""
    try:
        for _ in range(16):
            yield wire.decode_from_broker(member.control.recv(zmq.NOBLOCK))
    except zmq.Again:
        pass


def _share(cpu_before: float, span: Span) -> float:
    return (time.process_time() - cpu_before) * _NS / (span.end - span.begin)
