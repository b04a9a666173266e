from __future__ import annotations

import random

import pytest

from broker.engine import forgetful
from broker.engine.base import Appended, Kept, Paged
from broker.engine.forgetful import FORGET_SECONDS, IDS, ForgetfulEngine

ROOM, OTHER, THIRD = b"r" * 16, b"o" * 16, b"t" * 16


@pytest.fixture
def engine() -> ForgetfulEngine:
    made = ForgetfulEngine(random.Random(1).randbytes)
    made.wake_by(lambda: None)
    made.enter(ROOM, 0.0)
    return made


def append(engine: ForgetfulEngine, post_id: bytes) -> Appended:
    engine.append(7, ROOM, post_id, b"token")
    (answer,) = engine.poll()
    assert isinstance(answer, Appended)
    return answer


def test_numbers_without_posts(engine: ForgetfulEngine) -> None:
    # Would catch a broker that keeps what it was told not to.
    assert append(engine, b"a") == Appended(7, 1, 0, again=False)
    assert append(engine, b"b") == Appended(7, 2, 1, again=False)
    assert append(engine, b"a") == Appended(7, 1, 0, again=True)
    assert engine.span(ROOM).newest_seq == 2
    assert engine.span(ROOM).oldest_seq == 0
    engine.page(8, ROOM, 0, None, 10)
    assert engine.poll() == [Paged(8, (), 0, more=False)]
    assert engine.kept() == Kept(0, 0, 0)
    assert b"token" not in str(vars(engine)).encode()


def test_ids_are_bounded(engine: ForgetfulEngine) -> None:
    for number in range(IDS + 1):
        append(engine, b"%d" % number)
    assert append(engine, b"%d" % IDS).again
    assert not append(engine, b"0").again


def test_numbers_stay_while_a_room_is_empty_for_less_than_a_day(engine: ForgetfulEngine) -> None:
    append(engine, b"a")
    log_id = engine.span(ROOM).log_id
    engine.emptied(ROOM, 0.0)
    engine.tick(FORGET_SECONDS - 1)
    engine.enter(ROOM, 1.0)
    engine.tick(FORGET_SECONDS + 1)  # somebody is in it: it is not forgotten
    assert engine.span(ROOM).log_id == log_id
    engine.emptied(ROOM, 2.0)
    engine.tick(FORGET_SECONDS + 3)
    engine.enter(ROOM, FORGET_SECONDS + 4)
    assert engine.span(ROOM).log_id != log_id
    engine.emptied(ROOM, 5.0)
    engine.close()


def test_the_room_that_was_empty_for_the_longest_makes_place(
    engine: ForgetfulEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetful, "ROOMS", 2)
    append(engine, b"a")
    log_id = engine.span(ROOM).log_id
    member = engine.allot(ROOM)
    assert engine.enter(OTHER, 0.0) is not None
    assert engine.enter(THIRD, 0.0) is None  # somebody is in each
    engine.release(ROOM, member)
    engine.emptied(ROOM, 1.0)
    assert engine.enter(THIRD, 2.0) is not None
    engine.emptied(THIRD, 3.0)
    engine.enter(ROOM, 4.0)
    assert engine.span(ROOM).log_id != log_id
