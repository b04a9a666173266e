from __future__ import annotations

import numpy as np

from client.voice.counters import Counters
from client.voice.device import Block
from client.voice.packet import VoicePacket
from client.voice.talker import Talker
from tests.client.voice.fakes import OPUS_10MS, OPUS_40MS, FakeDecoder


def coded(value: float, *, slim: bool = False) -> bytes:
    return (OPUS_40MS if slim else OPUS_10MS) + np.float32(value).tobytes() * (4 if slim else 1)


def packet(number: int, value: float = 0.5, *, end: bool = False) -> VoicePacket:
    return VoicePacket(number * 480, coded(value), end)


def made() -> tuple[Talker, Counters]:
    counters = Counters()
    return Talker(FakeDecoder(), counters), counters


def pulled(talker: Talker, start: float, count: int) -> list[Block | None]:
    return [talker.block(start + 0.01 * index) for index in range(count)]


def test_packets_come_out_as_blocks_and_then_there_is_silence() -> None:
    talker, _ = made()
    for number in range(3):
        talker.put(packet(number, end=number == 2), 1.0 + 0.01 * number)
    blocks = pulled(talker, 1.02, 4)
    assert [None if block is None else float(block[-1]) for block in blocks] == [0.5, 0.5, 0.5, None]
    assert blocks[0] is not None
    assert blocks[0][0] == 0.0  # faded in: mistake, a click at the start of every talk
    assert not np.any(np.diff(blocks[0]) > 0.02)


def test_one_slim_packet_is_four_blocks() -> None:
    talker, _ = made()
    talker.put(VoicePacket(0, coded(0.5, slim=True), end_of_talk=True, slim=True), 1.0)
    blocks = pulled(talker, 1.02, 5)
    assert [block is None for block in blocks] == [False] * 4 + [True]


def test_a_lost_packet_is_concealed_and_silence_is_faded_into() -> None:
    talker, _ = made()
    talker.put(packet(0), 1.0)
    blocks = pulled(talker, 1.02, 5)
    made_up = blocks[3]
    assert made_up is not None
    assert float(made_up[0]) == -0.25
    assert float(made_up[-1]) == 0.0
    assert blocks[4] is None


def test_a_packet_that_is_no_opus_is_a_loss_and_not_an_end() -> None:
    # Mistake: a member who seals garbage would stop everybody's voice thread.
    talker, counters = made()
    talker.put(VoicePacket(0, OPUS_10MS + b"no"), 1.0)
    [block] = pulled(talker, 1.02, 1)
    assert block is not None
    assert float(block[-1]) == -0.25
    assert counters.refused == 1


def test_too_much_delay_is_taken_out_of_silence() -> None:
    talker, counters = made()
    for number in range(60):
        talker.put(packet(number, 0.0), 1.0 + number * 0.01)
    pulled(talker, 1.25, 30)
    assert counters.shortened > 0


def test_too_little_delay_is_put_in() -> None:
    talker, counters = made()
    talker.put(packet(0, 0.0), 1.0)
    pulled(talker, 1.022, 1)
    talker.put(packet(1, 0.0), 1.05)
    pulled(talker, 1.05, 1)
    assert counters.lengthened > 0


def test_what_is_left_of_a_stretched_talk_is_filled_up_with_silence() -> None:
    talker, counters = made()
    talker.put(packet(0, 0.0), 1.0)
    pulled(talker, 1.022, 1)
    talker.put(packet(1, 0.0, end=True), 1.03)
    blocks = pulled(talker, 1.047, 5)
    sounding = [block for block in blocks if block is not None]
    assert all(block.size == 480 for block in sounding)
    assert len(sounding) >= 2
    assert counters.lengthened % 480 != 0
    assert blocks[-1] is None


def test_a_pause_is_shortened_where_a_word_is_not() -> None:
    # Would catch words that are cut for four ms of delay, and a pause that nobody uses.
    for loudness, shortened in ((0.5, False), (0.0, True)):
        talker, counters = made()
        talker.put(packet(0, loudness), 1.0)
        talker.put(packet(1, loudness), 1.01)
        for number in range(200):
            talker.put(packet(number + 2, loudness), 1.02 + number * 0.01)
            talker.block((1.0195 if number < 99 else 1.016) + number * 0.01)
        assert bool(counters.shortened) is shortened


def test_the_place_of_what_is_heard_is_known_while_it_is_real() -> None:
    talker, _ = made()
    for number in (2, 3, 5):
        talker.put(packet(number, end=number == 5), 1.0 + 0.01 * number)
    places = []
    for index in range(6):
        talker.block(1.04 + 0.01 * index)
        places.append(talker.heard)
    assert [place for place in places if place is not None] == [960, 1440, 2400]  # mistake: a made-up block has a place
    assert places[-1] is None
