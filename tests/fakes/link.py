"""Sessions and the real `broker.core` in one thread, on a fake clock, over a fake network.

Each connection keeps its order, as TCP does; delays differ by connection, connections can be cut, and a test may
put itself between (`tamper`).
"""

from __future__ import annotations

import copy
import functools
import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from broker.actions import Action, CutConnection, Deliver
from broker.core import Core
from client import events
from client.log import Begun, LogLine, LogStore, Marks, NoLog, Sighting
from client.queued_post import QueuedPost
from client.session import Identity, Kept, Session
from client.voice_orders import VoiceOrder
from common.crypto.keys import RoomKeys, StretchCost, device_signer, stretch
from common.messages import FromBroker, decode_from_broker, encode
from tests.fakes.engine import inline_engine

BROKER_KEY = bytes(range(32))
_E = TypeVar("_E")
_CHEAP = StretchCost(memory_kib=32, iterations=1, lanes=1)


@functools.cache
def room_keys(phrase: str = "a room for tests") -> RoomKeys:
    """Keys stretched at no cost."""
    return stretch(phrase, BROKER_KEY, _CHEAP)


class MemoryOutbox:
    """`OutboxStore` without a disk; survives its session, as a folder does."""

    def __init__(self) -> None:
        self.next = 1
        self.posts: dict[int, bytes] = {}

    def queue(self, seal: Callable[[int], bytes]) -> QueuedPost:
        counter = self.next
        token = seal(counter)
        self.next += 1
        self.posts[counter] = token
        return QueuedPost(counter, token)

    def waiting(self) -> list[QueuedPost]:
        return [QueuedPost(counter, token) for counter, token in sorted(self.posts.items())]

    def forget(self, counter: int) -> None:
        self.posts.pop(counter, None)

    def skip_to(self, counter: int) -> None:
        self.next = max(self.next, counter)


class MemoryLog:
    """`LogStore` without a disk; survives its session. `committed` is what a kill leaves."""

    def __init__(self) -> None:
        self.logs: dict[bytes, tuple[int, int]] = {}  # epoch, begun
        self.notes: dict[int, bytes] = {}
        self.lines: list[tuple[LogLine, Marks]] = []
        self._committed = self._state()

    def _state(self) -> tuple[dict[bytes, tuple[int, int]], dict[int, bytes], list[tuple[LogLine, Marks]]]:
        return dict(self.logs), dict(self.notes), list(self.lines)

    def kill(self) -> None:
        self.logs, self.notes, self.lines = copy.deepcopy(self._committed)

    def latest(self) -> bytes | None:
        return max(self.logs, key=lambda log_id: self.logs[log_id][1], default=None)

    def begin(self, log_id: bytes) -> Begun:
        epoch, _ = self.logs.get(log_id, (len(self.logs), 0))
        self.logs[log_id] = epoch, 1 + max((begun for _, begun in self.logs.values()), default=0)
        return Begun(epoch, self.notes.get(epoch, b""))

    def retire(self, log_id: bytes) -> None:
        known = self.logs.pop(log_id, None)
        if known is not None:
            self.logs[b"retired %d" % len(self.logs)] = known

    def abandon(self) -> None:
        self.kill()

    def note(self, epoch: int, notes: bytes) -> None:
        self.notes[epoch] = notes

    def sight(self, marks: Marks) -> Sighting:
        if any(known.body == marks.body for _, known in self.lines):
            return Sighting.DOUBLE
        copied = any(known.counter == marks.counter for _, known in self.lines)
        return Sighting.COPIED_DEVICE if copied else Sighting.NEW

    def add(self, line: LogLine, marks: Marks) -> None:
        self.lines.append((replace(line, number=len(self.lines) + 1), marks))

    def before(self, line: LogLine | None, limit: int) -> list[LogLine]:
        lines = sorted((kept for kept, _ in self.lines), key=_place)
        return [kept for kept in lines if line is None or _place(kept) < _place(line)][-limit:]

    def after(self, line: LogLine | None, limit: int) -> list[LogLine]:
        lines = sorted((kept for kept, _ in self.lines), key=_place)
        return [kept for kept in lines if line is None or _place(kept) > _place(line)][:limit]

    def commit(self) -> None:
        self._committed = self._state()


def _place(line: LogLine) -> tuple[int, int, int]:
    return line.epoch, line.seq, line.number


