"""A broker that goes away and comes back: clients return by themselves, and nothing is said twice."""

from __future__ import annotations

from tests.integration.broker_process import BrokerProcess
from tests.integration.conftest import People


def restart(broker: BrokerProcess, *, kill: bool) -> None:
    port, key = broker.control.port, broker.key
    if kill:
        broker.kill()
    else:
        assert broker.stop() == (0, "")
    broker.start(port=port)
    assert broker.key == key  # kept with the data


def test_clients_come_back_after_a_crash_with_what_was_said_meanwhile(broker: BrokerProcess, people: People) -> None:
    # Would catch a client that stays away, a line that is lost or doubled, and people or listeners forgotten.
    ann, ben = people.join("Ann"), people.join("Ben", "--speaker-on")
    ann.say("before")
    ben.reads("before")
    ann.expect("listening", count=1)
    port = broker.control.port
    broker.kill()
    marks = {person: person.mark for person in (ann, ben)}
    for person in (ann, ben):
        assert person.expect("disconnected")["retry_in"] is not None
    ann.say("meanwhile")
    ann.ask("stats")  # the line is in the outbox: commands are carried out in order
    broker.start(port=port)
    for person, after in marks.items():
        person.expect("joined", after=after)
    number = ben.expect("text", text="meanwhile")["seq"]
    assert ann.expect("sent", after=marks[ann], seq=number)
    assert number == ben.expect("text", text="before")["seq"] + 1  # the log goes on where it was
    ann.expect("listening", after=marks[ann], count=1)
    ben.say("after")
    for person in (ann, ben):
        person.reads("after")
        assert person.texts == ["before", "meanwhile", "after"]
        assert person.ask("stats")["reconnects"] == 1
        assert set(person.ask("members")["members"]) == {"Ann", "Ben"}


def test_lines_said_while_the_broker_dies_arrive_once(broker: BrokerProcess, people: People) -> None:
    # Would catch a line sent again that passes as a new one, and lines that stay in the outbox for ever.
    ann, ben = people.join("Ann"), people.join("Ben")
    lines = [f"line {number}" for number in range(30)]
    for line in lines:
        ann.say(line)
    ben.reads(lines[4])
    restart(broker, kill=True)
    ann.reads(*lines)  # all have been accepted
    ann.say("the end")
    for person in (ann, ben):
        person.reads("the end", *lines)
    assert ann.texts == [*lines, "the end"]
    assert sorted(ben.texts) == sorted(ann.texts)
    assert [line["seq"] for line in ben.events if line["event"] == "text" and line["text"] == "the end"] == [31]
    assert sum(event["event"] == "sent" for event in ann.events) == len(ann.texts)


def test_a_broker_that_is_stopped_says_so(broker: BrokerProcess, people: People) -> None:
    # Would catch clients that notice only after seconds of silence.
    ann = people.join("Ann")
    after = ann.mark
    restart(broker, kill=False)
    assert "stopping" in ann.expect("disconnected", after=after)["reason"]
    ann.expect("joined", after=after)


def test_unsent_lines_survive_the_client(broker: BrokerProcess, people: People) -> None:
    # Would catch a line that a client has taken and forgets when it is killed.
    ann = people.join("Ann", folder="ann")
    port = broker.control.port
    broker.kill()
    ann.expect("disconnected")
    ann.say("before the lights went out")
    ann.ask("stats")
    ann.kill()
    broker.start(port=port)
    ben = people.join("Ben")
    again = people.join("Ann", folder="ann")
    for person in (again, ben):
        person.reads("before the lights went out")
        assert person.texts == ["before the lights went out"]
