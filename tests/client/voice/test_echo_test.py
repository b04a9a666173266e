from __future__ import annotations

import numpy as np

from client.events import EchoStep, EchoTestChanged, MicrophoneLevel, Part, ProblemReported
from client.voice.device import DeviceUnfit
from client.voice.echo_test import EchoTest
from client.voice.front_end import PlainFrontEnd
from client.voice.reports import Report
from common.errors import DeviceError
from tests.client.voice.fakes import LOST, FakeDevices, FakeSpeaker, level


class Bench:
    def __init__(self) -> None:
        self.devices = FakeDevices()
        self.reports: list[Report] = []
        self.echo = EchoTest(self.devices, PlainFrontEnd, self.reports.append)

    def told(self) -> list[Report]:
        told, self.reports[:] = list(self.reports), []
        return told

    def listening(self) -> FakeSpeaker:
        """Three seconds have been spoken."""
        self.echo.start(1.0)
        self.devices.microphones[-1].blocks = [level(number / 1_000) for number in range(310)]
        self.echo.step(4.0)
        self.told()
        return self.devices.speakers[-1]


def test_three_seconds_are_recorded_and_played_back() -> None:
    bench = Bench()
    assert bench.echo.step(0.5) is None
    bench.echo.start(1.0)
    [microphone] = bench.devices.microphones
    microphone.ready = False
    assert bench.echo.step(1.0) is not None
    assert bench.told() == []
    microphone.ready = True
    microphone.blocks = [level(number / 1_000) for number in range(290)]
    bench.echo.step(3.9)
    told = bench.told()
    assert told[0] == EchoTestChanged(EchoStep.SPEAK)
    assert [type(report) for report in told[1:]] == [MicrophoneLevel] * 29
    microphone.blocks = [level(number / 1_000) for number in range(290, 310)]
    bench.echo.step(4.0)
    assert microphone.closed
    [speaker] = bench.devices.speakers
    bench.told()
    speaker.wants = 299
    bench.echo.step(4.1)
    assert bench.told() == [EchoTestChanged(EchoStep.LISTEN)]
    speaker.wants = 3
    bench.echo.step(7.0)
    assert [round(float(block[0]) * 1_000) for block in speaker.played] == [*range(300), 0, 0]
    assert bench.told() == []  # mistake: the end of it is cut off with what still lies in the card
    bench.echo.step(8.0)
    assert speaker.closed
    assert bench.told() == [EchoTestChanged(EchoStep.OVER)]
    assert bench.echo.step(8.1) is None


def test_a_short_file_is_played_back_to_its_end() -> None:
    bench = Bench()
    bench.echo.start(1.0)
    [microphone] = bench.devices.microphones
    microphone.blocks, microphone.ended = [level(0.5)] * 20, True
    bench.echo.step(1.2)
    [speaker] = bench.devices.speakers
    speaker.wants = 30
    bench.echo.step(1.3)
    assert np.count_nonzero([block[0] for block in speaker.played]) == 20


def test_no_microphone_and_a_broken_one() -> None:
    bench = Bench()
    bench.devices.missing = True
    bench.echo.start(1.0)
    assert bench.told() == [
        ProblemReported(Part.MICROPHONE, "microphone", "There is no microphone."),
        EchoTestChanged(EchoStep.OVER),
    ]
    bench.devices.missing = False
    bench.echo.start(2.0)
    bench.devices.microphones[-1].broken = LOST
    assert bench.echo.step(2.0) is None
    assert bench.told()[-1] == EchoTestChanged(EchoStep.OVER)
    assert bench.devices.microphones[-1].closed


def test_no_speaker_and_a_broken_one() -> None:
    bench = Bench()
    bench.listening().broken = DeviceError("Out of order.")
    bench.echo.step(4.1)
    assert bench.told() == [
        ProblemReported(Part.SPEAKER, "speaker", "Out of order."),
        EchoTestChanged(EchoStep.OVER),
    ]
    bench.echo.start(5.0)
    bench.devices.microphones[-1].blocks = [level(0.1)] * 300
    bench.devices.missing = True
    assert bench.echo.step(8.0) is None
    assert bench.told()[-1] == EchoTestChanged(EchoStep.OVER)


def test_a_speaker_that_holds_too_little_is_opened_anew() -> None:
    bench = Bench()
    speaker = bench.listening()
    speaker.wants = 100
    bench.echo.step(4.1)
    speaker.broken = DeviceUnfit()
    bench.echo.step(4.2)
    assert speaker.closed
    other = bench.devices.speakers[-1]
    assert other is not speaker
    other.wants = 200
    bench.echo.step(4.3)
    assert [round(float(block[0]) * 1_000) for block in other.played] == [*range(100, 300)]
    assert bench.told() == [EchoTestChanged(EchoStep.LISTEN)]


def test_it_makes_way() -> None:
    bench = Bench()
    speaker = bench.listening()
    bench.echo.stop()
    bench.echo.stop()
    assert speaker.closed
    assert bench.told() == [EchoTestChanged(EchoStep.OVER)]
