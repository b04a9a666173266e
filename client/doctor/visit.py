"""Somebody who enters a broker under a key that is thrown away: into a room that nobody else can know."""

from __future__ import annotations

import secrets
import time  # noqa: TID251 - a command: what a broker answers is timed
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from client.endpoint import Endpoint
from client.transport import Link, Transport
from common import limits, voice_frame
from common.crypto.sframe import FrameSealer
from common.messages import FromBroker, Join, Joined, Leave, Listen, Listening, Ping, Pong

ANSWER_SECONDS: Final = 5.0
FRAMES: Final = 50
_FRAME_SECONDS: Final = 0.01
_OPUS_BYTES: Final = 120  # as a packet of the default mode
_LAST_SECONDS: Final = 0.5  # for the last frames
_TURN_SECONDS: Final = 0.002
_HELLO_BYTES: Final = 524
_M = TypeVar("_M", bound=FromBroker)


class TurnedAway(Exception):
    """The broker lets in only keys that it knows."""


class NoAnswer(Exception):
    """The broker did not do what was asked of it in time; says what that was."""


class Visitor:
    """One connection of a member that nobody knows."""

    def __init__(self, endpoint: Endpoint, secret: bytes | None = None) -> None:
        """Begins to connect, under a fresh key or under this secret one."""
        self.heard: list[tuple[bytes, float]] = []
        self.transport = Transport(lambda frame, arrived, _: self.heard.append((frame, arrived)))
        self.transport.new_identity(secret)
        self._messages: list[FromBroker] = []
        self._links: list[Link] = []
        self.transport.open(endpoint)

    def turn(self) -> None:
        """Take what has come."""
        for news in self.transport.poll(_TURN_SECONDS):
            if isinstance(news, Link):
                self._links.append(news)
            else:
                self._messages.append(news)
        if Link.TURNED_AWAY in self._links:
            raise TurnedAway

    def authenticated(self) -> bool:
        """Whether the broker has proved its key and taken ours. Raises `NoAnswer` where the connection broke."""
        if Link.BROKEN in self._links:
            raise NoAnswer("it ends the connection before any word: another key, or no Secure Chat")
        return Link.AUTHENTICATED in self._links

    def said(self, kind: type[_M]) -> _M | None:
        """The last message of this kind so far."""
        return next((message for message in reversed(self._messages) if isinstance(message, kind)), None)

    def wait(self, what: str, done: Callable[[], bool], *company: Visitor) -> None:
        """Go on until it is done, the company too. Raises `NoAnswer`, with `what`."""
        until = time.monotonic() + ANSWER_SECONDS
        while not done():
            if time.monotonic() > until:
                raise NoAnswer(what)
            for visitor in (self, *company):
                visitor.turn()

    def answer(self, what: str, kind: type[_M]) -> _M:
        """The first message of this kind, once it is there. Raises `NoAnswer`, with `what`."""
        self.wait(what, lambda: self.said(kind) is not None)
        return next(message for message in self._messages if isinstance(message, kind))

    def leave(self) -> None:
        """Say good-bye and close everything."""
        self.transport.send(Leave())
        self.transport.flush(0.2)
        self.transport.close()


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of the voice came back, and after how many milliseconds (the median)."""

    frames: int
    milliseconds: float


def join(visitor: Visitor, room_id: bytes) -> tuple[Joined, float]:
    """Enter the room. How the broker answered, and the way there and back in ms. Raises `NoAnswer`, `TurnedAway`."""
    visitor.wait("it does not let a connection in", visitor.authenticated)
    visitor.transport.send(Join(room_id, secrets.token_bytes(_HELLO_BYTES), 0))
    joined = visitor.answer("it does not answer a join", Joined)
    begun = time.monotonic()
    visitor.transport.send(Ping(0))
    visitor.answer("it does not answer a ping", Pong)
    return joined, (time.monotonic() - begun) * 1_000


def echo(speaker: Visitor, listener: Visitor, joined: Joined) -> Heard:
    """Half a second of voice from one to the other, both in one room. Raises `NoAnswer`."""
    topic = voice_frame.topic(joined.room, joined.member)
    listener.transport.send(Listen(on=True))
    listener.wait("it does not say who listens", lambda: _somebody_listens(speaker), speaker)
    listener.transport.subscribe(frozenset({topic}))
    listener.wait(
        "its voice port does not let a connection in", lambda: listener.transport.voice_standing is not None, speaker
    )
    sealer = FrameSealer(secrets.token_bytes(32))
    sent = {topic + sealer.seal(secrets.token_bytes(_OPUS_BYTES)): 0.0 for _ in range(FRAMES)}
    _speak(speaker, listener, sent)
    delays = sorted(arrived - sent[frame] for frame, arrived in listener.heard if sent.get(frame))
    return Heard(len(delays), delays[len(delays) // 2] * 1_000 if delays else 0.0)


def _somebody_listens(speaker: Visitor) -> bool:
    told = speaker.said(Listening)
    return told is not None and bool(told.members)


def _speak(speaker: Visitor, listener: Visitor, sent: dict[bytes, float]) -> None:
    begun = time.monotonic()
    waiting = list(sent)
    until = begun + FRAMES * _FRAME_SECONDS + _LAST_SECONDS
    while time.monotonic() < until and (waiting or len(listener.heard) < FRAMES):
        if waiting and time.monotonic() - begun >= (FRAMES - len(waiting)) * _FRAME_SECONDS:
            frame = waiting.pop(0)
            sent[frame] = time.monotonic()
            speaker.transport.send_voice(frame)
        for visitor in (speaker, listener):
            visitor.turn()


@contextmanager
def two_visitors(endpoint: Endpoint, secret: bytes | None) -> Iterator[tuple[Visitor, Visitor]]:
    """Two connections; the second always under a fresh key, for the room would take one key for one member."""
    first = Visitor(endpoint, secret)
    second = Visitor(endpoint)
    try:
        yield first, second
    finally:
        first.leave()
        second.leave()


def new_room() -> bytes:
    """The id of a room that nobody can know."""
    return secrets.token_bytes(limits.ROOM_ID_BYTES)
