"""Who is writing: told seldom, believed shortly."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.roster import Member, RemoteSession
from client.writing import Writing
from common import limits
from common.crypto.sealing import WritingSignal
from common.crypto.sframe import FrameOpener

HOLDS = limits.WRITING_HOLDS_SECONDS


def member(name: str) -> Member:
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    session = RemoteSession(name.encode().ljust(16), public, public, FrameOpener(bytes(32)), confirmed=True)
    return Member(b"aa", session, f"device of {name}", name)


def told(changes: list[object]) -> list[tuple[str, bool]]:
    return [(change.person.name, change.on) for change in changes]  # type: ignore[attr-defined]


def sent(writing: Writing, now: float, others: int = 3) -> bool:
    return isinstance(writing.take_due(others, now), WritingSignal)


def test_it_is_told_at_once_and_then_at_most_every_three_seconds() -> None:
    # mistake: a signal for each key
    writing = Writing(tell=True)
    assert not sent(writing, 0.0)
    signals = []
    for tenth in range(70):
        writing.wrote(tenth / 10)
        if sent(writing, tenth / 10):
            signals.append(tenth)
    assert signals == [0, 30, 60]
    assert writing.next_tick() == 9.0


def test_nothing_is_told_to_nobody_or_against_the_users_will() -> None:
    writing = Writing(tell=True)
    writing.wrote(0.0)
    assert not sent(writing, 0.0, others=0)
    writing.wrote(0.1)
    writing.tell(on=False)
    writing.wrote(0.2)
    assert not sent(writing, 0.3)
    writing.tell(on=True)
    writing.wrote(0.4)
    assert sent(writing, 0.4)


def test_what_was_sent_is_not_being_written() -> None:
    writing = Writing(tell=True)
    writing.wrote(0.0)
    assert sent(writing, 0.0)
    writing.wrote(1.0)
    writing.said("me", own=True)
    assert not sent(writing, 4.0)
    writing.wrote(5.0)
    writing.closed()
    assert not sent(writing, 9.0)


def test_a_large_room_is_told_less_often() -> None:
    # mistake: five hundred people who write make a quarter of a million signals in three seconds
    writing = Writing(tell=True)
    writing.wrote(0.0)
    assert sent(writing, 0.0, others=limits.ROOM_MEMBERS * 2)
    writing.wrote(0.1)
    assert not sent(writing, 11.9)
    assert sent(writing, 12.0)


def test_others_write_for_as_long_as_they_say_so() -> None:
    writing, ann = Writing(tell=True), member("Ann")
    assert told([*writing.heard(ann, 0.0)]) == [("Ann", True)]
    assert writing.heard(ann, 3.0) == []
    assert writing.next_tick() == 3.0 + HOLDS
    assert writing.expire(HOLDS) == []
    assert told([*writing.expire(3.0 + HOLDS)]) == [("Ann", False)]
    assert writing.expire(99.0) == []


def test_a_line_ends_it_and_so_does_leaving() -> None:
    # mistake: "Ann is writing" under the line that she wrote
    writing, ann, ben = Writing(tell=True), member("Ann"), member("Ben")
    writing.heard(ann, 0.0)
    writing.heard(ben, 0.0)
    assert told([*writing.said("device of Ann", own=False)]) == [("Ann", False)]
    writing.gone(ben.session.id)
    writing.gone(ben.session.id)
    assert writing.expire(99.0) == []
    writing.heard(ann, 0.0)
    writing.closed()
    assert writing.next_tick() == float("inf")
