"""The thread and its queues. Waits for reports with a generous time-out; no clock is compared."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from client.events import MicrophoneChanged, MicrophoneEnded, Part, ProblemReported, SpeakerChanged
from client.voice.device import Devices
from client.voice.engine import FRAME_AGE_SECONDS, FRAMES_WAITING, VoiceEngine
from client.voice.packet import decode
from client.voice.playback import Playback
from client.voice.reports import Report, TalkHeard
from common.crypto.sframe import FrameOpener, FrameSealer
from tests.client.voice.fakes import FakeDevices, FakeSpeaker

SPEECH = Path(__file__).parents[1] / "sounds" / "speech.wav"
KEY = bytes(32)
PATIENCE = 20.0


class Client:
    """An engine with its reports in a queue and its frames going to another one."""

    def __init__(self, microphone: str = "none", speaker: str = "none", devices: Devices | None = None) -> None:
        self.reports: queue.Queue[Report] = queue.Queue()
        self.listener: VoiceEngine | None = None
        self.sent: list[bytes] = []
        self.engine = VoiceEngine(
            microphone=microphone, speaker=speaker, send=self.send, report=self.reports.put, devices=devices
        )

    def send(self, frame: bytes) -> None:
        self.sent.append(frame)
        if self.listener is not None:
            self.listener.receive(frame, time.monotonic())

    def wait_for(self, wanted: Report) -> None:
        while self.reports.get(timeout=PATIENCE) != wanted:
            pass


@contextmanager
def running(*clients: Client) -> Iterator[None]:
    for client in clients:
        client.engine.start()
    try:
        yield
    finally:
        for client in clients:
            client.engine.close()


def test_one_engine_speaks_to_another(tmp_path: Path) -> None:
    ann, bob = Client(microphone=str(SPEECH)), Client(speaker=str(tmp_path / "heard.wav"))
    ann.listener = bob.engine
    with running(ann, bob):
        ann.engine.enter(b"VroomAA", FrameSealer(KEY))
        bob.engine.enter(b"VroomBB", FrameSealer(KEY))
        bob.engine.add_speaker(b"AA", FrameOpener(KEY), False)
        bob.engine.confirm_speaker(b"AA")
        bob.engine.set_speaker(True)
        bob.wait_for(SpeakerChanged(on=True, device="heard.wav"))
        ann.engine.set_audience(True)
        ann.engine.set_microphone(True)
        ann.wait_for(MicrophoneChanged(on=True, device="speech.wav"))
        bob.wait_for(TalkHeard(b"AA", on=True))
        ann.engine.set_microphone(False)
        ann.wait_for(MicrophoneChanged(on=False))
        bob.wait_for(TalkHeard(b"AA", on=False))
        bob.engine.remove_speaker(b"AA")
        bob.engine.set_speaker(False)
        bob.wait_for(SpeakerChanged(on=False))
        ann.engine.leave()
    stats = bob.engine.stats()
    assert stats["voice_frames_received"] == ann.engine.stats()["voice_frames_sent"] == len(ann.sent)
    assert stats["voice_bytes_received"] == sum(map(len, ann.sent))
    assert stats["refused"] == stats["replayed"] == 0
    assert {"late", "concealed", "dropped", "underflows", "jitter_ms", "buffer_ms"} <= stats.keys()
    assert stats["speaker_started"] > 0
    assert ann.engine.stats()["microphone_started"] > 0


def test_a_file_that_is_no_wav_is_a_problem_and_not_an_end(tmp_path: Path) -> None:
    path = tmp_path / "letter.wav"
    path.write_text("Dear all")
    ann = Client(microphone=str(path))
    with running(ann):
        ann.engine.set_microphone(True)
        problem = ann.reports.get(timeout=PATIENCE)
        assert isinstance(problem, ProblemReported)
        assert (problem.part, problem.code) == (Part.MICROPHONE, "microphone")
        ann.wait_for(MicrophoneChanged(on=False))
        ann.engine.set_speaker(True)
        ann.wait_for(SpeakerChanged(on=True, device="none"))


def test_lanes_up_are_told_to_listeners_and_lanes_down_to_what_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    # Mistake: the two exchanged, or dropped on their way through the queue.
    down: list[int] = []
    monkeypatch.setattr(Playback, "set_lanes", lambda _self, count, _now: down.append(count))
    ann, bob = Client(microphone=str(SPEECH)), Client()
    ann.listener = bob.engine
    with running(ann, bob):
        ann.engine.enter(b"VroomAA", FrameSealer(KEY))
        ann.engine.set_audience(True)
        ann.engine.set_lanes(3, 2)
        bob.engine.enter(b"VroomBB", FrameSealer(KEY))
        bob.engine.add_speaker(b"AA", FrameOpener(KEY), True)
        ann.engine.set_microphone(True)
        bob.wait_for(TalkHeard(b"AA", on=True))
        ann.engine.set_microphone(False)
        ann.wait_for(MicrophoneChanged(on=False))
    opener = FrameOpener(KEY)
    packets = [decode(opener.open(frame[len(b"VroomAA") :]).plaintext) for frame in ann.sent]
    assert {packet.lanes for packet in packets} == {3}
    assert down == [2]


def test_what_was_asked_before_the_start_is_done_after_it() -> None:
    ann = Client()
    ann.engine.set_speaker(True)
    with running(ann):
        ann.wait_for(SpeakerChanged(on=True, device="none"))


def test_a_short_file_ends_by_itself(tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "short.wav", np.zeros(1600), 16_000)
    ann = Client(microphone=str(tmp_path / "short.wav"))
    with running(ann):
        ann.engine.set_microphone(True)
        ann.wait_for(MicrophoneEnded())
        ann.wait_for(MicrophoneChanged(on=False))


def test_frames_are_bounded_and_the_old_ones_are_dropped() -> None:
    # Mistake: an endless queue while the thread is stuck, and old voice when it is free again.
    ann = Client()
    ann.engine.receive(b"older", time.monotonic() - FRAME_AGE_SECONDS - 60)
    for _ in range(FRAMES_WAITING):
        ann.engine.receive(b"V", time.monotonic() + 3600)
    assert ann.engine.stats()["dropped"] == 1
    ann.engine.receive(b"old", time.monotonic() - FRAME_AGE_SECONDS - 60)
    with running(ann):
        ann.engine.set_speaker(True)
        ann.wait_for(SpeakerChanged(on=True, device="none"))
    stats = ann.engine.stats()
    assert stats["dropped"] == 3
    assert stats["refused"] == FRAMES_WAITING - 1
    assert stats["voice_frames_received"] == FRAMES_WAITING + 2


def test_the_card_gets_its_turn_however_many_frames_wait() -> None:
    # Mistake: a flood, or all that came while the program stood still, is opened first, and the card starves.
    taken: list[float] = []
    done = threading.Event()

    class Watching(FakeSpeaker):
        def wanted(self, now: float) -> int:
            taken.append(ann.engine.stats()["refused"])
            if taken[-1] == FRAMES_WAITING:
                done.set()
            return super().wanted(now)

    class Devices(FakeDevices):
        def speaker(self, _now: float) -> FakeSpeaker:
            return Watching()

    ann = Client(devices=Devices())
    for _ in range(FRAMES_WAITING):
        ann.engine.receive(b"V", time.monotonic() + 3600)
    ann.engine.set_speaker(True)
    with running(ann):
        assert done.wait(PATIENCE)
    assert max(later - earlier for earlier, later in itertools.pairwise([0.0, *taken])) <= 50


def test_a_fault_of_our_own_is_told_and_ends_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty:
        closed = threading.Event()

        def microphone(self, _now: float) -> None:
            raise ZeroDivisionError

        speaker = microphone

        def close(self) -> None:
            self.closed.set()

    devices = Faulty()
    ann = Client(devices=devices)  # type: ignore[arg-type]
    with running(ann):
        ann.engine.set_microphone(True)
        problem = ann.reports.get(timeout=PATIENCE)
        assert isinstance(problem, ProblemReported)
        assert problem.part is Part.GENERAL
        assert devices.closed.wait(PATIENCE)
    assert "voice thread failed" in caplog.text


def test_closing_twice_or_before_the_start_is_harmless() -> None:
    ann = Client()
    ann.engine.close()
    bob = Client()
    with running(bob):
        bob.engine.close()


def test_measures_are_renewed_as_time_goes_on() -> None:
    played = threading.Event()

    class Played(FakeSpeaker):
        def wanted(self, _now: float) -> int:
            return 1

        def write(self, _block: object) -> None:
            played.set()

    class Devices(FakeDevices):
        def speaker(self, _now: float) -> FakeSpeaker:
            return Played()

    ticks = itertools.count(1)
    engine = VoiceEngine(
        microphone="",
        speaker="",
        send=lambda _: None,
        report=lambda _: None,
        clock=lambda: float(next(ticks)),
        devices=Devices(),
    )
    engine.set_speaker(True)
    engine.start()
    assert played.wait(PATIENCE)
    engine.close()
    assert engine.stats()["speaker_started"] >= 1
