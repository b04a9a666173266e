from __future__ import annotations

from dataclasses import dataclass, field

from client.events import MicrophoneChanged, MicrophoneEnded, MicrophoneLevel, Part, ProblemReported
from client.voice.capture import Capture
from client.voice.counters import Counters
from client.voice.front_end import PlainFrontEnd
from client.voice.reopening import WAITS
from client.voice.reports import Report
from client.voice.sender import Sender
from common.errors import DeviceError
from tests.client.voice.fakes import LOST, FakeCoder, FakeDevices, FakeSeal, level


@dataclass
class Mouth:
    devices: FakeDevices = field(default_factory=FakeDevices)
    counters: Counters = field(default_factory=Counters)
    sent: list[bytes] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.capture = Capture(
            self.devices, Sender(FakeCoder, 0), PlainFrontEnd, self.sent.append, self.reports.append, self.counters
        )
        self.capture.enter(b"VroomME", FakeSeal())
        self.capture.set_audience(True)

    def told(self) -> list[Report]:
        told, self.reports[:] = list(self.reports), []
        return told


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
    assert now < 40
    # Mistake: a problem told at every try.
    assert mouth.told() == [
        ProblemReported(Part.MICROPHONE, "microphone", "It stopped working."),
        ProblemReported(Part.MICROPHONE, "microphone", "There is no microphone."),
        MicrophoneChanged(on=False),
    ]


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
    capture = Capture(devices, Sender(FakeCoder, 0), Listening, lambda _: None, lambda _: None, Counters())
    capture.hear(level(0.1))
    capture.switch(True, 1.0)
    capture.hear(level(0.2))
    assert len(heard) == 1
