"""A broker's core on a clock of its own, and what it gave to whom."""

from __future__ import annotations

import random
from typing import Final, TypeVar

from broker.actions import Action, CutConnection, Deliver, Note
from broker.core import SWEEP_SECONDS, Core
from broker.engine.ledger import Keep
from broker.quota import Allowances
from common import messages, voice_frame
from common.messages import FromBroker, FromClient
from tests.fakes.engine import inline_engine

ROOM: Final = b"r" * 16
OTHER: Final = b"o" * 16
_T = TypeVar("_T", bound=FromBroker)


class World:
    """A core, a clock, and what was delivered to whom."""

    def __init__(self, allowances: Allowances | None = None, keep: Keep | None = None) -> None:
        self.core = Core(inline_engine(random.Random(1).randbytes, keep), allowances)
        self.now = 100.0
        self.inbox: dict[bytes, list[FromBroker]] = {}
        self.actions: list[Action] = []
        self.act(self.core.tick(self.now))

    def act(self, actions: list[Action]) -> list[Action]:
        for action in actions:
            if isinstance(action, Deliver):
                for connection in action.to:
                    self.inbox.setdefault(connection, []).append(action.message)
        self.actions += actions
        return actions

    def send(self, who: str, message: FromClient, key: str | None = None) -> list[Action]:
        return self.raw(who, messages.encode(message), key)

    def raw(self, who: str, part: bytes, key: str | None = None) -> list[Action]:
        return self.act(self.core.receive(who.encode(), (key or who).encode(), "192.0.2.1", part, self.now))

    def join(self, who: str, room: bytes = ROOM, key: str | None = None) -> messages.Joined:
        self.send(who, messages.Join(room, who.encode(), 0), key)
        return self.last(who, messages.Joined)

    def got(self, who: str, kind: type[_T]) -> list[_T]:
        return [message for message in self.inbox.get(who.encode(), []) if isinstance(message, kind)]

    def last(self, who: str, kind: type[_T]) -> _T:
        return self.got(who, kind)[-1]

    def refused(self, who: str) -> tuple[str, str, int]:
        refused = self.last(who, messages.Refused)
        return refused.what, refused.code, refused.retry_after

    def pass_time(self, seconds: float, alive: tuple[str, ...] = ()) -> None:
        """Let time pass in steps; those named go on pinging."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + SWEEP_SECONDS)
            for who in alive:
                self.send(who, messages.Ping(0))
            self.act(self.core.tick(self.now))

    def frame(self, who: str) -> bytes:
        joined = self.last(who, messages.Joined)
        return voice_frame.topic(joined.room, joined.member) + b"x" * 60

    def talk(self, who: str, frame: bytes | None = None) -> bool:
        return self.core.voice(who.encode(), frame or self.frame(who), self.now) is not None

    def bundles(self, who: str, frame: bytes) -> list[bytes]:
        return self.core.voice(who.encode(), frame, self.now) or []

    def cuts(self) -> list[bytes]:
        return [action.connection for action in self.actions if isinstance(action, CutConnection)]

    def notes(self, event: str) -> list[str]:
        return [action.reason for action in self.actions if isinstance(action, Note) and action.event == event]
