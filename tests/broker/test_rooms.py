from __future__ import annotations

from broker.actions import Deliver, Note
from broker.rooms import Member, Room, Rooms, deliver, note
from common import limits
from common.messages import Resubscribe

ROOM_ID = b"r" * 16


def member(rooms: Rooms, number: int) -> Member:
    handle = number.to_bytes(2, "big")
    made = Member(b"k%d" % number, b"c%d" % number, "192.0.2.1", rooms.open(ROOM_ID, b"room"), handle, b"h", 0.0)
    rooms.add(made)
    return made


def test_members_come_and_go() -> None:
    # Would catch a room that outlives its members, or a second room for one id.
    rooms = Rooms()
    ann, ben = member(rooms, 1), member(rooms, 2)
    assert ann.room is ben.room is rooms.room(ROOM_ID)
    assert rooms.of_key(b"k1") is ann
    assert rooms.members() == (ann, ben)
    assert ann.room.others(ann) == [ben]
    rooms.listen(ann, True)
    rooms.remove(ann)
    assert ben.room.listeners == set()
    assert rooms.of_key(b"k1") is None
    rooms.remove(ben)
    assert rooms.room(ROOM_ID) is None


def test_listening_tells_whether_it_changed() -> None:
    # Would catch a Listening that is sent to 500 for nothing.
    rooms = Rooms()
    ann = member(rooms, 1)
    assert not rooms.listen(ann, False)
    assert rooms.listen(ann, True)
    assert ann.listening
    assert ann.room.listeners == {ann.handle}
    assert not rooms.listen(ann, True)
    assert rooms.listen(ann, False)
    assert ann.room.listeners == set()


def test_topics_of_a_room() -> None:
    # Would catch a topic of another room, and the room's topic where members have their own.
    room = Room(ROOM_ID, b"room")
    assert room.allows(b"Vroommm")
    assert not room.allows(b"Vrooxmm")
    assert not room.allows(b"Vroom")
    assert not room.allows(b"")
    room.wide = True
    assert room.allows(b"Vroom")
    assert not room.allows(b"Vrooo")


def test_topics_of_further_lanes() -> None:
    # Would catch a lane that is refused, and letters that stand for none.
    room = Room(ROOM_ID, b"room", wide=True)
    assert all(room.allows(mark + rest) for mark in (b"V", b"W", b"X", b"Y") for rest in (b"roommm", b"room"))
    assert not any(room.allows(mark + b"roommm") for mark in (b"Z", b"U", b"v", b"\0"))
    assert not room.allows(b"Wrooxmm")


def test_a_room_stays_wide_until_it_is_empty() -> None:
    # Would catch clients that lose their subscription each time somebody comes or goes at the limit.
    rooms = Rooms()
    members = [member(rooms, number) for number in range(limits.TOPICS_EACH_MEMBER)]
    room = members[0].room
    wide = [room.wide]
    members.append(member(rooms, 1_000))
    wide.append(room.wide)
    for leaving in members[1:]:
        rooms.remove(leaving)
    wide.append(room.wide)
    rooms.remove(members[0])
    wide.append(member(rooms, 1).room.wide)
    assert wide == [False, True, True, False]


def test_words_about_members() -> None:
    # Would catch an empty delivery, or a log line with more than the handle.
    ann = member(Rooms(), 258)
    assert deliver([], Resubscribe()) == []
    assert deliver([ann], Resubscribe()) == [Deliver((b"c258",), Resubscribe())]
    assert note("left", ann, "said so") == Note("left", "0102", "192.0.2.1", "said so")
