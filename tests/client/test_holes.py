"""Holes in counters: told after a while, taken back, never told where something may still come."""

from __future__ import annotations

from client.holes import Hole, Holes, Place
from common.crypto.sealing import PostBody, Text

ANN, BEN = b"a" * 32, b"b" * 32


def have(holes: Holes, *counters: int, device: bytes = ANN, first: int = 1, epoch: int = 0) -> None:
    """Lines with these counters, under rising numbers."""
    for seq, counter in enumerate(counters, first):
        holes.note(PostBody(device, "Ann", counter, 0, Text("x")), (epoch, seq))


def look(holes: Holes, now: float, *, complete: bool = True, known: frozenset[int] = frozenset()) -> list[Hole]:
    return holes.look(now, lambda _low, _high: complete, lambda _device, counter: counter in known)


def told(holes: Holes, **how: bool | frozenset[int]) -> list[tuple[int, int, int]]:
    """What is told at once and after the grace."""
    found = look(holes, 100.0, **how) + look(holes, 111.0, **how)  # type: ignore[arg-type]
    return [(hole.after, hole.before, hole.count) for hole in found]


def test_lines_without_a_hole() -> None:
    holes = Holes()
    have(holes, 3, 4, 5, 5, 4)
    assert holes.next_tick() < 100
    assert told(holes) == []
    assert holes.next_tick() == float("inf")


def test_a_hole_is_told_after_a_while() -> None:
    holes = Holes()
    have(holes, 1, 2, 6)
    assert look(holes, 100.0) == []
    assert holes.next_tick() == 110.0
    assert look(holes, 110.0) == [Hole(ANN, "Ann", 0, 2, 3, 3)]
    assert holes.next_tick() == float("inf")
    assert look(holes, 120.0) == []


def test_a_refused_line_that_comes_later_is_no_hole() -> None:
    holes = Holes()
    have(holes, 1, 3)
    assert look(holes, 100.0) == []
    have(holes, 2, first=3)
    assert look(holes, 111.0) == []


def test_a_hole_that_closes_is_taken_back() -> None:
    holes = Holes()
    have(holes, 1, 4)
    assert told(holes) == [(1, 2, 2)]
    have(holes, 2, first=3)
    assert look(holes, 112.0) == [Hole(ANN, "Ann", 0, 1, 2, 0)]
    assert look(holes, 112.5) == []  # insiders can make many holes: a look each second
    assert look(holes, 122.0) == [Hole(ANN, "Ann", 0, 2, 3, 1)]
    have(holes, 3, first=4)
    assert [hole.count for hole in look(holes, 130.0)] == [0]


def test_nothing_is_told_where_something_may_still_come() -> None:
    holes = Holes()
    have(holes, 1, 4)
    assert told(holes, complete=False) == []
    holes.suspect()
    assert look(holes, 112.0) == []
    assert [hole.count for hole in look(holes, 122.0)] == [2]


def test_lines_that_are_only_in_the_log_are_no_hole() -> None:
    holes = Holes()
    have(holes, 1, 5)
    assert told(holes, known=frozenset({2, 3, 4})) == []
    have(holes, 9, first=3)
    assert [hole.count for hole in look(holes, 120.0) + look(holes, 131.0)] == [3]


def test_two_numberings_are_not_compared() -> None:
    holes = Holes()
    have(holes, 1, 2)
    have(holes, 9, epoch=1)
    assert told(holes) == []


def test_people_are_counted_apart() -> None:
    holes = Holes()
    have(holes, 1, 2)
    have(holes, 5, 7, device=BEN, first=3)
    assert told(holes) == [(3, 4, 1)]


def test_lines_out_of_order() -> None:
    holes = Holes()
    have(holes, 7, 5, 1, 6)  # numbers 1 to 4
    assert told(holes) == [(2, 3, 3)]


def test_a_leap_of_an_insider_is_one_hole() -> None:
    holes = Holes()
    have(holes, 1, 2**60)
    assert told(holes) == [(1, 2, 2**60 - 2)]


def test_what_insiders_invent_is_bounded() -> None:
    holes = Holes()
    for number in range(1_100):
        have(holes, *range(1, 10, 2), device=number.to_bytes(32, "big"))
    have(holes, *range(1, 1_001, 2), device=bytes(32))
    assert len(holes._devices) == 1_000
    assert max(len(device.runs) for device in holes._devices.values()) == 100
    found = told(holes)
    for second in range(112, 120):
        found += [(hole.after, hole.before, hole.count) for hole in look(holes, float(second))]
    assert len(found) == 1_000


def test_one_look_searches_no_more_than_it_has_time_for() -> None:
    # Would catch an insider whose counters leap, and a client that hears nobody while it searches its log for them.
    holes, searched = Holes(), []

    def known(_device: bytes, counter: int) -> bool:
        searched.append(counter)
        return False

    for device in (ANN, BEN):
        have(holes, *range(1, 30_000, 1_000), device=device)
    holes.look(100.0, lambda _low, _high: True, known)
    assert searched == []  # nothing is due
    found = []
    for second in range(110, 200):
        before = len(searched)
        found += holes.look(float(second), lambda _low, _high: True, known)
        assert len(searched) - before <= 400
    assert len(found) == 2 * 29
    assert len(searched) == 2 * 29 * 200  # each hole once


def test_a_place_is_a_pair() -> None:
    low: Place = (0, 5)
    seen: list[tuple[Place, Place]] = []

    def complete(below: Place, above: Place) -> bool:
        seen.append((below, above))
        return True

    holes = Holes()
    have(holes, 1, 3, first=5)
    holes.look(0.0, complete, lambda *_: False)
    assert seen == [(low, (0, 6))]
