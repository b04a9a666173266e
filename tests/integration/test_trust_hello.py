"""What a broker can try with somebody who has left: their hello, voice and signals once more, under a new handle."""

from __future__ import annotations

import itertools
import time

from common import messages, voice_frame
from common.crypto.keys import stretch
from tests.integration.broker_process import ROOT, BrokerProcess, RawClient
from tests.integration.client_process import PATIENCE, ClientProcess
from tests.integration.conftest import PHRASE, People

SPEECH = ROOT / "tests/sounds/speech.wav"
FRAMES = 40


def confirmed(person: ClientProcess, name: str) -> bool:
    listed = [other for other in person.ask("members")["people"] if other["name"] == name]
    assert len(listed) == 1
    return bool(listed[0]["confirmed"])


def record_voice(spy: RawClient, joined: messages.Joined, talker: ClientProcess) -> list[bytes]:
    """The frames that the talker says next, as the broker sees them; nobody else has a microphone on."""
    spy.listen()
    frames: list[bytes] = []
    with spy.subscribe(*(voice_frame.topic(joined.room, member.member) for member in joined.members)) as channel:
        talker.do("mic", on=True)
        while len(frames) < FRAMES:
            assert channel.poll(int(PATIENCE * 1_000))
            frames.append(channel.recv())
    return frames


def say_again(impostor: RawClient, frames: list[bytes], *listeners: ClientProcess) -> None:
    """Send the seals of these frames under the impostor's topic, until each listener has had some."""
    assert impostor.joined is not None
    topic = voice_frame.topic(impostor.joined.room, impostor.joined.member)
    had = [listener.ask("stats")["voice_frames_received"] for listener in listeners]
    until = time.monotonic() + PATIENCE
    for frame in itertools.cycle(frames):
        impostor.dealer.send(topic + frame[len(topic) :])
        impostor.receive(0.05)  # slower than the broker's quota
        now = [listener.ask("stats")["voice_frames_received"] for listener in listeners]
        if all(later > before for before, later in zip(had, now, strict=True)):
            return
        assert time.monotonic() < until


def test_somebody_who_has_left_cannot_be_replayed(broker: BrokerProcess, people: People) -> None:
    # Would catch yesterday's people among today's: their hello, voice and signals are sealed, and so are copies.
    ann, ben = people.join("Ann", "--mic", str(SPEECH)), people.join("Ben", "--speaker-on")
    device = ann.expect("joined")["member"]
    ben.expect("member_changed", name="Ann", confirmed=True)
    ann.expect("listening", count=1)
    with RawClient(broker) as spy, RawClient(broker) as impostor:
        room_id = stretch(PHRASE, broker.key).room_id
        joined = spy.join(room_id)
        hellos = {member.member: member.hello for member in joined.members}
        frames = record_voice(spy, joined, ann)
        ann.quit()
        gone = spy.expect(messages.MemberLeft).member
        ben.expect("member_left", member=device)
        played = ben.ask("stats")["played"]
        after = ben.mark
        impostor.join(room_id, hellos[gone])
        assert ben.expect("member_joined", after=after, member=device)["confirmed"] is False
        cem = people.join("Cem", "--speaker-on")
        later = cem.mark
        say_again(impostor, frames, ben, cem)
        impostor.send(messages.Signal(spy.expect(messages.Signalled).token, None))
        impostor.ping()
        # Ben and Cem confirm each other, so the room has had the time that it takes.
        ben.expect("member_changed", name="Cem", confirmed=True)
        cem.expect("member_changed", name="Ben", confirmed=True)
        for other in (ben, cem):
            assert not confirmed(other, "Ann")
        assert ben.ask("stats")["played"] == played
        assert cem.ask("stats")["played"] == 0
        assert not any(event["event"] == "talking" and event["on"] for event in ben.events[after:])
        assert not any(event["event"] == "talking" for event in cem.events[later:])
