"""An engine that answers later, as a disk does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from broker.actions import Action, Deliver
from broker.engine.base import Answer, Failed
from broker.engine.embedded import EmbeddedEngine
from broker.posts import Posts
from broker.rooms import Member, Rooms
from broker.status import Counters
from common import messages

ROOM = b"r" * 16


class LateEngine(EmbeddedEngine):
    """Gives its answers only once it is `ready`."""

    ready = False
    fail = False

    def poll(self) -> list[Answer]:
        answers = super().poll() if self.ready else []
        return [Failed(answer.ticket, "failed", "The disk is full.", 5) if self.fail else answer for answer in answers]


class World:
    def __init__(self) -> None:
        self.engine = LateEngine(Path(":memory:"), random.Random(1).randbytes, lambda: 0.0, threaded=False)
        self.rooms = Rooms()
        self.counts = Counters()
        self.posts = Posts(self.engine, self.rooms, self.counts)

    def join(self, name: bytes) -> Member:
        handle = self.engine.enter(ROOM, 0.0)
        assert handle is not None
        room = self.rooms.open(ROOM, handle)
        member = Member(name, name, "", room, self.engine.allot(ROOM), b"hello", 0.0)
        self.rooms.add(member)
        return member

    def settle(self) -> list[Action]:
        self.engine.ready = True
        return self.posts.settle(0.0)


@pytest.fixture
def world() -> World:
    return World()


ACCEPTED = messages.Accepted(messages.post_id(b"token"), 1, 0)
POSTED = messages.Posted(1, 0, b"token")


def test_nothing_is_said_before_it_is_kept(world: World) -> None:
    # Would catch a line that is acknowledged and then lost with the power.
    ann, ben = world.join(b"ann"), world.join(b"ben")
    world.posts.append(ann, b"token")
    assert world.posts.settle(0.0) == []
    assert world.settle() == [Deliver((b"ann",), ACCEPTED), Deliver((b"ben",), POSTED)]
    assert world.counts.posts == 1
    ben.behind_since = 0.0
    world.posts.append(ann, b"token 2")
    assert [action.to for action in world.settle() if isinstance(action, Deliver)] == [(b"ann",)]


def test_sent_again_is_accepted_and_not_shown_twice(world: World) -> None:
    # Would catch a line that others see twice after a reconnect of its sender.
    ann, _ = world.join(b"ann"), world.join(b"ben")
    world.posts.append(ann, b"token")
    world.posts.append(ann, b"token")
    assert world.settle() == [Deliver((b"ann",), ACCEPTED), Deliver((b"ben",), POSTED), Deliver((b"ann",), ACCEPTED)]


def test_the_sender_left_meanwhile(world: World) -> None:
    # Would catch a line that is kept and never shown, or an answer to a connection that is gone.
    ann, ben = world.join(b"ann"), world.join(b"ben")
    world.posts.append(ann, b"token")
    world.posts.page(ann, messages.Fetch(0, None, 5), 0.0)
    world.rooms.remove(ann)
    assert world.settle() == [Deliver((b"ben",), POSTED)]
    world.posts.append(ben, b"token 2")
    world.rooms.remove(ben)
    assert world.settle() == []


def test_what_failed_is_refused(world: World) -> None:
    # Would catch an outbox that waits for ever.
    ann = world.join(b"ann")
    world.engine.fail = True
    world.posts.append(ann, b"token")
    world.posts.page(ann, messages.Fetch(0, None, 5), 0.0)
    refused = [action.message for action in world.settle() if isinstance(action, Deliver)]
    assert refused == [
        messages.Refused("post", "failed", "The disk is full.", 5, messages.post_id(b"token")),
        messages.Refused("fetch", "failed", "The disk is full.", 5),
    ]
    assert world.counts.refused == 2
    assert ann.texts_from == 0.005  # nor may what it sent behind it overtake it


def test_pages_are_charged(world: World) -> None:
    # Would catch pages for nothing.
    ann = world.join(b"ann")
    world.posts.append(ann, b"x" * 1_000)
    world.posts.page(ann, messages.Fetch(0, None, 5), 0.0)
    world.settle()
    assert not ann.pages.full(0.0)
    assert world.counts.pages == 1
