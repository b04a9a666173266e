"""Sessions against a broker that lies, over days: what they show is true, and they go on.

Run with EVIL_DAYS=N for more than the few days that fit a test run; the figures are printed (`-s`).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from client import events
from client.voice import packet
from client.voice.counters import Counters
from client.voice.packet import VoicePacket
from client.voice.receiver import Receiver
from client.voice_orders import AddSpeaker, ConfirmSpeaker, EnterRoom, LeaveRoom, RemoveSpeaker
from common import voice_frame
from common.crypto.sframe import FrameSealer
from common.messages import FromBroker, decode_from_broker, encode
from tests.chaos.evil_broker import EvilCore, Loot
from tests.fakes.engine import inline_engine
from tests.fakes.link import Client, MemoryOutbox, Net, room_keys

DAYS = int(os.environ.get("EVIL_DAYS", "25"))
STEPS = 150
ROOMS = {"kitchen": ("Ann", "Bob", "Cyd"), "garden": ("Dan", "Eva")}
_SILK_10_MS = b"\0opus"  # the first byte says: 10 ms


@dataclass
class Truth:
    """What was really said, by whom, where and when."""

    lines: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # text → room, fingerprint, name
    voice: dict[int, tuple[str, bytes]] = field(default_factory=dict)  # media time → room, session
    sessions: dict[bytes, tuple[str, float, float]] = field(default_factory=dict)  # room, begun, ended


@dataclass
class Person:
    """A client, its ears, and what it may know."""

    client: Client
    room: str
    begun: float
    sealer: FrameSealer | None = None
    topic: bytes = b""
    ears: dict[bytes, tuple[bytes, Receiver]] = field(default_factory=dict)
    heard: list[tuple[bytes, VoicePacket]] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)
    seen_orders: int = 0

    def obey(self, now: float) -> None:
        """What the voice engine would do with the session's orders."""
        orders, self.seen_orders = self.client.orders[self.seen_orders :], len(self.client.orders)
        for order in orders:
            match order:
                case EnterRoom(topic, sealer):
                    self.topic, self.sealer, self.ears = topic, sealer, {}
                case LeaveRoom():
                    self.topic, self.ears = b"", {}
                case AddSpeaker(member, opener, confirmed):
                    person = self.client.session.person(member)
                    session = bytes.fromhex(person.session) if person else b""
                    self.ears[member] = (session, Receiver(opener, self.counters, confirmed=confirmed))
                case ConfirmSpeaker(member) if member in self.ears:
                    session, receiver = self.ears[member]
                    self.heard += [(session, voice) for _, voice in receiver.confirm(now)]
                case RemoveSpeaker(member):
                    self.ears.pop(member, None)
                case _:
                    pass

    def hear(self, frame: bytes, now: float) -> None:
        ear = self.ears.get(frame[5 : voice_frame.TOPIC_BYTES])
        if ear is not None:
            session, receiver = ear
            self.heard += [(session, voice) for _, voice in receiver.take(frame[voice_frame.TOPIC_BYTES :], now)]


