"""What two looks at clocks and routes say when they are compared."""

from __future__ import annotations

import socket

import pytest

from client import surroundings
from client.surroundings import News, Surroundings, View, Watch, look


def seen(surroundings: Surroundings, awake: float, local: str | None = "a", *, slept: float = 0.0) -> News | None:
    return surroundings.compare(View(awake, awake + slept, local))


def test_nothing_happens() -> None:
    here = Surroundings()
    assert [seen(here, float(second)) for second in range(5)] == [None] * 5


def test_sleep_shows_where_a_clock_counts_it() -> None:
    here = Surroundings()
    seen(here, 0.0)
    assert seen(here, 1.0, slept=1.9) is None
    assert seen(here, 2.0, slept=3.9) is News.SLEPT
    assert seen(here, 3.0, slept=3.9) is None  # told once


def test_sleep_shows_in_a_turn_that_comes_much_too_late() -> None:
    here = Surroundings()
    seen(here, 0.0)
    assert seen(here, 5.9) is None
    assert seen(here, 11.9) is News.SLEPT


def test_another_way_to_the_broker_is_a_move_and_the_same_one_is_back() -> None:
    here = Surroundings()
    assert seen(here, 0.0, None) is None
    assert seen(here, 1.0, "a") is News.BACK
    assert seen(here, 2.0, None) is None  # what is under way may still arrive
    assert seen(here, 3.0, "a") is News.BACK
    assert seen(here, 4.0, "b") is News.MOVED
    assert seen(here, 5.0, "b") is None
    seen(here, 6.0, None)
    assert seen(here, 7.0, "c") is News.MOVED


def test_two_ways_at_once_do_not_end_every_stay() -> None:
    # would fail on a machine whose routes take turns
    here = Surroundings()
    told = [seen(here, float(second), "ab"[second % 2]) for second in range(130)]
    assert [second for second, news in enumerate(told) if news] == [1, 2, 3, 61, 62, 63, 121, 122, 123]


def test_a_move_in_ones_sleep_is_told_as_sleep() -> None:
    here = Surroundings()
    seen(here, 0.0)
    assert seen(here, 1.0, "b", slept=60.0) is News.SLEPT
    assert seen(here, 2.0, "b", slept=60.0) is None


def test_another_broker_begins_anew() -> None:
    views = iter([View(0, 0, "a"), View(1, 1, "b"), View(2, 2, "c")])
    asked: list[tuple[str, int]] = []

    def look(host: str, port: int) -> View:
        asked.append((host, port))
        return next(views)

    watch = Watch(look)
    assert watch.news(0.0) is None  # no broker is known
    watch.towards("10.0.0.1", 9)
    assert watch.news(1.0) is None
    assert watch.news(1.5) is None  # not yet time
    watch.towards("10.0.0.2", 9)
    assert watch.news(2.0) is None
    watch.towards("10.0.0.2", 9)
    assert watch.news(3.0) is News.MOVED
    assert asked == [("10.0.0.1", 9), ("10.0.0.2", 9), ("10.0.0.2", 9)]


def test_a_look_at_this_computer() -> None:
    view = look("127.0.0.1", 9)
    assert view.local == "127.0.0.1"
    assert view.awake <= look("127.0.0.1", 9).awake
    assert look("::1", 9).local in {"::1", None}  # a computer may be without
    assert look("127.0.0.1", 65_536 - 1).counting >= view.counting


def test_a_computer_without_a_way_or_a_second_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_route(_self: object, _address: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "socket", type("NoRoute", (socket.socket,), {"connect": no_route}))
    monkeypatch.setattr(surroundings, "_SLEEPLESS", None)
    view = look("192.0.2.1", 9)
    assert view.local is None
    assert view.counting == view.awake
