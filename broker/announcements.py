"""What members are told of their room and of each other. Pure."""

from __future__ import annotations

from broker.actions import Action
from broker.engine.base import Span
from broker.quota import Allowances
from broker.rooms import Member, Room, deliver
from common import limits
from common import messages as wire


def introduction(member: Member, span: Span, allowances: Allowances) -> list[Action]:
    """Tell a newcomer of the room and its posts (`span`), and the room of the newcomer."""
    room = member.room
    others = tuple(room.others(member))
    allowed = wire.RoomLimits(
        allowances.room_members,
        int(limits.TEXT_PER_SECOND),
        int(limits.SIGNALS_PER_SECOND),
        int(limits.VOICE_PER_SECOND),
    )
    first = tuple(wire.Member(other.handle, other.hello, other.key) for other in others[: limits.JOINED_MEMBERS])
    joined = wire.Joined(member.handle, room.handle, first, span.newest_seq, span.oldest_seq, span.log_id, allowed)
    actions = deliver((member,), joined)
    for other in others[limits.JOINED_MEMBERS :]:
        actions += deliver((member,), wire.MemberJoined(other.handle, other.hello, other.key))
    actions += deliver((member,), listening(room))
    return actions + deliver(others, wire.MemberJoined(member.handle, member.hello, member.key))


def listening(room: Room) -> wire.Listening:
    """Who has the speaker on."""
    return wire.Listening(tuple(sorted(room.listeners)))


def pong(member: Member, ping: wire.Ping, now: float) -> wire.Pong:
    """The answer to a member's ping: its stamp, our clock (µs), and how much voice of others was given out."""
    return wire.Pong(ping.stamp, int(now * 1_000_000), member.room.frames - member.frames)
