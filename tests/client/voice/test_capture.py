from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from client.commands import SetProcessing, Transmit, VoiceMode
from client.events import MicrophoneChanged, MicrophoneEnded, MicrophoneLevel, Part, ProblemReported, SpeechChanged
from client.voice.capture import Capture
from client.voice.codec import look_ahead
from client.voice.counters import Counters
from client.voice.device import Block
from client.voice.front_end import UNTOUCHED, Heard, PlainFrontEnd, plain
from client.voice.packet import VoicePacket, decode
from client.voice.reopening import WAITS
from client.voice.reports import MediaSpoken, Report
from client.voice.sender import Sender
from common.errors import DeviceError
from tests.client.voice.fakes import LOST, FakeCoder, FakeDevices, FakeMicrophone, FakeSeal, level


@dataclass
class Mouth:
    devices: FakeDevices = field(default_factory=FakeDevices)
    counters: Counters = field(default_factory=Counters)
    sent: list[bytes] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.capture = Capture(
            self.devices, Sender(FakeCoder, 0), plain, self.sent.append, self.reports.append, self.counters
        )
        self.capture.enter(b"VroomME", FakeSeal())
        self.capture.set_audience(True)

    def told(self) -> list[Report]:
        told, self.reports[:] = list(self.reports), []
        return [one for one in told if not isinstance(one, MediaSpoken)]


def test_on_speaks_off_says_so_and_both_are_told() -> None:
    mouth = Mouth()
    assert mouth.capture.step(1.0) is None
    mouth.capture.switch(True, 1.0)
    mouth.capture.switch(True, 1.0)
    [microphone] = mouth.devices.microphones  # mistake: two streams of one microphone
    microphone.blocks = [level(0.1), level(0.1)]
    assert mouth.capture.step(1.02) == 0.005
    assert mouth.told() == [MicrophoneChanged(on=True, device="fake microphone")]
    assert mouth.capture.started == 1.01
    mouth.capture.switch(False, 1.03)
    mouth.capture.switch(False, 1.03)
    assert microphone.closed  # mistake: a capture stream that stays open behind a toggle that says off
    assert mouth.told() == [MicrophoneChanged(on=False)]
    assert len(mouth.sent) == 3
    assert mouth.counters.voice_frames_sent == 3
    assert mouth.counters.voice_bytes_sent == sum(map(len, mouth.sent))


def test_nothing_is_told_before_the_device_is_open() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    mouth.devices.microphones[0].ready = False
    mouth.capture.step(1.01)
    assert mouth.told() == []
    mouth.devices.microphones[0].ready = True
    mouth.capture.step(1.5)
    assert mouth.told() == [MicrophoneChanged(on=True, device="fake microphone")]


def test_unheard_blocks_are_counted_and_the_level_goes_on() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    mouth.capture.set_audience(False)
    mouth.devices.microphones[0].blocks = [level(0.5)] * 10
    mouth.capture.step(1.1)
    assert mouth.sent == []
    assert mouth.counters.unheard == 10
    assert MicrophoneLevel(0.5) in mouth.told()


def test_in_no_room_nothing_is_sent() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    mouth.capture.leave()
    mouth.devices.microphones[0].blocks = [level(0.5)]
    mouth.capture.step(1.1)
    assert mouth.sent == []
    assert not mouth.devices.microphones[0].closed


def test_a_burst_is_taken_in_steps() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    mouth.devices.microphones[0].blocks = [level(0.5)] * 70
    mouth.capture.step(1.7)
    assert len(mouth.sent) == 50  # mistake: a microphone that never lets the speaker have its turn
    mouth.capture.step(1.7)
    assert len(mouth.sent) == 70


def test_the_end_of_a_file() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    microphone = mouth.devices.microphones[0]
    microphone.blocks, microphone.ended = [level(0.5)], True
    assert mouth.capture.step(1.01) is None
    assert mouth.told()[1:] == [MicrophoneEnded(), MicrophoneChanged(on=False)]
    assert microphone.closed
    assert len(mouth.sent) == 2  # the last frame says end of talk


