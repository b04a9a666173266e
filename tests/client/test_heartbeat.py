"""Pings come when they are due, more often while there is something to learn, and a silent broker is noticed."""

from __future__ import annotations

from client.heartbeat import SILENCE_SECONDS, Heartbeat
from common import limits


def pings(heart: Heartbeat, start: float, seconds: float) -> int:
    """How many there are in this time, asked a hundred times a second."""
    return sum(heart.take_due(start + count / 100) for count in range(round(seconds * 100)))


def test_no_ping_before_and_after_a_stay() -> None:
    heart = Heartbeat()
    heart.listen(on=True)
    heart.often(on=True)
    assert pings(heart, 0.0, 10.0) == 0
    heart.begin(10.0)
    assert pings(heart, 10.0, 10.0) > 0
    heart.end()
    assert pings(heart, 20.0, 10.0) == 0


def test_they_come_as_often_as_there_is_something_to_learn() -> None:
    # Mistake: a change that holds only after the long pause that was planned before it.
    heart = Heartbeat()
    heart.begin(0.0)
    assert not heart.take_due(limits.PING_SECONDS - 0.01)
    heart.listen(on=True)
    assert heart.take_due(limits.PING_SECONDS - 0.01)
    assert heart.due_at == limits.PING_SECONDS - 0.01 + limits.PING_LISTENING_SECONDS
    heart.often(on=True)
    assert pings(heart, 2.0, 3.0) == 10
    heart.often(on=True)  # it is said again and again, and must not bring one each time
    assert heart.due_at is not None
    assert heart.due_at > 4.9
    heart.often(on=False)
    heart.listen(on=False)
    assert pings(heart, 10.0, 10.0) == 5


def test_a_broker_that_says_nothing_is_noticed() -> None:
    heart = Heartbeat()
    heart.heard(5.0)
    assert heart.silent_at == 5.0 + SILENCE_SECONDS
