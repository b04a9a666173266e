"""Real brokers and clients over loopback: who reads what, who is seen, and what is refused."""

from __future__ import annotations

import pytest

from tests.integration.client_process import ClientProcess
from tests.integration.conftest import OTHER_PHRASE, PHRASE, People

BIG = "x" * 65_536
BAD_LINES = (
    "no JSON",
    "[]",
    "{}",
    '{"do": "say"}',
    '{"do": "say", "text": 7}',
    '{"do": "say", "text": ""}',
    '{"do": "say", "text": "twice", "text": "twice"}',
    '{"do": "dance"}',
    '{"do": "mic"}',
    '{"do": "speaker", "on": "yes"}',
    "[" * 20_000,
    '{"do": "say", "text": "unended',
    "\x00\x1b[2J",
)


def say_in_turn(*people: ClientProcess, again: str = "") -> list[str]:
    """Everyone says a line and waits to read it: the order is known."""
    lines = [f"I am {person.name}{again} — Grüße, 你好 👋" for person in people]
    for person, line in zip(people, lines, strict=True):
        person.say(line)
        for reader in people:
            reader.reads(line)
    return lines


def test_four_people_in_two_rooms(people: People) -> None:
    # Would catch lines or people that cross from room to room, a line shown twice, or in another order.
    ann, ben = people.join("Ann"), people.join("Ben")
    cem, dora = people.join("Cem", phrase=OTHER_PHRASE), people.join("Dora", phrase=OTHER_PHRASE)
    first, second = say_in_turn(ann, ben), say_in_turn(cem, dora)
    first += say_in_turn(ann, ben, again=" again")
    for pair, lines, names in ((ann, ben), first, {"Ann", "Ben"}), ((cem, dora), second, {"Cem", "Dora"}):
        for person in pair:
            assert set(person.ask("members")["members"]) == names
            assert person.texts == lines
            numbers = [event["seq"] for event in person.events if event["event"] == "text"]
            assert numbers == sorted(set(numbers))
            assert not any(event.get("late") for event in person.events)
    words = [person.expect("joined")["room_words"] for person in (ann, ben, cem, dora)]
    assert words[0] == words[1] != words[2] == words[3]
    assert ann.ask("stats")["texts"] == 4
    sent = [event["seq"] for event in ann.events if event["event"] == "sent"]
    assert sent == [event["seq"] for event in ann.events if event["event"] == "text" and event["from"] == "Ann"]


def test_a_wrong_key_reads_nothing(people: People) -> None:
    # Would catch a key that is only a name for a room, or a stranger who is seen.
    ann, ben = people.join("Ann"), people.join("Ben")
    eve = people.join("Eve", phrase=PHRASE + "x")
    lines = say_in_turn(ann, ben)
    eve.say("is anybody here?")
    eve.expect("text")  # the broker's answers come in order: what it had for her would be here by now
    assert eve.texts == ["is anybody here?"]
    assert eve.ask("members")["members"] == ["Eve"]
    assert eve.ask("stats")["voice_bytes_received"] == 0
    for person in (ann, ben):
        assert person.texts == lines
        assert set(person.ask("members")["members"]) == {"Ann", "Ben"}


def test_two_people_of_one_name(people: People) -> None:
    # Would catch two people whom nobody can tell apart, or an event that does not say whose it is.
    ben = people.join("Ben")
    first = people.join("Ann")
    ben.expect("member_joined", name="Ann")
    second = people.join("Ann")
    device = second.expect("joined")["member"]
    for other in (ben, first):
        assert other.expect("member_joined", name="Ann (2)")["member"] == device
    second.say("which Ann am I?")
    for other in (ben, first):
        read = other.expect("text", text="which Ann am I?")
        assert (read["from"], read["member"]) == ("Ann (2)", device)
    second.quit()
    assert ben.expect("member_left", name="Ann (2)")["member"] == device != first.expect("joined")["member"]
    about_people = {"text", "member_joined", "member_left", "member_changed", "talking", "joined"}
    assert all(event.get("member") for event in ben.events if event["event"] in about_people)


