from __future__ import annotations

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
    sender = Sender(lambda: coder, start)
    sender.enter(TOPIC, seal)
    sender.set_audience(True)
    sender.begin(50.0)
    return sender, coder, seal


def test_blocks_become_frames_with_media_time_counted_in_samples() -> None:
    sender, _, _ = talking()
    packets = [opened(sender.send(level(0.1))) for _ in range(3)]
    assert [packet.media_time for packet in packets] == [1000, 1480, 1960]
    assert not any(packet.end_of_talk or packet.slim for packet in packets)


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
    # Mistake: media time that stands still; for listeners the delay would jump by the pause.
    assert opened(sender.send(level(0.1))).media_time == 1000 + 3 * 480
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
