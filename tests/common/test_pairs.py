from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from common.pairs import SOON, Pairs
from common.voice_frame import encode_header

TOPIC = b"Vroomme"


def frame(counter: int) -> bytes:
    return TOPIC + encode_header(0, counter) + bytes(20)


def sent(lane: int, counters: range) -> list[list[int]]:
    """What goes together of frames that come each 10 ms, by their counters."""
    pairs, numbers = Pairs(lane), {frame(counter): counter for counter in counters}
    each = [pairs.add(frame(counter), counter * 0.01) for counter in counters]
    return [[numbers[one] for one in together] for together in each if together]


def test_two_frames_go_together_and_lanes_pair_other_ones() -> None:
    # Would catch lanes that send each frame for itself, or that all are late with the same ones.
    assert sent(1, range(7)) == [[0], [1], [2, 3], [4, 5]]
    assert sent(2, range(7)) == [[0], [1, 2], [3, 4], [5, 6]]
    assert sent(3, range(7)) == sent(1, range(7))


def test_it_does_not_matter_when_a_lane_was_opened() -> None:
    # Would catch lanes that count from their own first frame: in half the cases they would pair the same ones.
    assert sent(1, range(3, 9)) == [[3], [4, 5], [6, 7]]
    assert sent(2, range(4, 9)) == [[4], [5, 6], [7, 8]]


def test_the_last_frame_of_a_talk_waits_in_vain_but_not_long() -> None:
    pairs = Pairs(1)
    assert pairs.add(frame(1), 1.0) == [frame(1)]
    assert pairs.add(frame(2), 1.01) == []
    assert pairs.send_at == 1.01 + SOON
    assert pairs.due(1.02) == []
    assert pairs.due(1.01 + SOON) == [frame(2)]
    assert pairs.due(9.0) == []


def test_the_second_of_two_may_be_missing() -> None:
    pairs = Pairs(1)
    assert [pairs.add(frame(counter), 1.0 + counter / 1000) for counter in (1, 2, 4, 5)] == [
        [frame(1)],
        [],
        [frame(2)],
        [frame(4), frame(5)],
    ]


def test_slim_frames_and_what_is_no_frame_wait_for_none() -> None:
    assert [len(one) for pairs in [Pairs(1)] for one in (pairs.add(frame(n), n * 0.02) for n in range(9))] == [1] * 9
    assert [len(one) for pairs in [Pairs(1)] for one in (pairs.add(TOPIC, n * 0.01) for n in range(9))] == [1] * 9


@given(
    lane=st.integers(1, 3),
    steps=st.lists(st.tuples(st.floats(0.0, 0.05), st.integers(1, 3), st.booleans()), max_size=50),
)
def test_each_frame_is_sent_once_and_in_order(lane: int, steps: list[tuple[float, int, bool]]) -> None:
    pairs, now, counter, put, came = Pairs(lane), 5.0, 0, list[bytes](), list[bytes]()
    for apart, further, asks in steps:
        now, counter = now + apart, counter + further
        if asks:
            came += pairs.due(now)
        together = pairs.add(frame(counter), now)
        assert len(together) <= 2
        put, came = [*put, frame(counter)], came + together
        assert len(came) >= len(put) - 1
    assert came + pairs.due(now + SOON) == put


def test_what_is_forgotten_is_not_sent() -> None:
    pairs = Pairs(1)
    pairs.add(frame(1), 1.0)
    pairs.add(frame(2), 1.01)
    pairs.forget()
    assert pairs.add(frame(3), 1.02) == [frame(3)]
