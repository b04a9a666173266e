from __future__ import annotations

import random

import pytest

from broker.engine.base import Appended, Failed, Paged, Span
from broker.engine.memory import FORGET_SECONDS, Keep, MemoryEngine
from common import limits
from common.messages import post_id

ROOM = b"r" * 16
OTHER = b"o" * 16


@pytest.fixture
def engine() -> MemoryEngine:
    return made()


def made(keep: Keep | None = None) -> MemoryEngine:
    engine = MemoryEngine(random.Random(1).randbytes, keep)
    engine.wake_by(lambda: None)
    assert engine.enter(ROOM, 0.0)
    return engine


def append(engine: MemoryEngine, token: bytes, room: bytes = ROOM) -> Appended | Failed:
    engine.append(7, room, post_id(token), token)
    (answer,) = engine.poll()
    assert isinstance(answer, Appended | Failed)
    assert answer.ticket == 7
    return answer


def page(engine: MemoryEngine, after: int | None, before: int | None, limit: int = 10) -> tuple[list[bytes], bool]:
    engine.page(8, ROOM, after, before, limit)
    (answer,) = engine.poll()
    assert isinstance(answer, Paged)
    return [post.token for post in answer.posts], answer.more


def test_posts_are_numbered_for_each_room(engine: MemoryEngine) -> None:
    # Would catch one numbering for all rooms, and a prev_seq that is off by one.
    engine.enter(OTHER, 0.0)
    assert append(engine, b"a") == Appended(7, 1, 0, again=False)
    assert append(engine, b"b") == Appended(7, 2, 1, again=False)
    assert append(engine, b"c", OTHER) == Appended(7, 1, 0, again=False)
    assert engine.poll() == []


def test_a_post_sent_again_keeps_its_number(engine: MemoryEngine) -> None:
    # Would catch a line that is shown twice after a lost acknowledgement.
    append(engine, b"a")
    append(engine, b"b")
    assert append(engine, b"a") == Appended(7, 1, 0, again=True)
    assert engine.span(ROOM).newest_seq == 2


def test_pages_both_ways(engine: MemoryEngine) -> None:
    # Would catch pages in falling order, with a post missing at the edge, or a wrong `more`.
    assert page(engine, 0, None) == ([], False)
    for number in range(5):
        append(engine, b"%d" % number)
    assert page(engine, 0, None, 2) == ([b"0", b"1"], True)
    assert page(engine, 3, None, 2) == ([b"3", b"4"], False)
    assert page(engine, 5, None) == ([], False)
    assert page(engine, None, 6, 2) == ([b"3", b"4"], True)
    assert page(engine, None, 3, 2) == ([b"0", b"1"], False)
    assert page(engine, None, 0) == ([], False)


def test_pages_are_bounded_in_bytes(engine: MemoryEngine) -> None:
    # Would catch a page that no client takes.
    for number in range(20):
        append(engine, bytes([number]) * limits.TOKEN_BYTES)
    tokens, more = page(engine, 0, None, 20)
    assert more
    assert limits.PAGE_BYTES - limits.TOKEN_BYTES * 2 < sum(map(len, tokens)) <= limits.PAGE_BYTES
    newest, more = page(engine, None, 21, 20)
    assert more
    assert newest[-1][0] == 19
    assert len(newest) == len(tokens)


def test_a_rooms_oldest_posts_make_way() -> None:
    # Would catch a room that grows without end, and a dropped post that is still "known".
    engine = made(Keep(posts=2))
    for token in (b"a", b"b", b"c"):
        append(engine, token)
    span = engine.span(ROOM)
    assert (span.oldest_seq, span.newest_seq) == (2, 3)
    assert append(engine, b"a") == Appended(7, 4, 3, again=False)
    by_bytes = made(Keep(room_bytes=800))
    for token in (b"a" * 100, b"b" * 100, b"c" * 100):
        append(by_bytes, token)
    assert by_bytes.span(ROOM).oldest_seq == 2


def test_when_all_is_full_nobody_elses_posts_go() -> None:
    # Would catch a flooder that pushes out what others have said.
    engine = made(Keep(total_bytes=600))
    engine.enter(OTHER, 0.0)
    append(engine, b"a")
    append(engine, b"b", OTHER)
    assert append(engine, b"c") == Appended(7, 2, 1, again=False)  # at the price of a, its own
    assert engine.span(OTHER).oldest_seq == 1
    third = b"t" * 16
    engine.enter(third, 0.0)
    assert isinstance(append(engine, b"d", third), Failed)
    engine.emptied(OTHER, 1.0)
    assert append(engine, b"d", third) == Appended(7, 1, 0, again=False)


def test_empty_rooms_are_kept_a_day() -> None:
    # Would catch lines that vanish with their reader, and rooms that are kept for ever.
    engine = made()
    append(engine, b"a")
    before = engine.span(ROOM)
    engine.emptied(ROOM, 10.0)
    engine.tick(10.0 + FORGET_SECONDS - 1)
    engine.enter(ROOM, 10.0)
    assert engine.span(ROOM) == before
    engine.tick(10.0 + FORGET_SECONDS)  # somebody is there: it stays
    assert engine.span(ROOM) == before
    engine.emptied(ROOM, 10.0)
    engine.tick(10.0 + FORGET_SECONDS)
    engine.enter(ROOM, 10.0)
    again = engine.span(ROOM)
    assert again == Span(again.log_id, 0, 0)
    assert again.log_id != before.log_id  # so that clients begin to count anew


def test_rooms_are_bounded() -> None:
    # Would catch a stranger that opens rooms until memory ends.
    engine = made(Keep(rooms=2))
    append(engine, b"a")
    assert engine.enter(OTHER, 0.0)
    assert engine.enter(b"t" * 16, 0.0) is None
    engine.emptied(ROOM, 0.0)
    assert engine.enter(b"t" * 16, 0.0)  # in place of the one that nobody is in
    engine.emptied(OTHER, 0.0)  # no posts: forgotten at once
    assert engine.enter(ROOM, 0.0)
    engine.close()


def test_handles_are_unique_while_used() -> None:
    # Would catch two members, or two rooms, with one topic.
    draws = [b"log-log-log-log-", b"rrrr", b"log2log2log2log2", b"rrrr", b"ssss", b"mm", b"mm", b"nn", b"mm"]
    engine = MemoryEngine(lambda size: draws.pop(0)[:size])
    assert engine.enter(ROOM, 0.0) == b"rrrr"
    assert engine.enter(ROOM, 0.0) == b"rrrr"
    assert engine.enter(OTHER, 0.0) == b"ssss"
    assert engine.allot(ROOM) == b"mm"
    assert engine.allot(ROOM) == b"nn"
    engine.release(ROOM, b"mm")
    assert engine.allot(ROOM) == b"mm"
