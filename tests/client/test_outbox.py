"""My unsent lines: nothing lost, nothing sent twice on a connection, in order, at a pace the broker allows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from client.outbox import Outbox
from client.queued_post import QueuedPost
from common import limits
from common.errors import LocalError
from common.messages import post_id
from tests.thoroughness import tries

_RATE = limits.TEXT_PER_SECOND * 0.8
_BURST = int(limits.TEXT_BURST * 0.8)


class Folder:
    """`OutboxStore` in memory; survives its outbox, as a folder does."""

    def __init__(self) -> None:
        self.next = 1
        self.posts: dict[int, bytes] = {}

    def queue(self, seal: Callable[[int], bytes]) -> QueuedPost:
        post = QueuedPost(self.next, seal(self.next))
        self.posts[post.counter] = post.token
        self.next += 1
        return post

    def waiting(self) -> list[QueuedPost]:
        return [QueuedPost(counter, token) for counter, token in sorted(self.posts.items())]

    def forget(self, counter: int) -> None:
        del self.posts[counter]

    def skip_to(self, counter: int) -> None:
        self.next = max(self.next, counter)


def seal(counter: int) -> bytes:
    return b"post %d" % counter


def opened(count: int) -> tuple[Outbox, list[bytes]]:
    outbox = Outbox(Folder())
    identities = [outbox.add(seal) for _ in range(count)]
    outbox.opened()
    return outbox, identities


class Failing(Folder):
    """A folder whose disk fails for a while."""

    failing = False

    def forget(self, counter: int) -> None:
        self._check()
        super().forget(counter)

    def skip_to(self, counter: int) -> None:
        self._check()
        super().skip_to(counter)

    def _check(self) -> None:
        if self.failing:
            raise LocalError("The disk is full.")


def test_a_disk_that_fails_when_a_post_is_settled_is_asked_again() -> None:
    # Would catch a line that the broker keeps and that its writer never sees, because a folder could not forget it.
    folder = Failing()
    outbox = Outbox(folder)
    identity = outbox.add(seal)
    folder.failing = True
    assert outbox.settle(identity) == QueuedPost(1, seal(1))
    outbox.skip_to(7)
    assert list(folder.posts) == [1]
    with pytest.raises(LocalError):
        outbox.add(seal)  # a counter must not be used twice
    assert outbox.waiting() == []
    folder.failing = False
    outbox.add(seal)
    assert list(folder.posts) == [7]


def test_posts_go_out_in_order_eight_at_a_time() -> None:
    outbox, identities = opened(10)
    assert [post.token for post in outbox.take_due(0.0)] == [seal(n) for n in range(1, 9)]
    assert outbox.take_due(100.0) == []  # in flight: the same posts must not go out again
    assert outbox.next_tick(100.0) is None
    settled = outbox.settle(identities[0])
    assert settled is not None
    assert settled.token == seal(1)
    assert [post.token for post in outbox.take_due(100.0)] == [seal(9)]


def test_nothing_is_sent_outside_a_room() -> None:
    outbox = Outbox(Folder())
    outbox.add(seal)
    assert outbox.take_due(0.0) == []
    assert outbox.next_tick(0.0) is None
    outbox.opened()
    assert len(outbox.take_due(0.0)) == 1
    outbox.closed()
    outbox.add(seal)
    assert outbox.take_due(1.0) == []
    outbox.opened()
    # What was in flight when the connection broke goes again, the same bytes.
    assert [post.token for post in outbox.take_due(2.0)] == [seal(1), seal(2)]


def test_what_an_earlier_run_left_is_sent() -> None:
    folder = Folder()
    Outbox(folder).add(seal)
    outbox = Outbox(folder)
    outbox.opened()
    assert [post.counter for post in outbox.waiting()] == [1]
    assert [post.token for post in outbox.take_due(0.0)] == [seal(1)]


def test_settled_posts_leave_the_folder() -> None:
    folder = Folder()
    outbox = Outbox(folder)
    identity = outbox.add(seal)
    assert outbox.settle(b"another") is None  # an acknowledgement that nobody asked for
    assert outbox.settle(identity) is not None
    assert outbox.settle(identity) is None
    assert folder.posts == {}
    assert outbox.waiting() == []


def test_a_postponed_post_waits_and_holds_the_others() -> None:
    outbox, identities = opened(1)
    outbox.take_due(0.0)
    outbox.postpone(identities[0], until=5.0)
    outbox.add(seal)
    assert outbox.take_due(4.9) == []
    assert outbox.next_tick(4.9) == 5.0
    # One, not a burst: the broker has just said that it was too much.
    assert [post.token for post in outbox.take_due(5.0)] == [seal(1)]
    assert outbox.next_tick(5.0) == pytest.approx(5.0 + 1 / _RATE)


def test_whoever_joins_again_has_a_fresh_quota() -> None:
    outbox, identities = opened(8)
    outbox.take_due(0.0)
    outbox.postpone(identities[0], until=50.0)
    outbox.opened()
    assert len(outbox.take_due(1.0)) == 8


def test_a_counter_that_others_have_seen_is_never_used_again() -> None:
    folder = Folder()
    outbox = Outbox(folder)
    outbox.skip_to(7)
    outbox.add(seal)
    assert [post.counter for post in folder.waiting()] == [7]


def test_the_pace_is_kept_and_the_ticks_lead_to_it() -> None:
    outbox, _ = opened(100)
    sent, now, turns = [0.0], 0.0, 0
    while outbox.waiting():
        turns += 1
        assert turns < 300, "the ticks stand still: a bucket that is full but for a rounding error"
        for post in outbox.take_due(now):
            sent.append(now)
            outbox.settle(post_id(post.token))
        now = outbox.next_tick(now) or now
    first_burst = sent[1:].count(0.0)
    assert first_burst in {_BURST - 1, _BURST}
    assert sent[-1] == pytest.approx((100 - first_burst) / _RATE, abs=0.2)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=40))
def test_no_stretch_of_time_has_more_than_the_quota(pauses: list[float]) -> None:
    outbox, _ = opened(200)
    sent: list[float] = []
    now = 0.0
    for pause in pauses:
        now += pause
        while due := outbox.take_due(now):
            for post in due:
                sent.append(now)
                outbox.settle(post_id(post.token))
    for first, begin in enumerate(sent):
        for last in range(first, len(sent)):
            allowed = limits.TEXT_BURST + (sent[last] - begin) * limits.TEXT_PER_SECOND
            assert last - first + 1 <= allowed


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order."""

    @initialize()
    def begin(self) -> None:
        self.folder = Folder()
        self.outbox = Outbox(self.folder)
        self.now = 0.0
        self.on_the_way: list[bytes] = []
        self.queued: list[bytes] = []
        self.done: set[bytes] = set()

    @rule()
    def say(self) -> None:
        self.queued.append(self.outbox.add(seal))

    @rule(connected=st.booleans())
    def connect(self, connected: bool) -> None:
        self.on_the_way.clear()
        if connected:
            self.outbox.opened()
        else:
            self.outbox.closed()

    @rule(pause=st.floats(0, 20))
    def wait(self, pause: float) -> None:
        self.now += pause
        due = [post_id(post.token) for post in self.outbox.take_due(self.now)]
        assert not set(due) & set(self.on_the_way), "sent twice on one connection"
        assert not set(due) & self.done, "sent after it was settled"
        places = [self.queued.index(identity) for identity in due]
        assert places == sorted(places), "out of order"
        self.on_the_way += due

    @rule(which=st.integers(0, 9), accept=st.booleans())
    def answer(self, which: int, accept: bool) -> None:
        if not self.on_the_way:
            return
        identity = self.on_the_way.pop(which % len(self.on_the_way))
        if accept:
            assert self.outbox.settle(identity) is not None
            self.done.add(identity)
        else:
            self.outbox.postpone(identity, self.now + 1)

    @rule()
    def restart(self) -> None:
        self.outbox = Outbox(self.folder)
        self.on_the_way.clear()

    @invariant()
    def nothing_is_lost(self) -> None:
        waiting = [post_id(post.token) for post in self.outbox.waiting()]
        assert waiting == [identity for identity in self.queued if identity not in self.done]
        assert len(self.on_the_way) <= 8


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=tries(40), stateful_step_count=30)
