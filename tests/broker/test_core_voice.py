from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from broker.actions import CutVoice, Note
from broker.core import LISTENING_SECONDS, SWEEP_SECONDS
from broker.lines import FLOOD_BURST
from broker.subscriptions import Verdict
from common import limits, messages, voice_frame
from tests.fakes.core import OTHER, ROOM, World

# --- voice --------------------------------------------------------------------------------------------------


def test_voice_is_relayed_only_while_somebody_else_listens() -> None:
    # Would catch bytes to a room that is deaf, or a talker's own speaker that counts.
    world = World()
    world.join("ann")
    world.join("ben")
    world.send("ann", messages.Listen(True))
    assert not world.talk("ann")
    world.send("ben", messages.Listen(True))
    assert world.talk("ann")
    world.send("ann", messages.Listen(False))
    assert world.talk("ann")
    world.send("ben", messages.Leave())
    assert not world.talk("ann")
    counts = world.core.counts
    assert (counts.voice_relayed, counts.voice_unheard, counts.voice_refused) == (2, 2, 0)


def test_a_pong_counts_the_voice_of_others_that_was_given_out() -> None:
    # Would catch a talker who takes its own voice, or what nobody was given, for voice that it should have heard.
    world = World()
    for name in ("ann", "ben", "cem"):
        world.join(name)
    world.talk("ann")
    world.send("cem", messages.Listen(True))
    for talker in ("ann", "ann", "ben"):
        assert world.talk(talker)
    counted = {}
    for name in ("ann", "ben", "cem"):
        world.send(name, messages.Ping(7))
        counted[name] = world.last(name, messages.Pong).voice_frames
    assert counted == {"ann": 1, "ben": 2, "cem": 3}


def test_voice_of_strangers_and_under_wrong_topics() -> None:
    # Would catch somebody who speaks as another, and frames that no client would take.
    world = World()
    world.join("ann")
    world.join("ben")
    world.send("ben", messages.Listen(True))
    assert not world.talk("stranger", world.frame("ann"))
    world.raw("stranger", messages.encode(messages.Ping(0)))
    assert not world.talk("stranger", world.frame("ann"))
    assert not world.talk("ann", world.frame("ben"))
    assert not world.talk("ann", world.frame("ann")[: limits.VOICE_FRAME_MIN_BYTES - 1])
    assert not world.talk("ann", world.frame("ann") + b"x" * limits.VOICE_FRAME_BYTES)
    assert world.core.counts.voice_refused == 5
    for _ in range(limits.MALFORMED_LIMIT):
        world.talk("ann", world.frame("ben"))
    assert world.core.next_tick() <= world.now
    world.act(world.core.tick(world.now))
    assert world.cuts() == [b"ann"]


def test_voice_has_its_quota_and_is_told_once_a_second() -> None:
    # Would catch a member that takes everybody's line, and a refusal for each of its frames.
    world = World()
    world.join("ann")
    world.join("ben")
    world.send("ben", messages.Listen(True))
    relayed = [world.talk("ann") for _ in range(limits.VOICE_BURST + 50)]
    assert relayed.count(True) == limits.VOICE_BURST
    world.act(world.core.tick(world.now))
    assert world.refused("ann")[:2] == ("voice", "too_fast")
    assert len(world.got("ann", messages.Refused)) == 1


def test_a_flood_of_voice_is_cut() -> None:
    # Would catch a member, or somebody who has left, that keeps the loop busy with frames which nobody hears.
    world = World()
    world.join("ann")
    for _ in range(limits.VOICE_BURST + FLOOD_BURST + 1):
        world.talk("ann")
    world.join("ben")
    left = world.frame("ben")
    world.send("ben", messages.Leave())
    for _ in range(limits.MALFORMED_LIMIT):
        world.talk("ben", left)
    world.act(world.core.tick(world.now))
    assert world.cuts() == [b"ann", b"ben"]
    assert world.notes("cut")[0] == "too many voice frames"


