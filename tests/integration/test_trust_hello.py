"""What a broker can try with somebody who has left: their hello, voice and signals once more, under a new handle."""

from __future__ import annotations

from common import messages, voice_frame
from common.crypto.keys import stretch
from tests.integration.broker_process import ROOT, BrokerProcess, RawClient
from tests.integration.client_process import PATIENCE, ClientProcess
from tests.integration.conftest import PHRASE, People

SPEECH = ROOT / "tests/sounds/speech.wav"
FRAMES = 40


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


def test_somebody_who_has_left_cannot_be_replayed(broker: BrokerProcess, people: People) -> None:
    # Would catch yesterday's people among today's: a hello names its connection, and a copy comes with another.
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
        mine = impostor.join(room_id, hellos[gone])
        cem = people.join("Cem", "--speaker-on")
        topic = voice_frame.topic(mine.room, mine.member)
        for frame in frames:
            impostor.dealer.send(topic + frame[len(topic) :])
        impostor.send(messages.Signal(spy.expect(messages.Signalled).token, None))
        impostor.ping()
        # Ben and Cem confirm each other, so the room has had the time that it takes.
        ben.expect("member_changed", name="Cem", confirmed=True)
        cem.expect("member_changed", name="Ben", confirmed=True)
        for other, already in ((ben, played), (cem, 0)):
            assert other.ask("stats")["copied_hellos"] == 1
            assert "Ann" not in other.ask("members")["members"]
            assert other.ask("stats")["played"] == already
        assert not [
            event for event in ben.events[after:] if event["event"] == "member_joined" and event["name"] == "Ann"
        ]
        assert not [event for event in ben.events[after:] if event["event"] == "talking" and event["on"]]
        assert not [event for event in cem.events if event["event"] == "talking"]
