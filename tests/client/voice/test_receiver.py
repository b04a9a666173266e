from __future__ import annotations

from client.voice.counters import Counters
from client.voice.packet import VoicePacket, encode
from client.voice.receiver import TALK_ENDS_SECONDS, Receiver
from tests.client.voice.fakes import OPUS_10MS, FakeSeal


def sealed(number: int, *, end: bool = False) -> bytes:
    return b"%08d" % number + bytes(16) + encode(VoicePacket(number * 480, OPUS_10MS + b"1234", end))


def made(*, confirmed: bool = True) -> tuple[Receiver, Counters]:
    counters = Counters()
    return Receiver(FakeSeal(), counters, confirmed=confirmed), counters


def test_frames_of_a_confirmed_speaker_are_passed_on_with_their_time() -> None:
    receiver, _ = made()
    [(arrived, packet)] = receiver.take(sealed(3), 5.0)
    assert (arrived, packet.media_time) == (5.0, 1440)
    assert receiver.talking(5.0)


def test_each_refusal_is_counted_as_what_it_is() -> None:
    receiver, counters = made()
    receiver.take(sealed(1), 5.0)
    assert receiver.take(sealed(1), 5.0) == []
    assert receiver.take(b"broken" * 5, 5.0) == []
    assert receiver.take(b"%08d" % 9 + bytes(16), 5.0) == []  # opens, and holds no packet
    assert (counters.replayed, counters.refused) == (1, 2)


def test_a_copy_that_was_asked_for_is_no_replay() -> None:
    # Mistake: who has two lanes would read of a hundred replays a second.
    receiver, counters = made()
    receiver.take(sealed(1), 5.0)
    assert receiver.take(sealed(1), 5.0, copy=True) == []
    assert receiver.take(sealed(2), 5.0, copy=True) != []  # whatever a lane says of it: it is new
    assert (counters.replayed, counters.copies) == (0, 1)


def test_broken_frames_are_no_talk() -> None:
    # Mistake: a broker could make anybody seem to talk.
    receiver, _ = made()
    receiver.take(b"broken" * 5, 5.0)
    assert not receiver.talking(5.0)


def test_voice_of_the_unconfirmed_waits_and_is_played_once_confirmed() -> None:
    receiver, counters = made(confirmed=False)
    assert receiver.take(sealed(1), 5.0) == []
    assert receiver.take(sealed(2), 5.2) == []
    assert receiver.waiting
    assert not receiver.talking(5.2)
    assert [arrived for arrived, _ in receiver.confirm(5.31)] == [5.2]  # the first had waited too long
    assert receiver.talking(5.31)
    assert counters.unconfirmed == 1
    assert len(receiver.take(sealed(3), 5.32)) == 1
    assert not receiver.waiting


def test_voice_of_the_unconfirmed_is_dropped_in_time_and_bounded() -> None:
    receiver, counters = made(confirmed=False)
    for number in range(100):
        receiver.take(sealed(number), 5.0)
    assert counters.unconfirmed == 100 - 64
    assert not receiver.talking(5.4)
    assert counters.unconfirmed == 100
    assert receiver.confirm(5.4) == []


def test_a_talk_ends_by_its_last_frame_or_by_silence() -> None:
    receiver, _ = made()
    receiver.take(sealed(1), 5.0)
    assert receiver.talking(5.0 + TALK_ENDS_SECONDS - 0.01)
    assert not receiver.talking(5.0 + TALK_ENDS_SECONDS + 0.01)
    receiver.take(sealed(2), 6.0)
    receiver.take(sealed(4, end=True), 6.01)
    assert receiver.talking(6.1)  # it is heard until about then
    assert not receiver.talking(6.12)
    receiver.take(sealed(3), 6.13)  # was overtaken
    assert not receiver.talking(6.13)
    receiver.take(sealed(5), 6.5)
    assert receiver.talking(6.5)


def test_whoever_ends_each_word_at_once_talks_all_the_time() -> None:
    # Would catch a hundred beginnings and ends a second, each of which is shown.
    receiver, _ = made()
    for number in range(100):
        receiver.take(sealed(number, end=number % 2 == 1), 5.0 + number * 0.01)
        assert receiver.talking(5.0 + number * 0.01)
