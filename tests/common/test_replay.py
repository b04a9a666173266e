from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import limits
from common.replay import ReplayWindow

# Each row: window size, then (number, accepted?) in order of arrival.
TABLE: dict[str, tuple[int, list[tuple[int, bool]]]] = {
    "the first number may be 0": (4, [(0, True), (0, False)]),
    "the first number may be any": (4, [(9, True), (9, False), (8, True)]),
    "numbers before the first are new too": (4, [(3, True), (2, True), (1, True), (0, True), (0, False)]),
    "out of order, each once": (4, [(1, True), (3, True), (2, True), (2, False), (1, False), (3, False)]),
    "the oldest in the window": (4, [(10, True), (7, True), (7, False)]),
    "one behind the window": (4, [(10, True), (6, False)]),
    "a step of size - 1 keeps the newest": (4, [(10, True), (13, True), (10, False), (11, True)]),
    "a step of size forgets all": (4, [(10, True), (14, True), (10, False), (11, True)]),
    "bits do not come back after a jump": (
        4,
        [(10, True), (9, True), (100, True), (99, True), (97, True), (96, False)],
    ),
    "a jump over everything": (4, [(0, True), (2**63 - 1, True), (2**63 - 2, True), (2**63 - 1, False), (0, False)]),
    "a window of one": (1, [(5, True), (5, False), (4, False), (6, True)]),
    "no number is negative": (4, [(-1, False), (0, True), (-1, False)]),
}


@pytest.mark.parametrize("row", TABLE)
def test_edges(row: str) -> None:
    # An edge off by one either shuts out an honest frame or plays one twice.
    size, arrivals = TABLE[row]
    window = ReplayWindow(size)
    assert [(seq, window.accept(seq)) for seq, _ in arrivals] == arrivals


def test_the_default_is_the_protocols() -> None:
    window = ReplayWindow()
    assert window.accept(limits.REPLAY_WINDOW)
    assert window.accept(1)
    assert not window.accept(0)


def test_a_window_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="accepts nothing"):
        ReplayWindow(0)


@given(st.lists(st.integers(0, 40)), st.integers(1, 12))
def test_agrees_with_a_plain_set(arrivals: list[int], size: int) -> None:
    # Bit arithmetic is easy to get wrong: here is the same rule said with a set.
    window, accepted = ReplayWindow(size), set[int]()
    for seq in arrivals:
        expected = seq not in accepted and seq > max(accepted, default=-1) - size
        assert window.is_new(seq) == expected
        assert window.accept(seq) == expected
        if expected:
            accepted.add(seq)


def test_memory_stays_bounded_after_a_jump() -> None:
    # Shifting by the distance would need 2^60 bits.
    window = ReplayWindow(8)
    window.accept(0)
    window.accept(2**60)
    assert window._seen < 2**8
