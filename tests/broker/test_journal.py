from __future__ import annotations

from broker.actions import Note
from broker.journal import Journal


def test_a_line_has_all_four() -> None:
    # Would catch a log that cannot be searched by member or address.
    journal = Journal()
    assert journal.line(Note("joined", "0a0b", "192.0.2.1", "1 in its room"), 0.0) == (
        "joined member=0a0b address=192.0.2.1 reason=1 in its room"
    )
    assert journal.line(Note("started", "", "", ""), 0.0) == "started member=- address=- reason=-"


def test_a_flood_is_held_back_and_told() -> None:
    # Would catch a disk that a stranger fills, or a flood that nobody learns of.
    journal = Journal()
    note = Note("refused", "", "192.0.2.1", "join: too_fast")
    written = [journal.line(note, 0.0) for _ in range(300)]
    assert written.count(None) == 100
    assert journal.line(Note("joined", "", "", ""), 0.0)  # other events go on
    later = journal.line(note, 1.0)
    assert later is not None
    assert later.endswith(" left-out=100")
    assert journal.line(note, 1.0) == written[0]


def test_one_line_whatever_comes() -> None:
    # Would catch a line break by which somebody writes log lines of their own.
    line = Journal().line(Note("cut", "", "a\nb\x1b[31mé", ""), 0.0)
    assert line == "cut member=- address=a\\nb\\x1b[31m\\xe9 reason=-"
