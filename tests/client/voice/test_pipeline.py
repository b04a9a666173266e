"""A microphone's file to a speaker's file, through the real codec and the real seal, on a fake clock."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
from pystoi import stoi

from client.events import MicrophoneChanged, MicrophoneEnded, MicrophoneLevel, SpeakerChanged
from client.voice.counters import Counters
from client.voice.devices import ChosenDevices
from client.voice.pipeline import Pipeline
from client.voice.reports import Report, TalkHeard
from common.crypto.sframe import FrameOpener, FrameSealer

SPEECH = Path(__file__).parents[2] / "sounds" / "speech.wav"
KEYS = {b"AA": bytes(32), b"BB": bytes([1]) * 32}
Sound = npt.NDArray[np.float64]


@dataclass
class Pair:
    """Ann speaks a file, Bob records; between them a network that delays, and never reorders."""

    folder: Path
    delay: Callable[[float, random.Random], float]
    bob_key: bytes = KEYS[b"AA"]
    now: float = 1000.0
    reports: list[tuple[str, Report]] = field(default_factory=list)
    link: list[tuple[float, int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random, self.latest, self.sent = random.Random(4), 0.0, 0
        self.ann = self._client("ann", str(SPEECH), "none", 2**32 - 100_000)  # wraps after two seconds
        self.bob = self._client("bob", "none", str(self.folder / "heard.wav"), 7)
        self.ann.enter(b"VroomAA", FrameSealer(KEYS[b"AA"]))
        self.bob.enter(b"VroomBB", FrameSealer(KEYS[b"BB"]))
        self.bob.playback.add(b"AA", FrameOpener(self.bob_key), confirmed=True)
        self.ann.capture.set_audience(True)

    def _client(self, name: str, microphone: str, speaker: str, start: int) -> Pipeline:
        counters = Counters()
        devices = ChosenDevices(microphone, speaker, lambda: None, lambda: self.now, counters)
        return Pipeline(
            devices,
            counters,
            media_start=start,
            send=self.send,
            report=lambda report: self.reports.append((name, report)),
        )

    def send(self, frame: bytes) -> None:
        arrives = max(self.latest, self.now + self.delay(self.now, self.random))
        self.latest, self.sent = arrives, self.sent + 1
        heapq.heappush(self.link, (arrives, self.sent, frame))

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            while self.link and self.link[0][0] <= self.now:
                arrived, _, frame = heapq.heappop(self.link)
                self.bob.playback.take(frame, arrived)
            self.ann.step(self.now)
            self.bob.step(self.now)
            self.now += 0.001

    def finish(self) -> Sound:
        self.ann.close()
        self.bob.close()
        sound: Sound = soundfile.read(self.folder / "heard.wav")[0]
        return sound

    def told(self, name: str) -> list[Report]:
        return [report for who, report in self.reports if who == name and not isinstance(report, MicrophoneLevel)]


def spoken() -> Sound:
    sound, rate = soundfile.read(SPEECH)
    resampled: Sound = soxr.resample(sound, rate, 48_000)
    return resampled


def delay_and_likeness(heard: Sound) -> tuple[float, float]:
    """Seconds from file to file, and STOI of what was heard."""
    said = spoken()
    size = 1 << (heard.size + said.size).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)
    lag = int(np.argmax(likeness[: heard.size]))
    part = heard[lag : lag + said.size]
    return lag / 48_000, float(stoi(said[: part.size], part, 48_000))


def gaps_within(heard: Sound, lag: float) -> list[int]:
    """Where there are 2 ms and more of digital silence although speech went on before and after: its samples."""
    said = spoken()
    part = heard[int(lag * 48_000) :][: said.size]
    ends = np.flatnonzero(np.diff(np.concatenate([[0], np.abs(part) < 1e-4, [0]])))
    gaps = []
    for start, end in ends.reshape(-1, 2):
        around = said[max(0, start - 960) : end + 960]  # 20 ms each way
        loudness = np.sqrt(np.mean(around[: around.size // 240 * 240].reshape(-1, 240) ** 2, axis=1))
        if end - start > 96 and loudness.min() > 0.01:
            gaps.append(int(start))
    return gaps


def test_gaps_are_found() -> None:
    sound = spoken()
    assert gaps_within(sound, 0.0) == []
    loudest = int(np.argmax(np.abs(sound)))
    sound[loudest : loudest + 480] = 0
    assert gaps_within(sound, 0.0) != []


def test_speech_arrives_whole_and_soon(tmp_path: Path) -> None:
    pair = Pair(tmp_path, lambda _now, rng: 0.001 + 0.002 * rng.random())
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(7)
    heard = pair.finish()
    lag, likeness = delay_and_likeness(heard)
    assert likeness >= 0.95
    assert lag < 0.045
    assert gaps_within(heard, lag) == []
    counters = pair.bob.counters
    assert counters.played == pair.ann.counters.voice_frames_sent == pair.sent
    assert counters.concealed == counters.late == counters.skipped == counters.refused == 0
    assert pair.told("ann") == [
        MicrophoneChanged(on=True, device="speech.wav"),
        MicrophoneEnded(),
        MicrophoneChanged(on=False),
    ]
    assert pair.told("bob") == [
        SpeakerChanged(on=True, device="heard.wav"),
        TalkHeard(b"AA", on=True),
        TalkHeard(b"AA", on=False),
        SpeakerChanged(on=False),
    ]
    assert pair.ann.capture.started == pytest.approx(1000.0, abs=0.002)
    assert pair.bob.playback.started == pytest.approx(1000.01, abs=0.002)


def test_jitter_of_thirty_milliseconds_costs_delay_and_no_word(tmp_path: Path) -> None:
    pair = Pair(tmp_path, lambda _now, rng: 0.02 + 0.03 * rng.random())
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(7)
    lag, likeness = delay_and_likeness(pair.finish())
    assert likeness >= 0.9
    assert lag < 0.11
    assert pair.bob.counters.played == pair.sent
    assert pair.bob.counters.concealed <= 6


def test_a_stall_is_heard_late_and_caught_up_with(tmp_path: Path) -> None:
    pair = Pair(
        tmp_path,
        lambda now, rng: 0.002 + 0.002 * rng.random() + max(0.0, 0.2 - max(0.0, now - 1002.0)) * (now > 1002.0),
    )
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(7)
    pair.finish()
    assert pair.bob.counters.played == pair.sent  # no word is lost
    assert pair.bob.counters.shortened > 0.1 * 48_000
    assert pair.bob.counters.concealed < 25


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
