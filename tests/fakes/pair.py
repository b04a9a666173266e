"""A microphone's file to a speaker's file, through the real codec and the real seal, on a fake clock."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from client.events import MicrophoneLevel
from client.voice.counters import Counters
from client.voice.devices import ChosenDevices
from client.voice.front_end import MakeFrontEnd, plain
from client.voice.pipeline import Pipeline
from client.voice.reports import Report
from common.crypto.sframe import FrameOpener, FrameSealer

SPEECH = Path(__file__).parents[1] / "sounds" / "speech.wav"
KEYS = {b"AA": bytes(32), b"BB": bytes([1]) * 32}
Sound = npt.NDArray[np.float64]


@dataclass
class Pair:
    """Ann speaks a file, Bob records; between them a network that delays, and never reorders."""

    folder: Path
    delay: Callable[[float, random.Random], float]
    bob_key: bytes = KEYS[b"AA"]
    said: Path = SPEECH
    front_end: MakeFrontEnd = plain
    now: float = 1000.0
    reports: list[tuple[str, Report]] = field(default_factory=list)
    link: list[tuple[float, int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random, self.latest, self.sent = random.Random(4), 0.0, 0
        self.ann = self._client("ann", str(self.said), "none", 2**32 - 100_000)  # wraps after two seconds
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
            front_end=self.front_end,
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