def test_listening_is_told_at_once_then_at_intervals() -> None:
    # Would catch a change that is never told, or 500 messages to 500 members.
    world = World()
    ann, ben, cem = (world.join(who) for who in ("ann", "ben", "cem"))
    for who in ("ann", "ben", "cem", "cem"):
        world.send(who, messages.Listen(True))
    assert world.last("ann", messages.Listening).members == (ann.member,)
    assert world.core.next_tick() == pytest.approx(world.now + LISTENING_SECONDS)
    world.act(world.core.tick(world.now + LISTENING_SECONDS / 2))
    assert world.last("ann", messages.Listening).members == (ann.member,)
    world.now = world.core.next_tick()
    world.act(world.core.tick(world.now))
    assert world.last("ann", messages.Listening).members == tuple(sorted((ann.member, ben.member, cem.member)))
    assert world.core.next_tick() > world.now
    world.send("cem", messages.Leave())
    world.pass_time(1.0, alive=("ann", "ben"))
    assert world.last("ann", messages.Listening).members == tuple(sorted((ann.member, ben.member)))


def test_an_empty_room_is_told_nothing() -> None:
    # Would catch a room that is remembered because it was still to be told something.
    world = World()
    world.join("ann")
    world.send("ann", messages.Listen(True))
    world.send("ann", messages.Listen(False))
    world.send("ann", messages.Leave())
    assert world.core.next_tick() == pytest.approx(100.0 + SWEEP_SECONDS)


# --- subscriptions ------------------------------------------------------------------------------------------


def subscribe(world: World, who: str, frame: bytes, channel: int = 1) -> Verdict:
    return world.core.subscribed(channel, who.encode(), frame[: voice_frame.TOPIC_BYTES])


def test_only_listeners_of_the_room_are_approved() -> None:
    # Would catch voice to a speaker that is off, to another room, or to a stranger.
    world = World()
    for who, room in (("ann", ROOM), ("ben", ROOM), ("eve", OTHER)):
        world.join(who, room)
    frame = world.frame("ann")
    assert subscribe(world, "ben", frame) is Verdict.REFUSE
    world.send("ben", messages.Listen(True))
    world.send("eve", messages.Listen(True))
    assert world.got("ben", messages.Resubscribe)  # its SUB was there before its Listen
    assert not world.got("eve", messages.Resubscribe)
    assert subscribe(world, "ben", frame) is Verdict.APPROVE
    assert subscribe(world, "ben", frame[: voice_frame.ROOM_TOPIC_BYTES]) is Verdict.REFUSE
    assert subscribe(world, "ben", b"V", 9) is Verdict.CUT
    assert subscribe(world, "eve", frame, 2) is Verdict.REFUSE
    assert subscribe(world, "stranger", frame, 3) is Verdict.REFUSE
    assert world.core.unsubscribed(1, b"ben", frame[:7]) is Verdict.APPROVE
    assert world.core.unsubscribed(None, None, frame[:7]) is Verdict.APPROVE


@pytest.mark.parametrize(
    "end",
    [
        lambda world: world.send("ben", messages.Listen(False)),
        lambda world: world.send("ben", messages.Leave()),
        lambda world: world.join("ben2", key="ben"),
        lambda world: world.pass_time(limits.MEMBER_EXPIRES_SECONDS + 1.0, alive=("ann",)),
    ],
)
def test_subscriptions_end_with_listening(end: Callable[[World], Any]) -> None:
    # Would catch somebody who has left and still hears.
    world = World()
    world.join("ann")
    world.join("ben")
    world.send("ben", messages.Listen(True))
    subscribe(world, "ben", world.frame("ann"), 4)
    end(world)
    assert CutVoice(b"ben", (4,)) in world.actions


def test_user_message_makes_all_approvals_wait() -> None:
    # Would catch the attack that got a stranger a victim's voice.
    world = World()
    world.join("ann")
    world.join("ben")
    world.send("ben", messages.Listen(True))
    frame = world.frame("ann")
    subscribe(world, "ben", frame, 4)
    assert world.act(world.core.user_message(9, "192.0.2.66")) == [
        Note("attack", "", "192.0.2.66", "user message on the voice port")
    ]
    assert subscribe(world, "ben", frame, 5) is Verdict.CUT
    assert subscribe(world, "stranger", frame, 6) is Verdict.CUT
    world.act(world.core.voice_port_drained())
    assert world.last("ben", messages.Resubscribe)
    assert CutVoice(b"ben", (4,)) in world.actions
    assert world.core.voice_port_drained() == []
    assert subscribe(world, "ben", frame, 7) is Verdict.APPROVE
