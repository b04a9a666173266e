"""When a number of lanes is news."""

from __future__ import annotations

from client.voice.lane_count import LaneCount


def told(*counts: tuple[float, int]) -> list[int]:
    """The counts that were news, told at these moments."""
    lanes = LaneCount()
    return [count for now, count in counts if lanes.rose(count, now)]


def test_each_step_up_is_news_once() -> None:
    assert told((0, 1), (1, 2), (1, 3), (2, 4), (3, 4)) == [2, 3, 4]
    assert told((0, 4), (1, 3), (2, 1)) == [4]


def test_none_and_one_are_what_there_is_at_first() -> None:
    assert told((0, 0), (1, 1), (2, 0), (3, 1)) == []


def test_lanes_that_close_and_open_again_are_no_news() -> None:
    # Mistake: a sender that claims another number with each packet has all be forgotten each time.
    assert told(*((second, 1 + second % 4) for second in range(100))) == [2, 3, 4]
    assert told((0, 2), *((second, 1 + second % 2) for second in range(1_000))) == [2]


def test_after_a_while_on_fewer_they_are_again() -> None:
    assert told((0, 4), (1, 1), (100, 1), (121, 2), (122, 4)) == [4, 2, 4]
    assert told((0, 4), (1, 1), (119, 4), (200, 1), (230, 4)) == [4]
