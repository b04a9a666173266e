"""Whether a voice frame is passed on: topic, size, copies, quota, and somebody who listens. The hot path."""

from __future__ import annotations

from enum import Enum, auto

from broker.further_lanes import Copy
from broker.rooms import Member
from broker.status import Counters
from common import limits
from common.voice_frame import TOPIC_BYTES


class Verdict(Enum):
    """What becomes of a voice frame."""

    RELAY = auto()
    DROP = auto()  # nothing is wrong with it
    TOO_MANY = auto()
    MALFORMED = auto()


def judge(member: Member | None, frame: bytes, now: float, counts: Counters) -> Verdict:
    """Take a whole frame, topic first, that a connection of this member has brought (None: of nobody in a room)."""
    if member is None or frame[:TOPIC_BYTES] != member.topic or not _sized(frame):
        return _refused(Verdict.MALFORMED, counts)
    member.heard = now
    further = member.further_lanes
    if further is not None and (copy := further.judge(frame, now)) is not Copy.FIRST:
        if copy is Copy.FURTHER:
            counts.voice_copies += 1
            return Verdict.DROP
        return _refused(Verdict.TOO_MANY if copy is Copy.TOO_MANY else Verdict.MALFORMED, counts)
    if not member.voice.take(now):
        return _refused(Verdict.TOO_MANY, counts)
    if len(member.room.listeners) <= member.listening:  # nobody, or only the talker itself
        counts.voice_unheard += 1
        return Verdict.DROP
    counts.voice_relayed += 1
    member.room.frames += 1
    member.frames += 1
    return Verdict.RELAY


def _sized(frame: bytes) -> bool:
    return limits.VOICE_FRAME_MIN_BYTES <= len(frame) <= limits.VOICE_FRAME_BYTES


def _refused(verdict: Verdict, counts: Counters) -> Verdict:
    counts.voice_refused += 1
    return verdict
