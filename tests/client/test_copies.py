"""Which lane was first."""

from client.copies import Copies
from common.voice_frame import encode_header


def frame(ctr: int, topic: bytes = b"VroomAL") -> bytes:
    return topic + encode_header(0, ctr) + bytes(17)


def test_the_later_one_is_a_copy_whichever_lane_brings_it() -> None:
    copies = Copies()
    assert not copies.copy(0, frame(1))
    assert copies.copy(1, frame(1))
    assert not copies.copy(1, frame(2))
    assert copies.copy(0, frame(2))
    assert copies.further_first == 1


def test_what_one_lane_brings_again_is_no_copy() -> None:
    # Would catch a broker's repeats that hide among the copies.
    copies = Copies()
    assert [copies.copy(lane, frame(1)) for lane in (0, 1, 1, 0, 2, 2)] == [False, True, False, False, True, False]


def test_everybody_counts_for_themselves() -> None:
    copies = Copies()
    assert not copies.copy(0, frame(1))
    assert not copies.copy(1, frame(1, b"VroomBO"))


def test_what_has_no_counter_is_nobody_s_copy() -> None:
    copies = Copies()
    assert not copies.copy(1, b"VroomAL")
    assert copies.further_first == 0


def test_topics_without_end_take_no_memory_without_end() -> None:
    copies = Copies()
    for number in range(2_000):
        copies.copy(0, frame(1, number.to_bytes(7, "big")))
    assert len(copies._came) <= 512
