from __future__ import annotations

from broker.actions import CutConnection
from broker.further_lanes import Copy, FurtherLanes
from common import limits, messages, voice_frame
from tests.fakes.core import OTHER, World

TOPIC = b"Vroom##"


def numbered(topic: bytes, ctr: int, kid: int = 0) -> bytes:
    return topic + voice_frame.encode_header(kid, ctr) + b"x" * 60


def talking() -> tuple[World, bytes]:
    """Ann with two lanes, Ben who listens, and Ann's topic."""
    world = World()
    joined = world.join("ann")
    world.join("ben")
    world.send("ben", messages.Listen(True))
    world.send("ann2", messages.Lane(1), "ann")
    return world, voice_frame.topic(joined.room, joined.member)


def test_the_first_copy_is_passed_on_whichever_lane_brings_it() -> None:
    # Would catch a listener that gets everything twice, and a lane whose frames count for nothing.
    world, topic = talking()
    brought = [("ann", 1), ("ann2", 1), ("ann2", 2), ("ann", 2), ("ann", 4), ("ann2", 3), ("ann2", 4)]
    assert [world.talk(who, numbered(topic, ctr)) for who, ctr in brought] == [
        True, False, True, False, True, True, False,
    ]  # fmt: skip
    counts = world.core.counts
    assert (counts.voice_relayed, counts.voice_copies, counts.voice_refused) == (4, 3, 0)


def test_copies_do_not_count_twice_against_the_quota_nor_without_end() -> None:
    # Would catch a talker that is refused for having two lanes, and a lane that is a way around every quota.
    world, topic = talking()
    for ctr in range(10 * limits.VOICE_BURST):
        assert world.talk("ann", numbered(topic, ctr))
        assert not world.talk("ann2", numbered(topic, ctr))
        world.now += 0.01
    assert world.core.counts.voice_refused == 0
    for _ in range((1 + limits.FURTHER_LANES) * limits.VOICE_BURST):
        world.talk("ann2", numbered(topic, ctr))
    assert world.core.counts.voice_refused >= limits.VOICE_BURST
    world.act(world.core.tick(world.now))
    assert world.refused("ann2")[:2] == ("voice", "too_fast")
    distinct = [world.talk("ann2", numbered(topic, 10_000 + step)) for step in range(200)]
    assert distinct.count(True) <= limits.VOICE_BURST


def test_three_lanes_and_each_is_replaced_by_its_own_number() -> None:
    # Would catch a third lane that takes the place of the second, whose copies are refused, or that outlives the first.
    world, topic = talking()
    assert world.send("ann3", messages.Lane(2), "ann") == []
    for ctr in range(10 * limits.VOICE_BURST):
        brought = [world.talk(who, numbered(topic, ctr)) for who in ("ann3", "ann", "ann2")]
        assert brought == [True, False, False]
        world.now += 0.01
    assert (world.core.counts.voice_refused, world.core.counts.voice_copies) == (0, 2 * (ctr + 1))
    world.send("ann4", messages.Lane(1), "ann")
    assert world.cuts() == [b"ann2"]
    world.act(world.core.lost(b"ann4", world.now))
    assert world.talk("ann3", numbered(topic, ctr + 1))
    world.send("ann", messages.Leave())
    assert world.cuts()[-1] == b"ann3"
    assert not world.talk("ann3", numbered(topic, ctr + 2))


def test_a_lane_s_number_is_bounded() -> None:
    # Would catch a member with lanes without end.
    world, _ = talking()
    for number in (0, limits.FURTHER_LANES + 1):
        world.raw("ann9", b"\x92\x08" + bytes([number]), "ann")
    assert world.core.counts.malformed == 2


def test_a_second_lane_belongs_to_the_key_of_its_first() -> None:
    # Would catch a stranger, or another member, that speaks under Ann's topic or uses up her counters.
    world, topic = talking()
    for who, key in (("eve", "eve"), ("mallory", "mallory")):
        if who == "mallory":
            world.join("mallory", OTHER)
        world.send(who + "2", messages.Lane(1), key)
        assert not world.talk(who + "2", numbered(topic, 7))
    assert world.refused("eve2")[:2] == ("lane", "not_joined")
    assert world.talk("ann", numbered(topic, 7))
    world.send("ann", messages.Lane(1))
    assert world.refused("ann")[:2] == ("lane", "not_joined")


def test_a_frame_without_a_counter_is_malformed() -> None:
    world, topic = talking()
    assert FurtherLanes(0.0).judge(TOPIC + b"\x08\x01" + b"x" * 30, 0.0) is Copy.UNREADABLE
    assert not world.talk("ann2", topic + b"\x08\x01" + b"x" * 30)
    assert world.core.counts.voice_refused == 1


def test_a_new_session_key_id_starts_afresh() -> None:
    lane = FurtherLanes(0.0)
    frames = [numbered(TOPIC, 5), numbered(TOPIC, 5, kid=9), numbered(TOPIC, 5, kid=9)]
    assert [lane.judge(frame, 0.0) for frame in frames] == [Copy.FIRST, Copy.FIRST, Copy.FURTHER]


def test_it_ends_with_the_stay_and_with_the_next_one() -> None:
    # Would catch a connection that still speaks after its member has left, and lanes that pile up.
    world, topic = talking()
    assert world.send("ann2", messages.Lane(1), "ann") == []  # it is so already
    actions = world.send("ann3", messages.Lane(1), "ann")
    assert [action.connection for action in actions if isinstance(action, CutConnection)] == [b"ann2"]
    assert world.talk("ann3", numbered(topic, 1))
    world.send("ann", messages.Leave())
    assert world.cuts() == [b"ann2", b"ann3"]
    assert not world.talk("ann3", numbered(topic, 2))


def test_a_second_lane_that_is_lost_or_too_eager() -> None:
    world, topic = talking()
    world.act(world.core.lost(b"ann2", world.now))
    assert world.talk("ann", numbered(topic, 1))
    assert world.talk("ann", numbered(topic, 1))  # no second lane, no filter: a listener's replay window sees to it
    for _ in range(limits.CONTROL_BURST):
        world.send("ann4", messages.Lane(1), "ann")
    world.send("ann4", messages.Lane(1), "ann")
    assert world.refused("ann4")[:2] == ("lane", "too_fast")


def test_a_quiet_second_lane_is_remembered_and_one_that_joins_becomes_the_first() -> None:
    # Would catch a lane that is forgotten in a long pause of its talker, and a crash at the key's next join.
    world, topic = talking()
    world.pass_time(100.0, alive=("ann", "ben"))
    assert world.talk("ann2", numbered(topic, 1))
    joined = world.join("ann2", key="ann")
    assert world.cuts() == [b"ann"]
    assert world.talk("ann2", numbered(voice_frame.topic(joined.room, joined.member), 2))
    world.send("ann2", messages.Leave())
    assert world.core.standing(world.now).members == 1
