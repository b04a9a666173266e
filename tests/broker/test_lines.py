from __future__ import annotations

import pytest

from broker import lines
from broker.lines import STRANGER_SECONDS, Lines
from broker.rooms import Member, Room


def joined(table: Lines, connection: bytes) -> None:
    room = Room(b"r" * 16, b"room")
    table.hear(connection, b"key", "", 0.0).member = Member(b"key", connection, "", room, b"mm", b"h", 0.0)


def test_a_connection_keeps_its_line() -> None:
    # Would catch quotas that start afresh with each message.
    table = Lines()
    line = table.hear(b"one", b"key", "192.0.2.1", 0.0)
    assert table.hear(b"one", b"key", "192.0.2.1", 5.0) is line is table[b"one"] is table.get(b"one")
    assert line.heard == 5.0
    assert table.forget(b"one") is line
    assert table.forget(b"one") is None


def test_quiet_strangers_are_forgotten_members_are_not() -> None:
    # Would catch a table that grows with each connection that ever was.
    table = Lines()
    joined(table, b"member")
    table.hear(b"stranger", b"key", "", 1.0)
    table.sweep(STRANGER_SECONDS)
    assert len(table) == 2
    table.sweep(1.0 + STRANGER_SECONDS)
    assert [line.connection for line in table] == [b"member"]


def test_too_many_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a storm of connections that takes all memory, or that throws members out.
    monkeypatch.setattr(lines, "STRANGERS", 2)
    table = Lines()
    joined(table, b"member")
    table.hear(b"first", b"key", "", 0.0)
    table.hear(b"second", b"key", "", 0.0)
    assert [line.connection for line in table] == [b"member", b"second"]
    joined(table, b"second")
    table.hear(b"third", b"key", "", 0.0)
    assert len(table) == 3  # nobody to forget: all have joined