class Client:
    """One session, its state folder, and everything it has told."""

    def __init__(
        self,
        net: Net,
        name: str,
        keys: RoomKeys,
        delay: float,
        outbox: MemoryOutbox,
        secret: bytes,
        log: LogStore,
    ) -> None:
        self.net = net
        self.name = name
        self.keys = keys
        self.delay = delay
        self.outbox = outbox
        self.secret = secret
        self.curve = name.encode().ljust(16, b".") + next(net.numbers).to_bytes(16, "big")
        device = device_signer(secret, keys.room_id)
        identity = Identity(device, Ed25519PrivateKey.generate(), self.curve, name)
        self.session = Session(keys, identity, Kept(outbox, log), jitter=net.random.random)
        self.connection = b""
        self.events: list[events.Event] = []
        self.orders: list[VoiceOrder] = []

    def connect(self) -> None:
        self.connection = next(self.net.numbers).to_bytes(5, "big")
        self.net.clients[self.connection] = self
        self.session.join(self.net.now)
        self.drain()

    def cut(self) -> None:
        """The connection breaks: what is under way is lost, in both directions."""
        connection, self.connection = self.connection, b""
        self.net.clients.pop(connection, None)
        self.session.lost()
        self.drain()
        self.net.act(self.net.core.lost(connection, self.net.now))

    def say(self, text: str) -> None:
        self.session.say(text, self.net.now, sent_at=1_700_000_000 + self.net.now)
        self.drain()

    def listen(self, *, on: bool) -> None:
        self.session.listen(on)
        self.drain()

    def drain(self) -> None:
        for message in self.session.outgoing():
            if self.connection:
                self.net.to_broker(self, encode(message))
        self.events += self.session.events()
        self.orders += self.session.voice_orders()

    def told(self, kind: type[_E]) -> list[_E]:
        return [event for event in self.events if isinstance(event, kind)]

    def texts(self) -> list[str]:
        """All lines, in the order of their numbers: what the window shows in the end."""
        return [
            event.text for event in sorted(self.told(events.TextReceived), key=lambda event: (event.epoch, event.seq))
        ]

    def people(self) -> dict[str, bool]:
        """Names of the others, and whether they are confirmed."""
        return {person.name: person.confirmed for person in self.session.people() if not person.own}


class Net:
    """The clock, the broker's core, and the wires."""

    def __init__(self, seed: int = 1, core: Core | None = None) -> None:
        self.random = random.Random(seed)
        self.now = 1_000.0
        self.core = core or Core(inline_engine(self.random.randbytes))
        self.numbers = itertools.count(1)
        self.clients: dict[bytes, Client] = {}
        self.tamper: Callable[[Client, FromBroker], list[FromBroker]] = lambda _client, message: [message]
        self._under_way: list[tuple[float, int, Callable[[], None]]] = []
        self._last: dict[object, float] = {}

    def client(
        self,
        name: str,
        keys: RoomKeys | None = None,
        *,
        delay: float = 0.01,
        outbox: MemoryOutbox | None = None,
        secret: bytes | None = None,
        log: LogStore | None = None,
    ) -> Client:
        """A client that is not connected yet."""
        outbox, secret = outbox or MemoryOutbox(), secret or self.random.randbytes(32)
        return Client(self, name, keys or room_keys(), delay, outbox, secret, log or NoLog())

    def joined(self, name: str, keys: RoomKeys | None = None, *, delay: float = 0.01) -> Client:
        """A client that has joined."""
        client = self.client(name, keys, delay=delay)
        client.connect()
        self.run(1.0)
        assert client.session.joined
        return client

    def run(self, seconds: float) -> None:
        """Let time pass: deliver what is under way, tick who wants to be."""
        end = self.now + seconds
        while True:
            due = [self._under_way[0][0]] if self._under_way else []
            due.append(self.core.next_tick())
            due += [tick for client in self._everybody() if (tick := client.session.next_tick(self.now)) is not None]
            soonest = max(self.now, min(due))
            if soonest > end:
                self.now = end
                return
            self.now = soonest if soonest > self.now else self.now + 0.001
            self._step()

    def to_broker(self, client: Client, part: bytes) -> None:
        connection = client.connection

        def arrive() -> None:
            if self.clients.get(connection) is client:
                self.act(self.core.receive(connection, client.curve, "192.0.2.1", part, self.now))

        self._send((connection, "up"), client.delay, arrive)

    def act(self, actions: Sequence[Action]) -> None:
        """Carry out what the core decided."""
        for action in actions:
            if isinstance(action, Deliver):
                for connection in action.to:
                    self._deliver(connection, encode(action.message))
            elif isinstance(action, CutConnection) and action.connection in self.clients:
                client = self.clients.pop(action.connection)
                client.connection = b""
                client.session.lost()
                client.drain()

    def _deliver(self, connection: bytes, part: bytes) -> None:
        client = self.clients.get(connection)
        if client is None:
            return

        def arrive() -> None:
            if self.clients.get(connection) is not client:
                return
            for message in self.tamper(client, decode_from_broker(part)):
                client.session.receive(message, self.now)
                client.drain()

        self._send((connection, "down"), client.delay, arrive)

    def _send(self, wire: object, delay: float, arrive: Callable[[], None]) -> None:
        due = max(self.now + delay * self.random.uniform(0.5, 1.5), self._last.get(wire, 0.0))
        self._last[wire] = due
        heapq.heappush(self._under_way, (due, next(self.numbers), arrive))

    def _step(self) -> None:
        while self._under_way and self._under_way[0][0] <= self.now:
            heapq.heappop(self._under_way)[2]()
        if self.core.next_tick() <= self.now:
            self.act(self.core.tick(self.now))
        for client in self._everybody():
            client.session.tick(self.now)
            client.drain()

    def _everybody(self) -> list[Client]:
        return list(self.clients.values())
