"""Seals, codec and devices that only remember: for tests of what stands between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from client.commands import VoiceMode
from client.voice.device import Block, DeviceLost, silence
from client.voice.packet import BLOCK_SAMPLES, SLIM_SAMPLES
from common.errors import DeviceError, Malformed, Replayed, SealBroken

OPUS_10MS = bytes([30 << 3])
OPUS_40MS = bytes([10 << 3])


@dataclass
class FakeSeal:
    """Seals by writing the counter in front; opens by reading it, once for each counter."""

    counter: int = 0
    opened: set[int] = field(default_factory=set)

    def seal(self, plaintext: bytes) -> bytes:
        self.counter += 1
        return b"%08d" % (self.counter - 1) + bytes(16) + plaintext

    def open(self, sframe: bytes) -> FakeOpened:
        try:
            counter = int(sframe[:8])
        except ValueError:
            raise SealBroken("no") from None
        if counter in self.opened:
            raise Replayed("again")
        self.opened.add(counter)
        return FakeOpened(counter, sframe[24:])


@dataclass
class FakeOpened:
    ctr: int
    plaintext: bytes


@dataclass
class FakeCoder:
    """Each block becomes a packet that holds its first sample; slim, each four of them one with the first of each."""

    mode: VoiceMode = VoiceMode.LOW_DELAY
    resets: int = 0

    def encode(self, block: Block) -> bytes:
        slim = self.mode is VoiceMode.SLIM
        assert block.size == (SLIM_SAMPLES if slim else BLOCK_SAMPLES)
        return (OPUS_40MS if slim else OPUS_10MS) + block[::BLOCK_SAMPLES].astype(np.float32).tobytes()

    def reset(self) -> None:
        self.resets += 1


class FakeDecoder:
    """Gives back blocks of the sample that the packet holds; made-up sound is -0.25."""

    def decode(self, packet: bytes) -> Block:
        if len(packet) != (17 if packet[:1] == OPUS_40MS else 5):
            raise Malformed("no Opus")
        return np.repeat(np.frombuffer(packet[1:], np.float32), BLOCK_SAMPLES)

    def conceal(self, samples: int) -> Block:
        return np.full(samples, -0.25, np.float32)


class FakeMicrophone:
    latency = 0.007

    def __init__(self) -> None:
        self.name, self.missing = "fake microphone", ""
        self.ready = True
        self.ended = False
        self.closed = False
        self.broken: DeviceError | None = None
        self.blocks: list[Block] = []

    def read(self, _now: float) -> Block | None:
        if self.broken is not None:
            raise self.broken
        return self.blocks.pop(0) if self.ready and self.blocks else None

    def due(self, _now: float) -> float:
        return 0.005

    def close(self) -> None:
        self.closed = True


class FakeSpeaker:
    latency = 0.012
    patient = False

    def __init__(self) -> None:
        self.name, self.missing = "fake speaker", ""
        self.ready = True
        self.closed = False
        self.broken: DeviceError | None = None
        self.wants = 0
        self.played: list[Block] = []

    def wanted(self, _now: float) -> int:
        if self.broken is not None:
            raise self.broken
        return self.wants if self.ready else 0

    def write(self, block: Block) -> None:
        self.played.append(block)
        self.wants -= 1

    def due(self, _now: float) -> float:
        return 0.004

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeDevices:
    microphones: list[FakeMicrophone] = field(default_factory=list)
    speakers: list[FakeSpeaker] = field(default_factory=list)
    missing: bool = False
    closed: bool = False
    chosen: tuple[str, str] = ("default", "default")

    def microphone(self, _now: float) -> FakeMicrophone:
        if self.missing:
            raise DeviceError("There is no microphone.")
        self.microphones.append(FakeMicrophone())
        return self.microphones[-1]

    def speaker(self, _now: float) -> FakeSpeaker:
        if self.missing:
            raise DeviceError("There is no speaker.")
        self.speakers.append(FakeSpeaker())
        return self.speakers[-1]

    def choose(self, microphone: str | None, speaker: str | None) -> tuple[bool, bool]:
        before, self.chosen = self.chosen, (microphone or self.chosen[0], speaker or self.chosen[1])
        return self.chosen[0] != before[0], self.chosen[1] != before[1]

    def list(self, answer: Callable[[tuple[str, ...], tuple[str, ...]], None]) -> None:
        answer(("Headset",), ("Headset", "Screen"))

    def close(self) -> None:
        self.closed = True


def level(value: float) -> Block:
    return silence() + np.float32(value)


LOST = DeviceLost("It stopped working.")


def tone(level: float, number: int = 0) -> Block:
    """10 ms of 1 kHz, the `number`-th of a row."""
    return (level * np.sin(2 * np.pi * 1000 * (np.arange(480) + number * 480) / 48_000)).astype(np.float32)


class FakeModule:
    """A processing module that halves, and notes what it is given."""

    made: list[dict[str, bool]]
    played: list[bytes]
    processed: list[bool]  # whether by the one that cleans

    def __init__(self, **wanted: bool) -> None:
        FakeModule.made.append(wanted)
        self._cleans = wanted.get("noise_suppression", False)

    def set_stream_delay_ms(self, delay: int) -> None:
        assert delay == 0

    def process_stream(self, frame: Any) -> None:
        FakeModule.processed.append(self._cleans)
        np.frombuffer(frame.data, np.int16)[:] //= 2

    def process_reverse_stream(self, frame: Any) -> None:
        FakeModule.played.append(bytes(frame.data))


def fake_frame(data: bytearray, rate: int, channels: int, samples: int) -> SimpleNamespace:
    assert (rate, channels, samples, len(data)) == (48_000, 1, 480, 960)
    return SimpleNamespace(data=memoryview(data))
