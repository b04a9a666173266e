"""Who is in which room, and who listens.

A member is one connection in one room under one CURVE key; it has a random handle and an opaque hello. This
file knows nobody's name and reads no token.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from broker.actions import Action, Deliver, Note
from broker.bundles import Bundles
from broker.further_lanes import FurtherLanes
from broker.quota import PAGE_BYTES_BURST, PAGE_BYTES_PER_SECOND, Bucket
from common import limits, voice_frame
from common.messages import FromBroker


@dataclass(slots=True, eq=False)
class Room:
    """The members of one conversation.

    `wide` once it had more members than get a topic each, until it is empty: clients then use the room's topic.
    `lanes` is the highest number of a further lane that any of them listens to.
    `listening_told` is when the members were last told who listens. `frames` counts the voice given out.
    """

    room_id: bytes
    handle: bytes
    members: dict[bytes, Member] = field(default_factory=dict)
    listeners: set[bytes] = field(default_factory=set)
    wide: bool = False
    lanes: int = 0
    listening_told: float = float("-inf")
    frames: int = 0

    def others(self, member: Member) -> list[Member]:
        """Everybody but this one."""
        return [other for other in self.members.values() if other is not member]

    def allows(self, topic: bytes) -> bool:
        """Whether this is a whole topic of this room: `V‖room‖member`, or `V‖room` in a wide one; on any lane."""
        if topic[:1] not in voice_frame.LANE_MARKS or topic[1 : voice_frame.ROOM_TOPIC_BYTES] != self.handle:
            return False
        return len(topic) == voice_frame.TOPIC_BYTES or (self.wide and len(topic) == voice_frame.ROOM_TOPIC_BYTES)


class Member:
    """One connection in one room, with what it may ask for."""

    __slots__ = (
        "address",
        "behind_since",
        "bundles",
        "connection",
        "frames",
        "further_lanes",
        "handle",
        "heard",
        "hello",
        "key",
        "lanes",
        "listening",
        "pages",
        "room",
        "signal_bytes",
        "signals",
        "texts",
        "texts_from",
        "topic",
        "voice",
        "voice_refused",
    )

    def __init__(
        self, key: bytes, connection: bytes, address: str, room: Room, handle: bytes, hello: bytes, now: float
    ) -> None:
        self.key = key
        self.connection = connection
        self.address = address
        self.room = room
        self.handle = handle
        self.hello = hello
        self.topic = voice_frame.topic(room.handle, handle)
        self.heard = now  # when anything last came from it
        self.listening = False
        self.lanes = 0  # the highest number of a lane that it has listened to since it listens
        self.frames = 0  # of its voice, given out to others
        self.behind_since: float | None = None  # since when it does not take what is sent to it
        self.texts = Bucket(limits.TEXT_PER_SECOND, limits.TEXT_BURST, now)
        self.texts_from = now  # when it may post again, if it was told to wait
        self.signals = Bucket(limits.SIGNALS_PER_SECOND, limits.SIGNAL_BURST, now)
        self.signal_bytes = Bucket(limits.SIGNAL_BYTES_PER_SECOND, limits.SIGNAL_BYTES_BURST, now)
        self.voice = Bucket(limits.VOICE_PER_SECOND, limits.VOICE_BURST, now)
        self.voice_refused = float("-inf")  # when it was last told that it sends too many
        self.further_lanes: FurtherLanes | None = None
        self.bundles = Bundles()
        self.pages = Bucket(PAGE_BYTES_PER_SECOND, PAGE_BYTES_BURST, now)


class Rooms:
    """All rooms that somebody is in, and all members by CURVE key."""

    def __init__(self) -> None:
        self._rooms: dict[bytes, Room] = {}
        self._by_key: dict[bytes, Member] = {}

    def room(self, room_id: bytes) -> Room | None:
        """The room of this id, if somebody is in it."""
        return self._rooms.get(room_id)

    def sizes(self) -> tuple[int, int, int]:
        """How many rooms, members and listeners there are."""
        listeners = sum(len(room.listeners) for room in self._rooms.values())
        return len(self._rooms), len(self._by_key), listeners

    def members(self) -> tuple[Member, ...]:
        """Everybody, in all rooms."""
        return tuple(self._by_key.values())

    def of_key(self, key: bytes) -> Member | None:
        """Who has joined under this CURVE key."""
        return self._by_key.get(key)

    def open(self, room_id: bytes, handle: bytes) -> Room:
        """The room of this id, made if nobody was in it. `add` somebody, or it is nobody's."""
        return self._rooms.get(room_id) or Room(room_id, handle)

    def add(self, member: Member) -> None:
        """Put a member into its room."""
        room = member.room
        self._rooms[room.room_id] = room
        room.members[member.handle] = member
        room.wide = room.wide or len(room.members) > limits.TOPICS_EACH_MEMBER
        self._by_key[member.key] = member

    def remove(self, member: Member) -> None:
        """Take a member out of its room, and the room away with its last member."""
        room = member.room
        del room.members[member.handle]
        room.listeners.discard(member.handle)
        self._hears_none(member)
        del self._by_key[member.key]
        if not room.members:
            del self._rooms[room.room_id]

    def listen(self, member: Member, on: bool) -> bool:
        """Turn a member's speaker on or off. False: it was so already."""
        if member.listening == on:
            return False
        member.listening = on
        if not on:
            self._hears_none(member)
        (member.room.listeners.add if on else member.room.listeners.discard)(member.handle)
        return True

    def hears_lane(self, member: Member, number: int) -> None:
        """A voice channel of this member has asked for the topics of lane `number`, 0 for the first, and may."""
        member.lanes = max(member.lanes, number)
        member.room.lanes = max(member.room.lanes, number)

    @staticmethod
    def _hears_none(member: Member) -> None:
        if member.lanes:
            member.lanes = 0
            member.room.lanes = max((other.lanes for other in member.room.members.values()), default=0)


def deliver(members: Iterable[Member], message: FromBroker) -> list[Action]:
    """The action that tells these members something, none if there is nobody."""
    to = tuple(member.connection for member in members)
    return [Deliver(to, message)] if to else []


def note(event: str, member: Member, reason: str) -> Note:
    """A line for the log about a member."""
    return Note(event, member.handle.hex(), member.address, reason)
