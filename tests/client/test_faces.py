"""Who is here, kept from the events."""

from __future__ import annotations

from client.events import AudienceChanged, Person, PersonChanged, PersonJoined, PersonLeft, RoomJoined, RoomLeft
from client.faces import People

ME = Person("s0", "m0", "Me", own=True)
ANN = Person("s1", "m1", "Ann")
ANN_LISTENS = Person("s1", "m1", "Ann", listening=True)
BOB = Person("s2", "m2", "Bob")


def test_people_come_change_and_go() -> None:
    people = People()
    assert list(people) == []
    people.note(RoomJoined("m0", (ME, ANN), "otter lamp"))
    people.note(PersonJoined(BOB))
    people.note(PersonChanged(ANN_LISTENS))
    people.note(AudienceChanged(1))
    assert list(people) == [ME, ANN_LISTENS, BOB]
    people.note(PersonLeft(ANN))
    people.note(PersonLeft(ANN))
    assert list(people) == [ME, BOB]
    people.note(RoomJoined("m0", (ME,), "otter lamp", again=True))
    assert list(people) == [ME]
    people.note(RoomLeft("lost", 1.0))
    assert list(people) == []


def test_one_thread_may_look_while_another_keeps_up() -> None:
    # A dictionary that changes while it is gone through would end the thread that reads the input.
    people = People()
    people.note(RoomJoined("m0", (ME, ANN), "otter lamp"))
    looking = iter(people)
    assert next(looking) == ME
    people.note(PersonJoined(BOB))
    people.note(PersonLeft(ANN))
    people.note(RoomLeft("lost", None))
    assert list(looking) == [ANN]