def test_text_that_is_too_long_is_refused_and_nothing_is_lost(people: People) -> None:
    # Would catch a text that vanishes, one that arrives cut, or one that takes the next lines with it.
    ann, ben = people.join("Ann"), people.join("Ben")
    ann.say("before")
    ann.say(BIG)
    ann.say("x" * 16_000)  # as much as is allowed
    ann.say("after")
    refused = ann.expect("error", code="too_long")
    assert "65,536" in refused["message"]
    assert "Nothing was sent" in refused["message"]
    for person in (ann, ben):
        person.reads("after")
        assert person.texts == ["before", "x" * 16_000, "after"]


def test_leaving_and_being_killed_are_seen(people: People) -> None:
    # Would catch people who stay in the list for ever.
    ann, ben, cem = people.join("Ann"), people.join("Ben"), people.join("Cem")
    ann.expect("member_joined", name="Cem")
    assert ben.quit() == 0
    cem.kill()
    for other, name in (ben, "Ben"), (cem, "Cem"):
        assert ann.expect("member_left", name=name)["member"] == other.expect("joined")["member"]
    assert ann.ask("members")["members"] == ["Ann"]
    ann.say("all alone")
    ann.reads("all alone")


def test_a_newcomer_reads_lines_of_somebody_who_has_left(people: People) -> None:
    # Would catch lines that can only be read while their writer is there, and a backlog that passes as live.
    ann, ben = people.join("Ann"), people.join("Ben")
    lines = [f"line {number}" for number in range(3)]
    for line in lines:
        ann.say(line)
    ben.reads(*lines)
    device = ann.expect("joined")["member"]
    ann.quit()
    ben.expect("member_left", name="Ann")
    cem = people.join("Cem")
    cem.reads(*lines)
    read = [event for event in cem.events if event["event"] == "text"]
    assert [event["text"] for event in read] == lines
    assert {(event["from"], event["member"], event["late"]) for event in read} == {("Ann", device, True)}
    ben.say("live")
    assert "late" not in cem.expect("text", text="live")


def test_bad_lines_get_an_error_and_change_nothing(people: People) -> None:
    # Would catch a program that a typing mistake ends, or half a command that is carried out.
    ann = people.join("Ann")
    before = ann.ask("members")
    for line in BAD_LINES:
        after = ann.mark
        ann.line(line)
        assert ann.expect("error", after=after)["code"] == "bad_line"
    assert ann.ask("members") == before
    ann.line("")
    ann.say("still here")
    ann.reads("still here")
    assert ann.texts == ["still here"]
    assert [event for event in ann.events if event["event"] in {"mic", "speaker", "disconnected"}] == []
    assert ann.quit() == 0


def test_names_cannot_steer_a_terminal(people: People) -> None:
    # Would catch control and bidi characters that reach the others.
    ann = people.join("Ann")
    people.join("Be\u202en\x1b[2J")
    assert ann.expect("member_joined")["name"] == "Ben[2J"


def test_one_state_folder_serves_one_process(people: People) -> None:
    # Would catch two processes that use the same post counters.
    ann = people.join("Ann", folder="shared")
    second = people("Ann", folder="shared")
    assert second.wait() == 2
    assert second.events == []
    assert len(second.errors.splitlines()) == 1
    ann.say("mine")
    ann.reads("mine")
    assert ann.quit() == 0
    people.join("Ann", folder="shared").reads("mine")


@pytest.mark.parametrize("flags", [("--mic-on",), ("--speaker-on",)])
def test_quitting_at_once_is_clean(people: People, flags: tuple[str, ...]) -> None:
    # Would catch an end that waits for an attempt, or a traceback of a thread that is still at work.
    ann = people("Ann", *flags)
    assert ann.quit() == 0
