from __future__ import annotations

import numpy as np

from client.commands import VoiceMode
from client.voice.packet import MEDIA_TIMES, VoicePacket, decode
from client.voice.sender import Sender
from tests.client.voice.fakes import FakeCoder, FakeSeal, level

TOPIC = b"VroomME"


def opened(frames: list[bytes] | bytes | None) -> VoicePacket:
    """The packet of one frame."""
    assert frames
    frame = frames if isinstance(frames, bytes) else frames[0]
    assert isinstance(frames, bytes) or len(frames) == 1
    assert frame[:7] == TOPIC
    return decode(frame[7 + 24 :])


def talking(start: int = 1000) -> tuple[Sender, FakeCoder, FakeSeal]:
    coder, seal = FakeCoder(), FakeSeal()
    sender = Sender(lambda _mode: coder, start)
    sender.enter(TOPIC, seal)
    sender.set_audience(True)
    sender.begin(50.0)
    return sender, coder, seal


def test_blocks_become_frames_with_media_time_counted_in_samples() -> None:
    sender, _, _ = talking()
    packets = [opened(sender.send(level(0.1))) for _ in range(3)]
    assert [packet.media_time for packet in packets] == [1000, 1480, 1960]
    assert not any(packet.end_of_talk or packet.slim for packet in packets)


def test_each_packet_says_over_how_many_lanes_it_goes() -> None:
    # Mistake: listeners who go on waiting for packets that came late before a lane was opened.
    sender, _, _ = talking()
    assert opened(sender.send(level(0.1))).lanes == 1
    sender.lanes = 4
    assert opened(sender.send(level(0.1))).lanes == 4


def test_a_card_that_ran_slow_for_hours_makes_no_leap_when_it_is_opened_anew() -> None:
    # Mistake: three hours at 100 ppm are a second, which listeners would have to wait for, or to catch up with.
    for spoken in (100, 300):  # blocks in two seconds by the clock: a card that is slow, and one that is fast
        sender, _, _ = talking()
        for _ in range(spoken):
            sender.send(level(0.1))
        sender.end()
        sender.pause(52.0)
        sender.begin(55.0)
        packet = opened(sender.send(level(0.1)))
        assert packet.media_time == 1000 + spoken * 480 + 3 * 48_000


def test_media_time_wraps() -> None:
    sender, _, _ = talking(MEDIA_TIMES - 100)
    packets = [opened(sender.send(level(0.1))) for _ in range(2)]
    assert [packet.media_time for packet in packets] == [MEDIA_TIMES - 100, 380]


def test_the_end_of_a_talk_is_said_once() -> None:
    sender, _, _ = talking()
    assert sender.end() is None  # nothing was said yet
    sender.send(level(0.1))
    end = opened(sender.end())
    assert end.end_of_talk
    assert end.media_time == 1480
    assert sender.end() is None


def test_nobody_listens_nothing_is_sent_and_time_goes_on() -> None:
    sender, coder, seal = talking()
    sender.send(level(0.1))
    assert opened(sender.set_audience(False)).end_of_talk
    assert sender.send(level(0.1)) == []
    assert seal.counter == 2  # mistake: to count frames that were never sent
    assert sender.set_audience(True) is None
    # Mistakes: media time that stands still, and for listeners the delay would jump by the pause; or that runs ahead
    # by the silence that ended the talk, each time that the last listener goes.
    assert opened(sender.send(level(0.1))).media_time == 1000 + 2 * 480
    assert coder.resets == 2  # each talk starts a fresh coder


def test_in_no_room_nothing_is_sent() -> None:
    sender, _, _ = talking()
    sender.send(level(0.1))
    sender.leave()
    assert sender.send(level(0.1)) == []
    assert sender.end() is None


def test_the_seal_goes_on_counting_over_a_join() -> None:
    sender, _, seal = talking()
    sender.send(level(0.1))
    sender.leave()
    sender.enter(TOPIC, seal)
    sender.send(level(0.1))
    assert seal.counter == 2


def test_media_time_follows_the_clock_while_the_microphone_is_closed() -> None:
    sender, _, _ = talking()
    sender.send(level(0.1))
    sender.end()
    sender.begin(60.0)
    assert opened(sender.send(level(0.1))).media_time == 1000 + 10 * 48_000


def test_media_time_never_goes_back() -> None:
    # A card that runs fast may be ahead of the clock: two packets must not share a media time.
    sender, _, _ = talking()
    for _ in range(10):
        sender.send(level(0.1))
    sender.begin(50.01)
    assert opened(sender.send(level(0.1))).media_time == 1000 + 10 * 480