def test_no_device_is_one_problem_and_off() -> None:
    mouth = Mouth(FakeDevices(missing=True))
    mouth.capture.switch(True, 1.0)
    assert mouth.told() == [
        ProblemReported(Part.MICROPHONE, "microphone", "There is no microphone."),
        MicrophoneChanged(on=False),
    ]
    assert mouth.capture.step(1.0) is None


def test_a_device_that_fails_for_good_is_not_tried_again() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    mouth.capture.step(1.0)
    mouth.devices.microphones[0].broken = DeviceError("The file is damaged.")
    assert mouth.capture.step(1.1) is None
    assert mouth.told()[1:] == [
        ProblemReported(Part.MICROPHONE, "microphone", "The file is damaged."),
        MicrophoneChanged(on=False),
    ]


def test_a_lost_device_is_opened_again() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    mouth.capture.step(1.0)
    mouth.devices.microphones[0].broken = LOST
    assert mouth.capture.step(2.0) == WAITS[0]
    assert mouth.told()[1:] == [ProblemReported(Part.MICROPHONE, "microphone", "It stopped working.")]
    mouth.capture.switch(True, 2.1)  # it counts as on
    assert len(mouth.devices.microphones) == 1
    mouth.capture.step(2.0 + WAITS[0])
    assert mouth.told() == [MicrophoneChanged(on=True, device="fake microphone")]


def test_a_lost_device_that_stays_away_is_given_up() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    mouth.capture.step(1.0)
    mouth.told()
    mouth.devices.microphones[0].broken = LOST
    mouth.devices.missing = True
    now = 2.0
    while (wait := mouth.capture.step(now)) is not None:
        now += wait + 1e-9
    assert 300 < now < 900
    # Mistake: a problem told at every try.
    assert mouth.told() == [
        ProblemReported(Part.MICROPHONE, "microphone", "It stopped working."),
        ProblemReported(Part.MICROPHONE, "microphone", "There is no microphone."),
        MicrophoneChanged(on=False),
    ]


def test_a_device_that_takes_its_time_is_not_opened_twice() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    mouth.capture.step(1.0)
    mouth.devices.microphones[0].broken = LOST
    mouth.capture.step(2.0)
    mouth.capture.step(2.0 + WAITS[0])
    mouth.devices.microphones[1].ready = False
    mouth.capture.step(2.5)
    mouth.capture.step(3.0)
    assert len(mouth.devices.microphones) == 2


def test_another_device_is_told_and_one_that_stands_in_is_a_problem() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    mouth.capture.step(1.0)
    mouth.told()
    [microphone] = mouth.devices.microphones
    microphone.name, microphone.missing = "Webcam", "Headset"
    mouth.capture.step(1.1)
    mouth.capture.step(1.2)
    assert mouth.told() == [
        MicrophoneChanged(on=True, device="Webcam"),
        ProblemReported(
            Part.MICROPHONE,
            "microphone_missing",
            "The microphone “Headset” is not here: Webcam is used in its place.",
        ),
    ]


def test_a_choice_counts_at_once_while_the_microphone_is_on() -> None:
    mouth = Mouth()
    mouth.capture.renew(0.5)
    assert mouth.devices.microphones == []
    mouth.capture.switch(True, 1.0)
    mouth.capture.step(1.0)
    mouth.capture.renew(2.0)
    first, second = mouth.devices.microphones
    assert first.closed
    assert not second.closed
    mouth.told()
    mouth.capture.step(2.0)
    assert mouth.told() == [MicrophoneChanged(on=True, device="fake microphone")]


