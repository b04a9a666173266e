"""A microphone's file to a speaker's file, through the real codec and the real seal, on a fake clock.

How the speech sounds after it is measured in tests/integration/test_voice_speech.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from client.events import DevicesListed, EchoStep, EchoTestChanged, ProblemReported
from client.voice.counters import Counters
from client.voice.pipeline import Pipeline
from client.voice.reports import Report, TalkHeard
from common.crypto.sframe import FrameOpener, FrameSealer
from tests.client.voice.fakes import FakeDevices
from tests.fakes.pair import KEYS, Pair


def test_the_wrong_key_hears_nothing(tmp_path: Path) -> None:
    pair = Pair(tmp_path, lambda _now, _rng: 0.002, bob_key=KEYS[b"BB"])
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(2)
    assert not pair.finish().any()
    assert pair.bob.counters.refused > 190
    assert not any(isinstance(report, TalkHeard) for report in pair.told("bob"))


def test_toggles_and_a_lost_room_in_the_midst_of_a_talk(tmp_path: Path) -> None:
    pair = Pair(tmp_path, lambda _now, _rng: 0.002)
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(1)
    pair.ann.leave()
    pair.run(0.5)
    before = pair.sent
    pair.run(0.5)
    assert pair.sent == before
    pair.ann.enter(b"VroomAA", FrameSealer(KEYS[b"AA"]))  # another session of hers
    pair.bob.playback.add(b"AA", FrameOpener(KEYS[b"AA"]), confirmed=True)
    pair.bob.playback.switch(False, pair.now)
    pair.run(0.5)
    pair.bob.playback.switch(True, pair.now)
    pair.run(1)
    pair.bob.leave()
    pair.run(0.2)
    heard = pair.finish()
    assert heard.size / 48_000 == pytest.approx(3.7, abs=0.03)
    second = [heard[start * 24_000 : (start + 1) * 24_000] for start in range(7)]
    silent = [not part[2_400:].any() for part in second]
    assert silent == [False, False, False, True, True, False, False]


class Bench:
    """A pipeline over devices that only remember."""

    def __init__(self) -> None:
        self.devices = FakeDevices()
        self.reports: list[Report] = []
        self.pipeline = Pipeline(
            self.devices, Counters(), media_start=0, send=lambda _: None, report=self.reports.append
        )


def test_a_choice_renews_the_side_that_is_another_one() -> None:
    bench = Bench()
    bench.pipeline.switch_microphone(True, 1.0)
    bench.pipeline.switch_speaker(True, 1.0)
    bench.pipeline.choose("Headset", "default", 2.0)
    assert (len(bench.devices.microphones), len(bench.devices.speakers)) == (2, 1)
    bench.pipeline.choose("Headset", "Headset", 3.0)
    assert (len(bench.devices.microphones), len(bench.devices.speakers)) == (2, 2)


def test_the_devices_are_listed() -> None:
    bench = Bench()
    bench.pipeline.list_devices()
    assert bench.reports == [DevicesListed(("Headset",), ("Headset", "Screen"))]


def test_an_echo_test_in_no_room_makes_way_for_a_talk() -> None:
    bench = Bench()
    bench.pipeline.test_echo(1.0)
    assert bench.pipeline.step(1.0) is not None
    assert bench.reports == [EchoTestChanged(EchoStep.SPEAK)]
    bench.pipeline.switch_speaker(True, 1.1)
    assert bench.reports[-1] == EchoTestChanged(EchoStep.OVER)
    bench.pipeline.test_echo(1.2)
    [problem] = [report for report in bench.reports if isinstance(report, ProblemReported)]
    assert problem.code == "echo_test"
    bench.pipeline.close()
    assert bench.devices.closed
