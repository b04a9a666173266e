from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from common.pairs import SOON, Pairs


def test_two_frames_go_together_and_lanes_take_turns() -> None:
    # Would catch lanes that send each frame for itself, or that all are late with the same ones.
    lanes = [Pairs(1), Pairs(2)]
    sent = [[lane.add(bytes([number]), number * 0.01) for number in range(6)] for lane in lanes]
    assert sent[0] == [[b"\0"], [], [b"\1", b"\2"], [], [b"\3", b"\4"], []]
    assert sent[1] == [[b"\0"], [b"\1"], [], [b"\2", b"\3"], [], [b"\4", b"\5"]]


def test_the_last_frame_of_a_talk_waits_in_vain_but_not_long() -> None:
    pairs = Pairs(1)
    assert pairs.add(b"a", 1.0) == [b"a"]
    assert pairs.add(b"b", 1.01) == []
    assert pairs.send_at == 1.01 + SOON
    assert pairs.due(1.02) == []
    assert pairs.due(1.01 + SOON) == [b"b"]
    assert pairs.due(9.0) == []


def test_slim_frames_wait_for_none() -> None:
    pairs = Pairs(1)
    assert [len(pairs.add(b"a", number * 0.02)) for number in range(9)] == [1] * 9


@given(lane=st.integers(1, 3), steps=st.lists(st.tuples(st.floats(0.0, 0.05), st.booleans()), max_size=50))
def test_each_frame_is_sent_once_and_in_order(lane: int, steps: list[tuple[float, bool]]) -> None:
    pairs, now, sent = Pairs(lane), 5.0, list[bytes]()
    for number, (apart, asks) in enumerate(steps):
        now += apart
        if asks:
            sent += pairs.due(now)
        sent += pairs.add(bytes([number]), now)
        assert len(sent) >= number
    assert sent + pairs.due(now + SOON) == [bytes([number]) for number in range(len(steps))]


def test_what_is_forgotten_is_not_sent() -> None:
    pairs = Pairs(1)
    pairs.add(b"a", 1.0)
    pairs.add(b"b", 1.01)
    pairs.forget()
    assert pairs.add(b"c", 1.02) == [b"c"]
