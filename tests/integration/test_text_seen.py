"""Who has seen a line, between real clients."""

from __future__ import annotations

from tests.integration.conftest import People


def test_a_line_that_was_printed_is_seen_and_who_keeps_that_to_himself_is_not_counted(people: People) -> None:
    # Would catch a client that says what its user wants to keep, or a device that is counted twice.
    ann, ben, cem = people.join("Ann"), people.join("Ben"), people.join("Cem", "--no-receipts")
    ann.say("hello")
    ben.reads("hello")
    cem.reads("hello")
    ann.expect("seen", seq=1, count=1, of=2)
    cem.say("hello Ann")
    cem.expect("seen", seq=2, count=2, of=2)
    assert not [event for event in ann.events if event["event"] == "seen" and event["count"] > 1]
    assert not [event for event in ben.events if event["event"] == "seen"]


def test_a_newcomer_who_reads_the_history_has_seen_it(people: People) -> None:
    ann = people.join("Ann")
    ann.say("is anybody here?")
    ann.expect("sent", seq=1)
    people.join("Ben").reads("is anybody here?")
    ann.expect("seen", seq=1, count=1, of=1)
