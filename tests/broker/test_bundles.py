from __future__ import annotations

from broker.bundles import Bundles
from broker.subscriptions import Verdict
from common import limits, messages, voice_frame
from common.voice_frame import unbundle
from tests.fakes.core import OTHER, World

TOPIC = b"Vroom##"


def frames(count: int) -> list[bytes]:
    return [TOPIC + bytes([number]) * 60 for number in range(count)]


def test_each_lane_brings_each_frame_once_and_lanes_take_turns() -> None:
    # Would catch lanes that are late with the same frames, and a frame that a lane leaves out.
    bundles = Bundles()
    said = frames(6)
    down = [bundles.add(frame, 2, number * 0.01) for number, frame in enumerate(said)]
    by_lane = [
        [unbundle(one, lane) for each in down for one in each if one[:1] == voice_frame.LANE_MARKS[lane : lane + 1]]
        for lane in (1, 2)
    ]
    assert by_lane == [[said[:1], said[1:2], said[2:4], said[4:6]], [said[:1], said[1:3], said[3:5]]]


def test_the_last_frame_of_a_talk_is_not_kept_for_the_next() -> None:
    # Would catch old voice for who was not there when it was said.
    bundles, said = Bundles(), frames(4)
    down = [bundles.add(said[number], 1, when) for number, when in ((1, 1.0), (2, 1.01), (3, 60.0))]
    assert [[unbundle(one, 1) for one in each] for each in down] == [[[said[1]]], [], [[said[3]]]]


def test_nothing_is_made_for_lanes_that_nobody_hears() -> None:
    bundles = Bundles()
    assert [bundles.add(frame, 0, 0.0) for frame in frames(4)] == [[]] * 4
    assert all(one.startswith(b"W") for frame in frames(4) for one in bundles.add(frame, 1, 0.0))


def test_largest_frames_fit_what_a_client_takes() -> None:
    # Would catch a member who can have the lanes of others closed by sending large frames.
    largest = [TOPIC + bytes(limits.VOICE_FRAME_BYTES - len(TOPIC))] * voice_frame.BUNDLED_MOST
    assert len(voice_frame.bundle(largest, 1)) < limits.VOICE_MESSAGE_BYTES


def listens_by(world: World, who: str, topic: bytes) -> Verdict:
    return world.core.subscribed(1, who.encode(), topic)


def test_a_room_has_bundles_while_somebody_hears_a_further_lane() -> None:
    # Would catch a lane down that brings nothing, work for a lane that nobody has, and one that strangers turn on.
    world = World()
    world.join("ann")
    world.join("ben")
    world.join("eve", OTHER)
    for who in ("ben", "eve"):
        world.send(who, messages.Listen(True))
    frame = world.frame("ann")
    topic = frame[: voice_frame.TOPIC_BYTES]
    assert world.talk("ann")
    assert world.bundles("ann", frame) == []
    assert listens_by(world, "eve", voice_frame.on_lane(topic, 2)) is Verdict.REFUSE
    assert world.bundles("ann", frame) == []
    assert listens_by(world, "ben", voice_frame.on_lane(topic, 1)) is Verdict.APPROVE
    assert [unbundle(one, 1) for one in world.bundles("ann", frame)] == [[frame]]
    assert world.bundles("stranger", frame) == []
    world.send("ben", messages.Listen(False))
    assert world.bundles("ann", frame) == []
