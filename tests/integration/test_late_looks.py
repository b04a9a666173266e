"""Real speech between two clients whose voice threads look at their cards a little late now and then, on a fake clock.

Cards move 10 ms at a time, or a multiple of that.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from client.commands import SetProcessing, Transmit
from client.voice.card_clock import FillTarget
from client.voice.counters import Counters
from client.voice.device import Block, silence
from client.voice.front_end import FrontEnds
from client.voice.pipeline import Pipeline
from common.crypto.sframe import FrameOpener, FrameSealer
from scripts.rig.analysis import quality
from scripts.rig.runs import speech
from scripts.rig.signals import RATE, Sound
from tests.fakes.pair import KEYS

PERIOD = 480
ROOM = 3 * PERIOD
LEAD = 3 * RATE


class _Card:
    name, missing, latency, ready, ended = "card", "", 0.0, True, False

    def due(self, _now: float) -> float:
        return 0.005

    def close(self) -> None:
        """Nothing to close."""


class Mouth(_Card):
    """Has a period of sound for each 10 ms that passed."""

    def __init__(self, sound: Sound) -> None:
        self._blocks = list(sound[: sound.size // PERIOD * PERIOD].astype(np.float32).reshape(-1, PERIOD))
        self._taken = 0

    def read(self, now: float) -> Block | None:
        if self._taken >= min(int(now * 100), len(self._blocks)):
            return None
        self._taken += 1
        return self._blocks[self._taken - 1]


class Ear(_Card):
    """Takes so many periods at a time, silence where there is none; as much is kept ready as a real one learns."""

    patient = False

    def __init__(self, piece: int = 1) -> None:
        self._piece = piece
        self.heard: list[Block] = []
        self._waiting: list[Block] = []
        self._target = FillTarget(0.01 * piece)

    def wanted(self, now: float) -> int:
        while len(self.heard) < int(now * 100) // self._piece * self._piece:
            self.heard.append(self._waiting.pop(0) if self._waiting else silence())
        fill = len(self._waiting) * PERIOD
        self._target.note(now, fill / RATE)
        self.patient = fill >= PERIOD
        room = ROOM * self._piece
        missing = min(round(self._target.seconds * RATE), room) - fill
        return max(0, min(-(-missing // PERIOD), (room - fill) // PERIOD))

    def write(self, block: Block) -> None:
        self._waiting.append(block)


@dataclass
class Ends:
    """The devices of one client."""

    mouth: Mouth
    ear: Ear = field(default_factory=Ear)

    def microphone(self, _now: float) -> Mouth:
        return self.mouth

    def speaker(self, _now: float) -> Ear:
        return self.ear

    def choose(self, _microphone: str | None, _speaker: str | None) -> tuple[bool, bool]:
        return False, False

    def list(self, answer: Callable[[tuple[str, ...], tuple[str, ...]], None]) -> None:
        answer((), ())

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class Talk:
    """Ann speaks, Bob listens; both look every 5 ms, and one look in thirty is some milliseconds late."""

    said: Sound
    front_ends: FrontEnds
    seed: int
    now: float = 0.0
    link: list[tuple[float, int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random, self.sent, self.latest = random.Random(self.seed), 0, 0.0
        self.ears = Ends(Mouth(np.zeros(0)))
        self.ann, self.bob = self._client(Ends(Mouth(self.said))), self._client(self.ears)
        self.ann.enter(b"VroomAA", FrameSealer(KEYS[b"AA"]))
        self.bob.enter(b"VroomBB", FrameSealer(KEYS[b"BB"]))
        self.bob.playback.add(b"AA", FrameOpener(KEYS[b"AA"]), confirmed=True)
        self.ann.capture.set_audience(True)

    def _client(self, ends: Ends) -> Pipeline:
        return Pipeline(
            ends, Counters(), media_start=5, send=self._send, report=lambda _: None, front_end=self.front_ends.make
        )

    def _send(self, frame: bytes) -> None:
        self.sent += 1
        self.latest = max(self.latest, self.now + 0.0006 + self.random.expovariate(3_000))
        heapq.heappush(self.link, (self.latest, self.sent, frame))

    def _later(self) -> float:
        late = self.random.expovariate(2_500)
        return 0.005 + late + (self.random.expovariate(330) if self.random.random() < 0.03 else 0.0)

    def heard(self) -> Sound:
        self.bob.switch_speaker(True, 0.0)
        self.ann.switch_microphone(True, 0.0)
        ann, bob, end = self.random.random() * 0.005, self.random.random() * 0.005, self.said.size / RATE
        while (moment := min(ann, bob)) < end:
            self.now = moment
            if ann <= bob:
                self.ann.step(moment)
                ann += self._later()
                continue
            while self.link and self.link[0][0] <= moment:
                arrived, _, frame = heapq.heappop(self.link)
                self.bob.playback.take(frame, arrived)
            self.bob.step(moment)
            bob += self._later()
        return np.concatenate(self.ears.ear.heard).astype(np.float64)


@pytest.mark.parametrize("piece", [2, 4])
def test_a_card_that_takes_long_pieces_makes_nothing_up(piece: int) -> None:
    # Would catch blocks that are asked for before their packets can be there: with 40 ms 15 % were made up.
    talk = Talk(np.concatenate([np.zeros(LEAD), speech(), np.zeros(RATE)]), FrontEnds(), seed=1)
    talk.ears.ear = Ear(piece)
    judged = quality(talk.said[LEAD:-RATE], talk.heard()[LEAD:])
    assert talk.bob.counters.concealed <= 6
    assert judged.stoi > 0.96


@pytest.mark.parametrize("on", [False, True])
def test_late_looks_are_not_heard(on: bool) -> None:
    # Would catch voice that is made up though the card could have waited, and a first word that is hurried through.
    front_ends = FrontEnds()
    front_ends.make(SetProcessing(), True, pytest.fail)
    assert front_ends.ready.wait(20)
    said = np.concatenate([np.zeros(LEAD), speech(), np.zeros(RATE)])
    made_up, alike = 0, []
    for seed in range(3):
        talk = Talk(said, front_ends, seed)
        if on:
            talk.ann.capture.set_transmit(Transmit.VOICE)
            talk.ann.capture.set_processing(SetProcessing())
        judged = quality(said[LEAD:-RATE], talk.heard()[LEAD:])
        alike.append(judged.stoi)
        made_up += talk.bob.counters.concealed
    assert made_up <= 3  # 8 and 5 where no card waits
    assert np.median(alike) > 0.96