class Day:
    """People of two rooms at an evil broker, from morning to evening."""

    def __init__(self, seed: int, truth: Truth, loot: Loot, outboxes: dict[str, MemoryOutbox], start: float) -> None:
        self.chance = random.Random(seed)
        share = self.chance.choice([0.05, 0.3, 0.7])
        self.core = EvilCore(inline_engine(self.chance.randbytes), self.chance, share, loot)
        self.net = Net(seed, self.core)
        self.net.now = start
        self.net.tamper = self.count
        self.truth = truth
        self.outboxes = outboxes
        self.people: list[Person] = []
        self.delivered = 0

    def count(self, _client: Client, message: FromBroker) -> list[FromBroker]:
        self.delivered += 1
        assert decode_from_broker(encode(message)) == message  # else the client would never see it
        return [message]

    def arrive(self, name: str, room: str) -> None:
        secret = name.encode().ljust(32, b".")  # the same device each day
        outbox = self.outboxes.setdefault(name, MemoryOutbox())
        client = self.net.client(name, room_keys(room), outbox=outbox, secret=secret)
        self.people.append(Person(client, room, self.net.now))
        self.truth.sessions[client.session._id] = (room, self.net.now, float("inf"))
        client.connect()

    def leave(self, person: Person) -> None:
        self.people.remove(person)
        if person.client.connection:
            person.client.cut()
        room, begun, _ = self.truth.sessions[person.client.session._id]
        self.truth.sessions[person.client.session._id] = (room, begun, self.net.now)
        self.check(person)

    def step(self) -> None:
        person = self.chance.choice(self.people)
        client = person.client
        if not client.connection:
            client.connect()
        elif self.chance.random() < 0.05:
            client.cut()
        elif self.chance.random() < 0.5:
            self.say(person)
        else:
            self.talk(person)
        self.net.run(self.chance.choice([0.01, 0.1, 0.5]))
        for other in self.people:
            other.obey(self.net.now)

    def say(self, person: Person) -> None:
        text = f"line {len(self.truth.lines)}"
        self.truth.lines[text] = (person.room, person.client.session.fingerprint, person.client.name)
        person.client.say(text)

    def talk(self, person: Person) -> None:
        person.obey(self.net.now)
        if person.sealer is None or not person.topic:
            return
        for _ in range(5):
            media = len(self.truth.voice)
            self.truth.voice[media] = (person.room, person.client.session._id)
            sealed = person.sealer.seal(packet.encode(VoicePacket(media, _SILK_10_MS)))
            for frame in self.core.frames(person.client.curve, person.topic + sealed):
                for listener in self.people:
                    listener.hear(frame, self.net.now)

    def check(self, person: Person) -> None:
        """Nothing that this person was shown is false, doubled or somebody else's."""
        shown: Counter[str] = Counter()
        for line in person.client.told(events.TextReceived):
            room, fingerprint, name = self.truth.lines[line.text]
            assert room == person.room
            assert line.member == fingerprint
            assert line.name.partition(" (")[0] == name
            assert line.own == (fingerprint == person.client.session.fingerprint)
            assert not line.copied_device
            shown[line.text] += 1
        assert not shown or max(shown.values()) == 1
        for event in person.client.told(events.PersonChanged):
            if event.person.confirmed:
                room, _, ended = self.truth.sessions[bytes.fromhex(event.person.session)]
                assert room == person.room
                assert ended > person.begun  # nobody who had gone before I came
        played: Counter[int] = Counter()
        for session, voice in person.heard:
            assert self.truth.voice[voice.media_time] == (person.room, session)
            assert self.truth.sessions[session][2] > person.begun
            played[voice.media_time] += 1
        assert not played or max(played.values()) == 1


def live(days: int) -> Counter[str]:
    """So many days at one evil broker, which remembers all of them. What happened, counted."""
    truth, loot, outboxes = Truth(), Loot(), dict[str, MemoryOutbox]()
    figures: Counter[str] = Counter()
    for number in range(days):
        day = Day(number, truth, loot, outboxes, start=1_000.0 + 100_000 * number)
        for room, names in ROOMS.items():
            for name in names:
                day.arrive(name, room)
        for step in range(STEPS):
            day.step()
            if step == STEPS // 2:  # a newcomer, who knows nobody yet; and one comes back on another key
                day.arrive("Fay", "kitchen")
                day.leave(day.people[0])
                day.arrive("Ann", "kitchen")
        for person in list(day.people):
            session = person.client.session
            figures.update({f"noticed: {name}": count for name, count in session.counters.items()})
            problems = Counter(event.code for event in person.client.told(events.ProblemReported))
            figures.update({f"said: {code}": count for code, count in problems.items()})
            figures["lines shown"] += len(person.client.told(events.TextReceived))
            figures["voice played"] += len(person.heard)
            figures["voice refused"] += person.counters.refused
            figures["voice replayed"] += person.counters.replayed
            figures["voice unconfirmed"] += person.counters.unconfirmed
            day.leave(person)
        figures["deliveries"] += day.delivered
        figures.update({f"did: {name}": count for name, count in day.core.did.items()})
    return figures


def test_nothing_false_is_ever_shown(capsys: pytest.CaptureFixture[str]) -> None:
    figures = live(DAYS)
    with capsys.disabled():
        print("\n" + "\n".join(f"{name:32} {count:9,}" for name, count in sorted(figures.items())))
    assert figures["lines shown"] > DAYS * 100  # they were not just deaf
    assert figures["voice played"] > DAYS * 100
    for noticed in ("refused", "doubled", "copied_hellos", "replayed_signals"):
        assert figures[f"noticed: {noticed}"] > 0
    for refused in ("refused", "replayed", "unconfirmed"):
        assert figures[f"voice {refused}"] > 0
    assert len([name for name in figures if name.startswith("did: ")]) == 13
