"""A room's posts without a session around them: pages are opened in slices, and what cannot be opened is counted."""

from __future__ import annotations

import pytest

from client.events import TextReceived
from client.log import SLICE, LogLine, NoLog
from client.posts import Posts
from common.crypto.keys import device_signer
from common.crypto.sealing import BodySealer, PostBody, Text
from common.messages import Fetch, Page, StoredPost
from tests.fakes.link import MemoryOutbox, room_keys

KEYS = room_keys()
LOG = b"L" * 16
ANN, ME = (device_signer(secret * 32, KEYS.room_id) for secret in (b"a", b"m"))


@pytest.fixture
def posts() -> Posts:
    return Posts(KEYS, ME, "Me", MemoryOutbox(), NoLog(), lambda _device, name: name)


def token(number: int) -> bytes:
    body = PostBody(ANN.public_key().public_bytes_raw(), "Ann", number, 1_000, Text(f"line {number}"))
    return BodySealer(KEYS).seal_post(body, ANN)


def page(*numbers: int, more: bool = False) -> Page:
    return Page(tuple(StoredPost(number, number - 1, token(number)) for number in numbers), 1, more)


def asked(posts: Posts, newest: int) -> None:
    """Join a room with so many posts, and ask for them."""
    posts.opened(newest, LOG)
    read_all(posts)  # of the empty log
    (question,) = posts.take_due(0.0)
    assert isinstance(question, Fetch)


def read_all(posts: Posts) -> None:
    while posts.reading:
        posts.read_on()


def test_a_page_is_opened_in_slices_the_newest_first(posts: Posts) -> None:
    # Would catch a long page that holds up typing, and holes that are told of before all is read.
    count = SLICE + 10
    asked(posts, count)
    posts.page(page(*range(1, count + 1)))
    read = []
    while posts.reading:
        assert posts.next_tick(5.0) == 5.0
        assert posts.missing(5.0) == []
        read.append([event.seq for event in posts.read_on() if isinstance(event, TextReceived)])
    assert read == [list(range(11, count + 1)), list(range(1, 11))]
    assert posts.counters["texts"] == count


def test_a_page_without_posts_is_nothing_to_read(posts: Posts) -> None:
    # Would catch a client that tries to open the newest of no posts, or that asks for them for ever.
    asked(posts, 3)
    assert posts.page(page()) == []  # a newcomer misses nothing of what the broker no longer keeps
    assert not posts.reading
    assert posts.take_due(60.0) == []


def test_no_page_is_asked_for_while_two_are_unread(posts: Posts) -> None:
    # Would catch a client that is filled with pages faster than it opens them.
    asked(posts, 300)
    posts.page(page(*range(250, 301), more=True))
    (question,) = posts.take_due(0.0)
    assert isinstance(question, Fetch)
    assert question.before == 250
    posts.page(page(*range(200, 250), more=True))
    assert posts.take_due(0.0) == []
    read_all(posts)
    assert len(posts.take_due(0.0)) == 1


def test_a_kept_line_is_opened_unless_somebody_worked_on_it(posts: Posts) -> None:
    # Would catch a search that dies of a damaged file.
    posts.opened(0, LOG)
    line = posts.open_line(LogLine(0, 7, token(7), copied=False))
    assert line is not None
    assert (line.seq, line.text, line.late) == (7, "line 7", True)
    assert posts.open_line(LogLine(0, 7, b"gAAAA", copied=False)) is None
    assert posts.counters["log_damaged"] == 1


def test_numbers_that_went_back_are_other_numbers(posts: Posts) -> None:
    # Would catch lines that are never asked for, after somebody has copied an old folder back over the broker's.
    asked(posts, 100)
    posts.page(page(*range(90, 101)))
    read_all(posts)
    posts.closed()
    posts.opened(60, LOG)
    assert posts.epoch == 1
    assert posts.newest == 60
    (question,) = posts.take_due(100.0)
    assert isinstance(question, Fetch)
    assert question.before == 61
    posts.closed()
    posts.opened(61, LOG)
    assert posts.epoch == 1
