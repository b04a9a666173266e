from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from client.voice.ring import (
    QUIET_SECONDS,
    RAISE,
    TARGET_FIRST,
    TARGET_LEAST,
    TARGET_MOST,
    FillTarget,
    Ring,
)


def test_order_is_kept_over_pieces_of_any_size() -> None:
    ring = Ring(100)
    ring.write(b"aabb")
    ring.write(b"ccdd")
    assert ring.level == 4
    assert ring.take(1) == b"aa"
    assert ring.take(2) == b"bbcc"
    assert ring.level == 1
    assert ring.take(5) == b"dd"
    assert ring.take(5) == b""


def test_a_full_ring_refuses_and_keeps_what_it_has() -> None:
    ring = Ring(2)
    assert ring.write(b"aabb")
    assert not ring.write(b"cc")
    assert ring.take(2) == b"aabb"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=60))
def test_what_goes_in_comes_out(moves: list[tuple[bool, int]]) -> None:
    ring, put, got = Ring(50), b"", b""
    for write, count in moves:
        if write:
            piece = bytes([len(put) % 251, count]) * count
            put += piece if ring.write(piece) else b""
        else:
            got += ring.take(count)
        assert 0 <= ring.level <= 50
        assert ring.level * 2 == len(put) - len(got)
    assert put.startswith(got)


def test_gaps_raise_the_target_up_to_a_limit() -> None:
    target = FillTarget()
    target.gap()
    assert target.seconds == TARGET_FIRST + RAISE
    for _ in range(100):
        target.gap()
    assert target.seconds == TARGET_MOST


def test_the_target_falls_only_while_there_was_always_some_to_spare() -> None:
    # Mistake: to lower on a timer, which buys every gain with a gap.
    target = FillTarget()
    for _ in range(int(QUIET_SECONDS / 0.005) + 1):
        target.note(left=0.001, taken=0.005)
    assert target.seconds == TARGET_FIRST
    for _ in range(int(20 * QUIET_SECONDS / 0.005)):
        target.note(left=0.010, taken=0.005)
    assert target.seconds == TARGET_LEAST


def test_a_gap_starts_the_watch_anew() -> None:
    target = FillTarget()
    target.note(left=0.010, taken=QUIET_SECONDS - 0.1)
    target.gap()
    target.note(left=0.010, taken=0.2)
    assert target.seconds == TARGET_FIRST + RAISE
