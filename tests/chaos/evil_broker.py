"""A broker that lies: the real core, whose deliveries are dropped, held back, doubled, mixed up, re-labelled,
sent to others, invented from what it has ever seen, and told differently to different people.

It keeps everything that passed through it, over the days, and forges nothing that it has no key for: that is what
a malicious member is for. All it does is of the right shape; shapes are for the tests of the parsers.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import msgspec

from broker.actions import Action, Deliver
from broker.core import Core
from broker.engine.base import Engine
from common import limits, messages
from common.messages import FromBroker

_MEMORY: Final = 4_000  # messages and frames that it remembers
Twist: TypeAlias = Callable[[Deliver], list[Action]]


@dataclass(slots=True)
class Loot:
    """What it has seen in all its days."""

    hellos: list[tuple[bytes, bytes]] = field(default_factory=list)  # with the CURVE key that they came under
    posts: list[bytes] = field(default_factory=list)
    signals: list[tuple[bytes, bytes]] = field(default_factory=list)  # with the key of who sent them
    frames: list[tuple[bytes, bytes]] = field(default_factory=list)
    told: list[FromBroker] = field(default_factory=list)
    handles: list[bytes] = field(default_factory=list)

    def tokens(self) -> list[bytes]:
        """All that is sealed, of whatever kind."""
        return [hello for hello, _ in self.hellos] + self.posts + [signal for _, signal in self.signals]


class EvilCore(Core):
    """Lies about one delivery in `1 / share`. `did` counts what it has done."""

    def __init__(self, engine: Engine, chance: random.Random, share: float, loot: Loot | None = None) -> None:
        super().__init__(engine)
        self.share = share
        self.loot = loot or Loot()
        self.did: Counter[str] = Counter()
        self._chance = chance
        self._held: list[Deliver] = []
        self._everybody: list[bytes] = []
        self._ghosts: dict[bytes, bytes] = {}  # handles under which it shows people, and their keys
        self._twists: list[Twist] = [
            self._drop,
            self._hold,
            self._double,
            self._drop_for_some,
            self._cross,
            self._relabel,
            self._say_again,
            self._invent_member,
            self._raise_ghost,
            self._invent_post,
            self._invent_signal,
            self._invent_page,
        ]

    def receive(self, connection: bytes, key: bytes, address: str, part: bytes, now: float) -> list[Action]:
        """As the real one, but for the lies."""
        if connection not in self._everybody:
            self._everybody.append(connection)
        self._remember(key, part)
        return self._twist(super().receive(connection, key, address, part, now))

    def tick(self, now: float) -> list[Action]:
        """As the real one; what was held back may come now, in another order."""
        held, self._held = self._held, []
        self._chance.shuffle(held)
        return self._twist([*super().tick(now), *held])

    def frames(self, key: bytes, frame: bytes) -> list[bytes]:
        """What it publishes when the talker with this CURVE key sends this."""
        self._keep(self.loot.frames, (key, frame))
        if self._chance.random() >= self.share:
            return [frame]
        _, other = self._chance.choice(self.loot.frames)
        self.did["voice"] += 1
        return self._chance.choice(
            [
                [],
                [frame, frame],
                [frame, other],  # an old one again, yesterday's too
                [frame[:5] + self._handle() + frame[7:]],  # under somebody else's topic
                [frame[:7] + other[7:]],
                [other[:7] + frame[7:]],
                [frame[:-1] + bytes([frame[-1] ^ 1])],
                self._ghost_frames(frame[:5]),
            ]
        )

    # --- what it sees ----------------------------------------------------------------------------------------

    def _remember(self, key: bytes, part: bytes) -> None:
        message = messages.decode_from_client(part)
        match message:
            case messages.Join(hello=hello):
                self._keep(self.loot.hellos, (hello, key))
            case messages.Post(token):
                self._keep(self.loot.posts, token)
            case messages.Signal(token):
                self._keep(self.loot.signals, (key, token))
            case _:
                pass

    def _keep(self, among: list[Any], item: object) -> None:
        if len(among) >= _MEMORY:
            among.pop(self._chance.randrange(len(among)))
        among.append(item)

    # --- what it does ----------------------------------------------------------------------------------------

    def _twist(self, actions: list[Action]) -> list[Action]:
        twisted: list[Action] = []
        for action in actions:
            if not isinstance(action, Deliver):
                twisted.append(action)
                continue
            self._keep(self.loot.told, action.message)
            if isinstance(action.message, messages.Joined | messages.MemberJoined):
                self._keep(self.loot.handles, action.message.member)
            if self._chance.random() >= self.share:
                twisted.append(action)
            else:
                lie = self._chance.choice(self._twists)
                self.did[lie.__name__.strip("_")] += 1
                twisted += lie(action)
        return twisted

    def _drop(self, _action: Deliver) -> list[Action]:
        return []

    def _hold(self, action: Deliver) -> list[Action]:
        self._held.append(action)
        return []

    def _double(self, action: Deliver) -> list[Action]:
        return [action, action]

    def _drop_for_some(self, action: Deliver) -> list[Action]:
        some = tuple(to for to in action.to if self._chance.random() < 0.5)
        return [Deliver(some, action.message)] if some else []

    def _cross(self, action: Deliver) -> list[Action]:
        """To somebody in whatever room."""
        return [action, self._to_anybody(action.message)]

    def _relabel(self, action: Deliver) -> list[Action]:
        """Other numbers, handles and post ids on the same tokens."""
        message: Any = action.message
        changes: dict[str, Any] = {}
        for name in message.__struct_fields__:
            if self._chance.random() < 0.5:
                changes[name] = self._other(name, getattr(message, name))
        return [Deliver(action.to, msgspec.structs.replace(message, **changes))]

    def _other(self, name: str, value: Any) -> Any:
        chance, loot = self._chance, self.loot
        if name in {"members", "posts"}:
            return tuple(chance.sample(value, chance.randint(0, len(value))))
        if name in {"seq", "prev_seq", "newest_seq", "oldest_seq"}:
            near = max(0, value + chance.randint(-3, 3))
            return chance.choice([0, near, chance.randrange(10_000), limits.MAX_INTEGER])
        others: dict[str, Callable[[], bytes]] = {
            "member": self._handle,
            "log_id": lambda: chance.randbytes(limits.LOG_ID_BYTES),
            "post_id": lambda: messages.post_id(chance.choice(loot.posts or [b"none"])),
            "token": lambda: chance.choice(loot.tokens() or [value]),
            "hello": lambda: self._hello()[0],
        }
        return others[name]() if name in others and value is not None else value

    def _say_again(self, action: Deliver) -> list[Action]:
        """Anything that it has ever said to anybody, now to these."""
        return [action, Deliver(action.to, self._chance.choice(self.loot.told))]

    def _invent_member(self, action: Deliver) -> list[Action]:
        hello, key = self._hello()
        lie = self._chance.random() < 0.3
        known = messages.MemberJoined(self._handle(), hello, self._chance.randbytes(32) if lie else key)
        return [action, self._to_anybody(known)]

    def _raise_ghost(self, action: Deliver) -> list[Action]:
        """Somebody of any day, with all that they ever signed."""
        hello, key = self._hello()
        handle = self._chance.randbytes(limits.MEMBER_HANDLE_BYTES)
        self._ghosts[handle] = key
        signed = [token for sender, token in self.loot.signals if sender == key]
        told: list[FromBroker] = [messages.MemberJoined(handle, hello, key)]
        told += [messages.Signalled(handle, token) for token in signed[-50:]]
        return [action, *(Deliver(action.to, message) for message in told)]

    def _ghost_frames(self, room: bytes) -> list[bytes]:
        """Voice of somebody whom it shows, under the handle that it shows them by."""
        if not self._ghosts:
            return []
        handle, key = self._chance.choice(list(self._ghosts.items()))
        return [room + handle + frame[7:] for sender, frame in self.loot.frames if sender == key][-20:]

    def _invent_post(self, action: Deliver) -> list[Action]:
        seq = self._chance.choice([1, self._chance.randrange(10_000), limits.MAX_INTEGER])
        prev = self._chance.choice([0, seq - 1, self._chance.randrange(10_000)])
        token = self._chance.choice([*self.loot.tokens()[-500:], self._chance.randbytes(300)])
        return [action, self._to_anybody(messages.Posted(seq, prev, token))]

    def _invent_signal(self, action: Deliver) -> list[Action]:
        token = self._chance.choice([*self.loot.tokens()[-500:], self._chance.randbytes(300)])
        return [action, self._to_anybody(messages.Signalled(self._handle(), token))]

    def _invent_page(self, action: Deliver) -> list[Action]:
        start = self._chance.choice([0, self._chance.randrange(10_000), limits.MAX_INTEGER - 50])
        tokens = self._chance.sample(self.loot.posts, min(len(self.loot.posts), self._chance.randint(0, 20)))
        posts = tuple(
            messages.StoredPost(start + number + 1, start + number, token) for number, token in enumerate(tokens)
        )
        oldest = self._chance.choice([0, 1, start, limits.MAX_INTEGER])
        return [action, self._to_anybody(messages.Page(posts, oldest, more=self._chance.random() < 0.5))]

    def _to_anybody(self, message: FromBroker) -> Deliver:
        return Deliver((self._chance.choice(self._everybody or [b"nobody"]),), message)

    def _handle(self) -> bytes:
        return self._chance.choice(self.loot.handles[-20:] or [b"??"])

    def _hello(self) -> tuple[bytes, bytes]:
        return self._chance.choice(self.loot.hellos or [(b"none", bytes(32))])
