"""A client's voice with nothing around it: so many talkers are heard, and the own microphone is on.

The real pipeline, codec, seal and front end, on a fake clock and as fast as it goes; no sound card and no network.
"""

from __future__ import annotations

import cProfile
import io
import pstats
import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import soundfile
import soxr

from client.commands import SetProcessing, Transmit
from client.voice import codec, front_end, jitter, loudness, playback, stretch
from client.voice.counters import Counters
from client.voice.device import Block, Microphone, Speaker
from client.voice.front_end import FrontEnds
from client.voice.packet import BLOCK_SAMPLES
from client.voice.pipeline import Pipeline
from client.voice.sender import Sender
from common.crypto import sframe
from common.crypto.sframe import FrameOpener, FrameSealer
from common.limits import SAMPLE_RATE
from scripts.bench.shares import Shares
from scripts.setup.environment import ROOT

SPEECH: Final = ROOT / "tests/sounds/speech.wav"
BLOCKS_PER_SECOND: Final = SAMPLE_RATE // BLOCK_SAMPLES
ALL: Final = SetProcessing(echo=True, noise=True, high_pass=True, gain=True)
_ROOM: Final = b"VroomAA"
_LATER: Final = 0.003  # seconds that frames are under way
_LOAD_SECONDS: Final = 30.0
_LINES: Final = 25  # of a profile

PARTS: Final[dict[str, list[tuple[object, str]]]] = {
    "everything else": [(Pipeline, "step"), (playback.Playback, "take")],
    "front end: microphone": [(front_end._LateFrontEnd, "process")],  # noqa: SLF001 - the one that is made
    "front end: what is played": [(front_end._LateFrontEnd, "hear")],  # noqa: SLF001
    "level meter": [(loudness.LevelMeter, "measure")],
    "encode": [(codec.Encoder, "encode")],
    "seal": [(sframe.FrameSealer, "seal")],
    "open": [(sframe.FrameOpener, "open")],
    "jitter buffer": [(jitter.JitterBuffer, "put"), (jitter.JitterBuffer, "next")],
    "decode, conceal": [(codec.Decoder, "decode"), (codec.Decoder, "conceal")],
    "stretch": [(stretch, "shorten"), (stretch, "lengthen"), (stretch, "quiet")],
    "mix": [(playback, "mix")],
}


class _Ready:
    """What both devices tell of themselves."""

    name, missing, latency, ready, ended, patient = "bench", "", 0.0, True, False, False

    def due(self, now: float) -> float:  # noqa: ARG002 - the interface of every device
        return 1.0 / BLOCKS_PER_SECOND

    def close(self) -> None:
        """There is nothing to close."""


class _Mouth(_Ready):
    """Speaks without end, a block for each new `now`."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self._looked_at = 0.0

    def read(self, now: float) -> Block | None:
        if now == self._looked_at:
            return None
        self._looked_at = now
        return next(self._blocks)


class _Ear(_Ready):
    """Wants a block for each new `now`."""

    def __init__(self) -> None:
        self._looked_at = 0.0

    def wanted(self, now: float) -> int:
        new, self._looked_at = now != self._looked_at, now
        return int(new)

    def write(self, block: Block) -> None:
        """It was heard."""


class _BothEnds:
    """The devices of the bench."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks

    def microphone(self, now: float) -> Microphone:  # noqa: ARG002 - the interface of all devices
        return _Mouth(self._blocks)

    def speaker(self, now: float) -> Speaker:  # noqa: ARG002
        return _Ear()

    def choose(self, microphone: str | None, speaker: str | None) -> tuple[bool, bool]:  # noqa: ARG002
        return False, False

    def list(self, answer: Callable[[tuple[str, ...], tuple[str, ...]], None]) -> None:
        answer((), ())

    def close(self) -> None:
        """There is nothing to close."""