def test_off_while_it_is_tried_again_is_off() -> None:
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    mouth.capture.step(1.0)
    mouth.devices.microphones[0].broken = LOST
    mouth.capture.step(2.0)
    mouth.told()
    mouth.capture.close()
    assert mouth.told() == [MicrophoneChanged(on=False)]
    assert mouth.capture.step(9.0) is None  # mistake: a microphone that opens itself after it was switched off
    assert len(mouth.devices.microphones) == 1


def test_the_front_end_hears_what_is_played_while_the_microphone_is_open() -> None:
    heard = []

    class Listening(PlainFrontEnd):
        def hear(self, played: object) -> None:
            heard.append(played)

    devices = FakeDevices()
    capture = Capture(devices, Sender(FakeCoder, 0), lambda *_: Listening(), lambda _: None, lambda _: None, Counters())
    capture.hear(level(0.1))
    capture.switch(True, 1.0)
    capture.hear(level(0.2))
    assert len(heard) == 1


class Ears(PlainFrontEnd):
    """Takes what is louder than 0.2 for speech."""

    def process(self, block: Block) -> Heard:
        return Heard(block, speech=bool(block[0] > 0.2))


@dataclass
class ListeningMouth(Mouth):
    made: list[tuple[SetProcessing, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        def make(wanted: SetProcessing, detect: bool, _: object) -> Ears:
            self.made.append((wanted, detect))
            return Ears()

        self.capture = Capture(
            self.devices, Sender(FakeCoder, 0), make, self.sent.append, self.reports.append, self.counters
        )
        self.capture.enter(b"VroomME", FakeSeal())
        self.capture.set_audience(True)

    def say(self, *levels: float) -> list[VoicePacket]:
        """Speak blocks; the packets that went out."""
        before = len(self.sent)
        self.devices.microphones[-1].blocks = [level(one) for one in levels]
        self.capture.step(1.0)
        return [decode(frame[7 + 24 :]) for frame in self.sent[before:]]

    def speech(self) -> list[bool]:
        return [report.on for report in self.told() if isinstance(report, SpeechChanged)]


def test_only_speech_is_sent_with_what_came_before_it() -> None:
    mouth = ListeningMouth()
    mouth.capture.set_transmit(Transmit.VOICE)
    assert mouth.made == []  # mistake: libraries that are loaded though no microphone is open
    mouth.capture.switch(True, 1.0)
    assert mouth.made == [(UNTOUCHED, True)]
    assert mouth.say(*[0.1] * 30) == []
    packets = mouth.say(0.5, 0.5)
    assert [packet.held for packet in packets] == [6, 5, 4, 3, 2, 1, 0]
    assert mouth.speech() == [True]
    assert len(mouth.say(*[0.1] * 39)) == 39
    assert mouth.say(0.1)[0].end_of_talk
    assert mouth.say(*[0.1] * 20) == []
    assert mouth.speech() == [False]
    assert mouth.counters.unheard == 0


def test_a_held_key_sends_and_nothing_from_before_it() -> None:
    # Would catch words that were said before the key was pressed.
    mouth = ListeningMouth()
    mouth.capture.set_transmit(Transmit.PUSH)
    mouth.capture.switch(True, 1.0)
    assert mouth.say(*[0.5] * 10) == []
    assert mouth.speech() == [True]  # somebody talks into a microphone that is not sent
    mouth.capture.hold(True)
    assert [packet.held for packet in mouth.say(0.1, 0.1)] == [0, 0]
    mouth.capture.hold(False)
    assert [packet.end_of_talk for packet in mouth.say(0.5, 0.5)] == [True]


def test_closing_the_microphone_ends_speech() -> None:
    mouth = ListeningMouth()
    mouth.capture.set_transmit(Transmit.VOICE)
    mouth.capture.switch(True, 1.0)
    mouth.say(0.5, 0.5)
    mouth.capture.switch(False, 1.1)
    assert mouth.speech() == [True, False]


def test_other_wishes_hold_at_once_and_the_same_ones_change_nothing() -> None:
    mouth = ListeningMouth()
    mouth.capture.switch(True, 1.0)
    mouth.capture.set_processing(SetProcessing())
    mouth.capture.set_processing(SetProcessing())
    mouth.capture.set_transmit(Transmit.ALWAYS)
    assert mouth.made == [(UNTOUCHED, False), (SetProcessing(), False)]


def test_slim_blocks_that_are_collected_are_not_unheard() -> None:
    # Would catch counters that say that nobody listens while a packet fills.
    mouth = Mouth()
    mouth.capture.set_mode(VoiceMode.SLIM)
    assert mouth.capture.mode is VoiceMode.SLIM
    mouth.capture.switch(True, 1.0)
    mouth.devices.microphones[0].blocks = [level(0.5)] * 7
    mouth.capture.step(1.1)
    assert (len(mouth.sent), mouth.counters.unheard) == (1, 0)


def test_when_what_is_heard_was_spoken_is_told_with_all_that_lies_before() -> None:
    # Mistake: leaving out the card, the front end, the look-ahead of the codec, or the length of the block itself.
    mouth = Mouth()
    mouth.capture.switch(True, 1.0)
    microphone = mouth.devices.microphones[0]
    mouth.capture.step(1.0)
    for number, late in enumerate((0.0, 0.004, 0.009)):  # a thread that comes late has not made anybody speak later
        microphone.blocks = [level(0.5)]
        mouth.capture.step(1.02 + number * 0.01 + late)
    [told] = [one for one in mouth.reports if isinstance(one, MediaSpoken)]
    packet = decode(mouth.sent[0][7 + 24 :])
    assert told.media_time == packet.media_time
    assert told.at == pytest.approx(1.02 - 0.010 - FakeMicrophone.latency - look_ahead(VoiceMode.LOW_DELAY))
    for number in range(100):
        microphone.blocks = [level(0.5)]
        mouth.capture.step(1.05 + number * 0.01 + 0.004)
    told, again = [one for one in mouth.reports if isinstance(one, MediaSpoken)]
    lag = (again.media_time - told.media_time) / 48_000
    assert again.at - told.at == pytest.approx(lag)


def test_another_way_to_begin_a_talk_keeps_what_is_known_of_the_room() -> None:
    # Mistake: an echo canceller that begins anew, and a voice at another level, since a key is held now.
    mouth = ListeningMouth()
    mouth.capture.set_transmit(Transmit.VOICE)
    mouth.capture.switch(True, 1.0)
    made = len(mouth.made)
    mouth.capture.set_transmit(Transmit.PUSH)
    mouth.capture.set_transmit(Transmit.VOICE)
    assert len(mouth.made) == made
    mouth.capture.set_transmit(Transmit.ALWAYS)
    assert len(mouth.made) == made + 1


def test_media_time_follows_what_was_spoken_however_often_the_microphone_is_switched() -> None:
    # Mistake: each opening that shifts it by the silence of the last talk, or by the time that a card takes to begin.
    mouth = Mouth()
    for opening in range(20):
        at = 10.0 * opening
        mouth.capture.switch(True, at)
        microphone = mouth.devices.microphones[-1]
        microphone.ready = False
        mouth.capture.step(at + 0.1)
        microphone.ready = True
        mouth.capture.step(at + 0.2)  # it is open; the first block comes later
        for block in range(50):
            microphone.blocks = [level(0.1)]
            mouth.sent.clear()
            mouth.capture.step(at + 0.5 + block / 100)
            [frame] = mouth.sent
            spoken = at + 0.5 - microphone.latency - 0.01 + block / 100  # its first sample
            if not opening and not block:
                first = spoken, decode(frame[7 + 24 :]).media_time
            media = decode(frame[7 + 24 :]).media_time
            assert media - first[1] == pytest.approx((spoken - first[0]) * 48_000, abs=2)
        mouth.capture.switch(False, at + 1.05)