def test_what_was_held_back_comes_first_with_its_own_times() -> None:
    # Would catch a cut first syllable, one that is sent twice, and one whose waiting counts as a slow network.
    sender, coder, _ = talking()
    for number in range(10):
        assert sender.hold(level(0.1 + number / 100)) is None
    packets = [decode(frame[7 + 24 :]) for frame in sender.send(level(0.5))]
    assert [packet.media_time for packet in packets] == [1000 + number * 480 for number in range(4, 11)]
    assert [packet.held for packet in packets] == [6, 5, 4, 3, 2, 1, 0]
    assert coder.resets == 1
    assert opened(sender.send(level(0.5))).media_time == 1000 + 11 * 480


def test_a_pause_ends_the_talk_once_and_the_next_one_has_its_pre_roll() -> None:
    sender, _, _ = talking()
    sender.send(level(0.5))
    end = opened(sender.hold(level(0.0)))
    assert end.end_of_talk
    assert sender.hold(level(0.1)) is None
    assert [decode(frame[31:]).media_time for frame in sender.send(level(0.5))] == [1960, 2440]


def test_silence_before_a_word_is_not_sent() -> None:
    # Would catch a word whose listeners have to catch up with 60 ms of nothing.
    sender, _, _ = talking()
    for loudness in (0.0, 0.001, 0.01, 0.001, 0.1):
        sender.hold(level(loudness))
    packets = [decode(frame[31:]) for frame in sender.send(level(0.5))]
    assert [(packet.held, packet.media_time) for packet in packets] == [
        (3, 1000 + 2 * 480),
        (2, 1000 + 3 * 480),
        (1, 1000 + 4 * 480),
        (0, 1000 + 5 * 480),
    ]


def test_what_was_dropped_is_never_sent() -> None:
    # Would catch words from before the key was pressed.
    sender, _, _ = talking()
    sender.send(level(0.5))
    assert opened(sender.drop()).end_of_talk
    sender.hold(level(0.1))
    assert sender.drop() is None
    packet = opened(sender.send(level(0.5)))
    assert (packet.media_time, packet.held) == (1000 + 4 * 480, 0)


def test_without_a_microphone_nothing_is_sent() -> None:
    sender = Sender(FakeCoder, 0)
    sender.enter(TOPIC, FakeSeal())
    sender.set_audience(True)
    assert sender.send(level(0.1)) == []
    assert sender.end() is None


def test_what_was_sent_ahead_is_not_told_twice() -> None:
    # Would catch a talk that is sent anew from where its end, told before its time, was sent already.
    sender, _, _ = talking()
    sender.send(level(0.5))
    sender.end()
    assert sender.hold(level(0.1)) is None  # its time is that of the silence at the end
    assert sender.hold(level(0.2)) is None
    assert [decode(frame[31:]).media_time for frame in sender.send(level(0.5))] == [1960, 2440]


SLIM_BLOCK = 4 * 480


def slim(start: int = 1000) -> tuple[Sender, dict[VoiceMode, FakeCoder]]:
    """A talk in slim mode."""
    coders = {mode: FakeCoder(mode) for mode in VoiceMode}
    sender = Sender(coders.__getitem__, start)
    sender.enter(TOPIC, FakeSeal())
    sender.set_audience(True)
    sender.set_mode(VoiceMode.SLIM)
    sender.begin(50.0)
    return sender, coders


def samples(packet: VoicePacket) -> list[float]:
    """The first sample of each of its blocks."""
    return [round(float(one), 3) for one in np.frombuffer(packet.opus[1:], np.float32)]


def said(sender: Sender, *levels: float) -> list[VoicePacket]:
    return [decode(frame[31:]) for one in levels for frame in sender.send(level(one))]


def test_slim_packets_hold_four_blocks() -> None:
    sender, _ = slim()
    packets = said(sender, *(number / 10 for number in range(1, 10)))
    assert [(packet.media_time, packet.slim, packet.held) for packet in packets] == [
        (1000, True, 0),
        (1000 + SLIM_BLOCK, True, 0),
    ]
    assert samples(packets[1]) == [0.5, 0.6, 0.7, 0.8]


def test_slim_what_was_held_back_counts_from_the_end_of_each_packet() -> None:
    # Would catch a pre-roll whose waiting, or whose collecting, counts as a slow network.
    sender, coders = slim()
    for number in range(1, 7):
        assert sender.hold(level(number / 10)) is None
    [packet] = said(sender, 0.7)
    assert (packet.media_time, packet.held, samples(packet)) == (1000, 3, [0.1, 0.2, 0.3, 0.4])
    [packet] = said(sender, 0.8)
    assert (packet.media_time, packet.held, samples(packet)) == (1000 + SLIM_BLOCK, 0, [0.5, 0.6, 0.7, 0.8])
    assert coders[VoiceMode.SLIM].resets == 1


