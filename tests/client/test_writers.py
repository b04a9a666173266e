"""Who is writing, as user interfaces keep it."""

from client.events import Person, PersonLeft, RoomJoined, RoomLeft, SessionEnded, WritingChanged
from client.writers import Writers

ANN, BEN = Person("s1", "m1", "Ann"), Person("s2", "m2", "Ben")


def test_names_come_and_go_in_their_order() -> None:
    # mistake: a name that stays under the messages after its owner has left, or after the connection was lost
    writers = Writers()
    for event in (WritingChanged(BEN, on=True), WritingChanged(ANN, on=True), SessionEnded()):
        writers.receive(event)
    seen = writers.names()
    writers.receive(WritingChanged(BEN, on=False))
    assert (seen, writers.names()) == (["Ben", "Ann"], ["Ann"])
    writers.receive(PersonLeft(ANN))
    writers.receive(WritingChanged(ANN, on=False))
    assert writers.names() == []
    for end in (RoomLeft("gone", 1.0), RoomJoined("m0", (), "words")):
        writers.receive(WritingChanged(ANN, on=True))
        writers.receive(end)
        assert writers.names() == []