def speech() -> Iterator[Block]:
    """The repository's speech, again and again."""
    sound, rate = soundfile.read(SPEECH, dtype="float32")
    whole = soxr.resample(sound, rate, SAMPLE_RATE)
    blocks = whole[: whole.size // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
    while True:
        yield from blocks


def microseconds(talkers: int, seconds: float) -> dict[str, float]:
    """What each part takes for 10 ms of talk."""
    pipeline, ticks = _prepared(talkers, seconds)
    shares = Shares(time.perf_counter_ns)
    with shares.watching(PARTS):
        _run(pipeline, ticks)
    return {name: shares.spent.get(name, 0) / len(ticks) / 1_000 for name in PARTS}


def microseconds_in_time(talkers: int, seconds: float) -> float:
    """What all parts together take of a core for 10 ms of talk, where each 10 ms waits for its time.

    Meanwhile a processor's caches fill with what others do. Takes as long as the talk.
    """
    pipeline, ticks = _prepared(talkers, seconds)
    begun, spent = time.monotonic(), 0
    for number, tick in enumerate(_ticks(ticks)):
        time.sleep(max(0.0, begun + number / BLOCKS_PER_SECOND - time.monotonic()))
        before = time.thread_time_ns()
        _move(pipeline, *tick)
        spent += time.thread_time_ns() - before
    return spent / len(ticks) / 1_000


def profile(talkers: int, seconds: float) -> str:
    """Where Python spends its time: the functions that take most of their own."""
    pipeline, ticks = _prepared(talkers, seconds)
    told = io.StringIO()
    with cProfile.Profile() as watcher:
        _run(pipeline, ticks)
    pstats.Stats(watcher, stream=told).strip_dirs().sort_stats("tottime").print_stats(_LINES)
    return told.getvalue()


def _prepared(talkers: int, seconds: float) -> tuple[Pipeline, list[list[bytes]]]:
    """A client that hears so many, and the frames of each 10 ms."""
    front_ends = FrontEnds()
    pipeline = Pipeline(
        _BothEnds(speech()),
        Counters(),
        media_start=0,
        send=lambda _: None,
        report=lambda _: None,
        front_end=front_ends.make,
    )
    pipeline.enter(_ROOM, FrameSealer(bytes(32)))
    pipeline.capture.set_audience(True)
    pipeline.capture.set_transmit(Transmit.ALWAYS)  # as one who never pauses
    pipeline.capture.set_processing(ALL)
    pipeline.switch_speaker(on=True, now=0.0)
    pipeline.switch_microphone(on=True, now=0.0)
    front_ends.ready.wait(_LOAD_SECONDS)
    streams = []
    for number in range(talkers):
        member, key = bytes([66, number]), bytes([number + 1]) * 32
        pipeline.playback.add(member, FrameOpener(key), confirmed=True)
        streams.append(_talk(_ROOM[:5] + member, key, round(seconds * BLOCKS_PER_SECOND), number * 37))
    return pipeline, [list(frames) for frames in zip(*streams, strict=True)]


def _talk(topic: bytes, key: bytes, count: int, skipped: int) -> list[bytes]:
    """The frames of somebody who talks without a pause; they begin at another place of the speech for each."""
    sender, blocks = Sender(codec.Encoder, 0), speech()
    sender.enter(topic, FrameSealer(key))
    sender.set_audience(True)
    sender.begin(0.0)
    for _ in range(skipped):
        next(blocks)
    return [frame for _ in range(count) for frame in sender.send(next(blocks))]


def _run(pipeline: Pipeline, ticks: list[list[bytes]]) -> None:
    for tick in _ticks(ticks):
        _move(pipeline, *tick)


def _ticks(ticks: list[list[bytes]]) -> Iterator[tuple[float, list[tuple[bytes, float]]]]:
    """The times, and what has come since the one before: frames with their arrivals."""
    chance = np.random.default_rng(1)
    for number, frames in enumerate(ticks):
        now = 1.0 + number / BLOCKS_PER_SECOND
        late = chance.uniform(0.0, _LATER, len(frames))
        yield now, [(frame, now - _LATER + float(one)) for frame, one in zip(frames, late, strict=True)]


def _move(pipeline: Pipeline, now: float, frames: list[tuple[bytes, float]]) -> None:
    for frame, arrived in frames:
        pipeline.playback.take(frame, arrived)
    pipeline.step(now)
