"""What a broker can try with the hello of somebody who has left: show them again, to people and to newcomers."""

from __future__ import annotations

from common import messages, voice_frame
from common.crypto.keys import stretch
from tests.integration.broker_process import BrokerProcess, RawClient
from tests.integration.client_process import ClientProcess
from tests.integration.conftest import PHRASE, People


def confirmed(person: ClientProcess, name: str) -> bool:
    listed = [other for other in person.ask("members")["people"] if other["name"] == name]
    assert len(listed) == 1
    return bool(listed[0]["confirmed"])


def test_a_replayed_hello_stays_unconfirmed(broker: BrokerProcess, people: People) -> None:
    # Would catch yesterday's people among today's: a hello is sealed, so its copy is as good as the first.
    room_id = stretch(PHRASE, broker.key).room_id
    ann, ben = people.join("Ann", "--mic", "none"), people.join("Ben", "--speaker-on")
    device = ann.expect("joined")["member"]
    ben.expect("member_changed", name="Ann", confirmed=True)
    with RawClient(broker) as spy, RawClient(broker) as impostor:
        hellos = {member.member: member.hello for member in spy.join(room_id).members}
        ann.quit()
        gone = spy.expect(messages.MemberLeft).member
        ben.expect("member_left", member=device)
        after = ben.mark
        joined = impostor.join(room_id, hellos[gone])
        replayed = ben.expect("member_joined", after=after, member=device)
        assert replayed["confirmed"] is False
        cem = people.join("Cem", "--speaker-on")
        token = signal_of(spy)  # an honest one of Ben's or Cem's, and no other's
        impostor.send(messages.Signal(token, None))
        impostor.dealer.send(voice_frame.topic(joined.room, joined.member) + bytes(80))
        impostor.send(messages.Post(token))
        impostor.ping()
        for other in (ben, cem):
            # Ben and Cem confirm each other, so the room has had the time that it takes.
            other.expect("member_changed", name="Cem" if other is ben else "Ben", confirmed=True)
            assert not confirmed(other, "Ann")
            assert not any(event["event"] == "talking" for event in other.events)
            other.say("for the order")
            other.reads("for the order")
            assert other.texts == ["for the order"] * len(other.texts)
            assert other.ask("stats")["played"] == 0


def signal_of(spy: RawClient) -> bytes:
    return spy.expect(messages.Signalled).token
