"""The processes that make the load: talkers that send by the clock, listeners that note when each frame came.

Each runs `talk` or `listen` with one end of a pipe. The steps are the same for all: join, say who joined, be told
the others and the time to begin, work until the time to end, report. Stamps are `time.perf_counter_ns`, which is
one clock for all processes of a machine.
"""

from __future__ import annotations

import gc
import os
import time
from array import array
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import zmq

from common import limits
from common.crypto.sframe import FrameOpener, FrameSealer
from common.errors import PeerError
from common.voice_frame import TOPIC_BYTES, decode_header, encode_header, topic
from scripts.bench.flags import STAMP_BYTES
from scripts.bench.member import Member, Where

_HEAD = bytes(5)  # flags and media time, as in front of every packet
_TAG = bytes(16)  # what stands in for the seal's tag where nothing is sealed
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Task:
    """What one process is to do: how many members it plays, and the load that all make together."""

    where: Where
    room_id: bytes
    members: int
    rate: float  # frames a second of each talker
    payload: int  # bytes of a packet, STAMP_BYTES at least
    sealed: bool


@dataclass(frozen=True, slots=True)
class Span:
    """When to begin and to end (perf_counter_ns)."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Talked:
    """What talkers report: when each frame was sent, and how late that was (ns)."""

    sent: array[int]
    lateness: array[int]
    cpu: float  # of one core


@dataclass(frozen=True, slots=True)
class Heard:
    """What listeners report: for each frame that opened, when it was sent and how long it took (ns)."""

    sent: array[int]
    delay: array[int]
    broken: int
    cpu: float  # of one core


def talk(pipe: Connection, task: Task) -> None:
    """Play the talkers."""
    with _members(task) as members:
        pipe.send([member.handle for member in members])
        pipe.recv()  # whom to listen to: nobody
        pipe.send("ready")
        pipe.send(
            _talk([_Voice(member, task, number) for number, member in enumerate(members)], task.rate, pipe.recv())
        )


def listen(pipe: Connection, task: Task) -> None:
    """Play the listeners."""
    with _members(task) as members:
        pipe.send([member.handle for member in members])
        talkers, in_room = pipe.recv()
        for member in members:
            member.listen(talkers, in_room)
        pipe.send("ready")
        pipe.send(_listen(members, talkers if task.sealed else [], pipe.recv()))


def base_key(handle: bytes) -> bytes:
    """A talker's voice base key; here everybody may know it."""
    return handle * (limits.KEY_BYTES // limits.MEMBER_HANDLE_BYTES)


@contextmanager
def _members(task: Task) -> Iterator[list[Member]]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    context.max_sockets = 4 * task.members + 64
    members: list[Member] = []
    try:
        for _ in range(task.members):
            members.append(Member(context, task.where, task.room_id))  # noqa: PERF401 - those made are closed below
        yield members
    finally:
        for member in members:
            member.close()
        context.term()


class _Voice:
    """One talker's frames."""

    def __init__(self, member: Member, task: Task, number: int) -> None:
        self.member = member
        self.phase = number * 0.618 % 1.0  # talkers are not in step
        self._topic = topic(member.room, member.handle)
        self._sealer = FrameSealer(base_key(member.handle)) if task.sealed else None
        self._rest = os.urandom(task.payload - STAMP_BYTES)
        self._counter = 0

    def frame(self, stamp: int) -> bytes:
        packet = _HEAD + stamp.to_bytes(STAMP_BYTES, "big") + self._rest
        if self._sealer:
            return self._topic + self._sealer.seal(packet)
        self._counter += 1
        return self._topic + encode_header(0, self._counter - 1) + packet + _TAG


def _talk(voices: list[_Voice], rate: float, span: Span) -> Talked:
    step = int(_NS / rate)
    due = deque(sorted((span.begin + int(voice.phase * step), number) for number, voice in enumerate(voices)))
    sent, lateness = array("q"), array("q")
    next_ping = span.begin
    gc.disable()
    cpu = time.process_time()
    while due[0][0] < span.end:
        when, number = due.popleft()
        _sleep_until(when)
        voice = voices[number]
        now = time.perf_counter_ns()
        voice.member.control.send(voice.frame(now))
        sent.append(now)
        lateness.append(now - when)
        due.append((when + step, number))  # still sorted: all have the same step
        if now >= next_ping:
            next_ping = now + int(limits.PING_SECONDS * _NS)
            for each in voices:
                each.member.drain()
                each.member.ping()
    return Talked(sent, lateness, _share(cpu, span))


def _share(cpu_before: float, span: Span) -> float:
    return (time.process_time() - cpu_before) * _NS / (span.end - span.begin)


def _sleep_until(when: int) -> None:
    left = when - time.perf_counter_ns()
    if left > 0:
        time.sleep(left / _NS)


def _listen(members: list[Member], sealers: list[bytes], span: Span) -> Heard:
    openers = {member.voice: {talker: FrameOpener(base_key(talker)) for talker in sealers} for member in members}
    poller = zmq.Poller()
    for member in members:
        poller.register(member.voice, zmq.POLLIN)
    sent, delay = array("q"), array("q")
    broken = 0
    next_ping = span.begin
    gc.disable()
    cpu = time.process_time()
    while (now := time.perf_counter_ns()) < span.end:
        if now >= next_ping:
            next_ping = now + int(limits.PING_SECONDS * _NS)
            for member in members:
                member.drain()
                member.ping()
        for socket, _ in poller.poll(100):
            for frame in _waiting(socket):
                now = time.perf_counter_ns()
                try:
                    stamp = _stamp(frame, openers[socket])
                except ValueError:
                    broken += 1
                    continue
                sent.append(stamp)
                delay.append(now - stamp)
    return Heard(sent, delay, broken, _share(cpu, span))


def _waiting(socket: zmq.Socket[bytes]) -> Iterator[bytes]:
    """The frames that have come; a few at a time, so that every listener has its turn."""
    try:
        for _ in range(16):
            yield socket.recv(zmq.NOBLOCK)
    except zmq.Again:
        pass


def _stamp(frame: bytes, openers: dict[bytes, FrameOpener]) -> int:
    """When the frame was sent. ValueError if it does not open."""
    talker, sframe = frame[TOPIC_BYTES - limits.MEMBER_HANDLE_BYTES : TOPIC_BYTES], frame[TOPIC_BYTES:]
    if openers:
        try:
            packet = openers[talker].open(sframe).plaintext
        except (PeerError, KeyError) as error:
            raise ValueError("a frame did not open") from error
    else:
        packet = sframe[decode_header(sframe).size :]
    return int.from_bytes(packet[len(_HEAD) : len(_HEAD) + STAMP_BYTES], "big")