def test_a_slim_talk_that_is_held_ends_with_the_packet_that_is_begun() -> None:
    # Would catch words that were collected and never sent, and packets of another size than the others.
    sender, _ = slim()
    said(sender, 0.5)
    assert sender.hold(level(0.1)) is None
    assert sender.hold(level(0.2)) is None
    end = opened(sender.hold(level(0.3)))
    assert (end.end_of_talk, end.media_time, samples(end)) == (True, 1000, [0.5, 0.1, 0.2, 0.0])
    sender.hold(level(0.4))
    assert said(sender, 0.5, 0.5, 0.5)[0].media_time == 1000 + SLIM_BLOCK


def test_a_word_begun_while_a_slim_talk_ends_goes_on_with_it() -> None:
    # Would catch a syllable that is cut since the talk before it was about to end.
    sender, _ = slim()
    said(sender, 0.5)
    sender.hold(level(0.1))
    [packet] = said(sender, 0.6, 0.7)
    assert (packet.end_of_talk, samples(packet)) == (False, [0.5, 0.1, 0.6, 0.7])


def test_what_is_said_after_the_key_was_let_go_is_in_no_packet() -> None:
    sender, _ = slim()
    said(sender, 0.5)
    frames = [sender.drop() for _ in range(3)]
    assert frames[:2] == [None, None]
    assert samples(opened(frames[2])) == [0.5, 0.0, 0.0, 0.0]


def test_a_closed_microphone_ends_a_slim_talk_at_once() -> None:
    sender, _ = slim()
    said(sender, 0.5)
    end = opened(sender.end())
    assert (end.end_of_talk, end.media_time, samples(end)) == (True, 1000, [0.5, 0.0, 0.0, 0.0])
    assert sender.end() is None
    for number in range(4):  # the first three are within what was sent
        assert sender.hold(level(0.1 + number / 10)) is None
    # Would catch two packets of one time: the first of them would be heard and the word be lost.
    [packet] = said(sender, 0.5, 0.6, 0.7)
    assert (packet.media_time, samples(packet)) == (1000 + SLIM_BLOCK, [0.4, 0.5, 0.6, 0.7])


def test_what_was_collected_for_a_room_is_not_said_in_another() -> None:
    sender, _ = slim()
    said(sender, 0.5, 0.6)
    sender.leave()
    sender.enter(TOPIC, FakeSeal())
    [packet] = said(sender, 0.1, 0.2, 0.3, 0.4)
    assert samples(packet) == [0.1, 0.2, 0.3, 0.4]


def test_another_mode_begins_with_the_next_talk() -> None:
    sender, coders = slim()
    said(sender, 0.5)
    sender.end()
    sender.set_mode(VoiceMode.LOW_DELAY)
    assert sender.mode is VoiceMode.LOW_DELAY
    sender.begin(60.0)
    assert [packet.slim for packet in said(sender, 0.5)] == [False]
    assert coders[VoiceMode.LOW_DELAY].resets == 1


def test_another_mode_in_a_talk_waits_for_a_soft_place() -> None:
    # Would catch a switch in the middle of a vowel, one in the middle of a packet, and media time with a hole in it.
    sender, coders = slim()
    sender.set_mode(VoiceMode.LOW_DELAY)
    before = said(sender, 0.5)
    sender.set_mode(VoiceMode.SLIM)
    before += said(sender, 0.5, 0.4, 0.06)
    assert not any(packet.slim for packet in before)
    assert sender.mode is VoiceMode.LOW_DELAY
    [packet] = said(sender, 0.04, 0.5, 0.5, 0.5)
    assert (packet.slim, packet.media_time) == (True, 1000 + SLIM_BLOCK)
    sender.set_mode(VoiceMode.LOW_DELAY)
    packets = said(sender, 0.5, 0.01, 0.01, 0.01, 0.01)
    assert [(packet.slim, packet.media_time) for packet in packets] == [
        (True, 1000 + 2 * SLIM_BLOCK),
        (False, 1000 + 3 * SLIM_BLOCK),
    ]
    assert {mode: coder.resets for mode, coder in coders.items()} == {VoiceMode.LOW_DELAY: 2, VoiceMode.SLIM: 1}


def test_another_mode_in_a_talk_without_a_soft_place_waits_two_seconds() -> None:
    sender, _ = slim()
    sender.set_mode(VoiceMode.LOW_DELAY)
    said(sender, 0.5)
    sender.set_mode(VoiceMode.SLIM)
    packets = said(sender, *[0.5] * 208)
    assert [packet.slim for packet in packets] == [False] * 200 + [True] * 2


def test_silence_is_a_soft_place_whatever_was_said() -> None:
    sender, _ = slim()
    sender.set_mode(VoiceMode.LOW_DELAY)
    said(sender, 0.001)
    sender.set_mode(VoiceMode.SLIM)
    assert [packet.slim for packet in said(sender, *[0.001] * 4)] == [True]
