"""The audio device over a PyAudio made up here: how it keeps clear of the edges of the real one."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from client.voice import audio_device
from client.voice.audio_device import AudioMicrophone, AudioSpeaker
from client.voice.counters import Counters
from client.voice.device import DeviceLost
from common.errors import DeviceError
from tests.client.voice.fakes import level

PATIENCE = 20.0
CONTINUE, OVERFLOW = 0, 2


class FakeStream:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.active = True
        self.closed = False
        self.looked_at = threading.Semaphore(0)
        self.callback: Callable[..., tuple[bytes | None, int]] = settings["stream_callback"]

    def is_active(self) -> bool:
        self.looked_at.release()
        return self.active

    def close(self) -> None:
        self.closed = True


class FakeLibrary:
    """What `import pyaudio` gives; keeps what was done with it."""

    def __init__(self) -> None:
        self.devices: list[dict[str, Any]] = [
            {"index": 0, "name": "USB pulse box", "maxInputChannels": 2, "maxOutputChannels": 0},
            {"index": 1, "name": "pulse", "maxInputChannels": 32, "maxOutputChannels": 32},
            {"index": 2, "name": "Screen", "maxInputChannels": 0, "maxOutputChannels": 2},
        ]
        for device in self.devices:
            device["defaultSampleRate"] = 44_100.0
        self.default: int | None = 1
        self.rates = {48_000}
        self.streams: list[FakeStream] = []
        self.open_error: Exception | None = None
        self.instances = self.terminated = 0

    def PyAudio(self) -> FakeLibrary:  # noqa: N802 - as the library calls it
        self.instances += 1
        return self

    def get_default_input_device_info(self) -> dict[str, Any]:
        if self.default is None:
            raise OSError("No Default Input Device Available")
        return self.devices[self.default]

    get_default_output_device_info = get_default_input_device_info

    def get_device_count(self) -> int:
        return len(self.devices)

    def get_device_info_by_index(self, index: int) -> dict[str, Any]:
        return self.devices[index]

    def is_format_supported(self, rate: float, **_: int) -> bool:
        if rate not in self.rates:
            raise ValueError("Invalid sample rate", -9997)
        return True

    def open(self, **settings: Any) -> FakeStream:
        if self.open_error is not None:
            raise self.open_error
        self.streams.append(FakeStream(settings))
        return self.streams[-1]

    def terminate(self) -> None:
        self.terminated += 1


class Bench:
    """A made-up library, a clock that stands still, and what the devices woke."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.library = FakeLibrary()
        module = ModuleType("pyaudio")
        vars(module).update(PyAudio=self.library.PyAudio, paInt16=8, paContinue=CONTINUE, paInputOverflow=OVERFLOW)
        monkeypatch.setitem(sys.modules, "pyaudio", module)
        monkeypatch.setattr(audio_device, "WATCH_SECONDS", 0.01)
        self.now = 100.0
        self.awake = threading.Event()
        self.counters = Counters()
        self.opened: list[AudioMicrophone | AudioSpeaker] = []

    def microphone(self, choice: str = "") -> AudioMicrophone:
        microphone = AudioMicrophone(choice, self.awake.set, lambda: self.now, self.counters)
        self._settle(microphone)
        return microphone

    def speaker(self, choice: str = "") -> AudioSpeaker:
        speaker = AudioSpeaker(choice, self.awake.set, lambda: self.now, self.counters)
        self._settle(speaker)
        return speaker

    def _settle(self, stream: AudioMicrophone | AudioSpeaker) -> None:
        self.opened.append(stream)
        assert self.awake.wait(PATIENCE)
        self.awake.clear()

    def close(self) -> None:
        for stream in self.opened:
            stream.close()
            stream.join()
            assert not stream.alive
        assert self.library.terminated == self.library.instances
        assert all(stream.closed for stream in self.library.streams)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    interval = sys.getswitchinterval()
    bench = Bench(monkeypatch)
    yield bench
    bench.close()
    sys.setswitchinterval(interval)


def until_raised(ask: Callable[[float], object], now: float) -> DeviceError:
    """The error that a device raises once its own thread has noticed."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            ask(now)
        except DeviceError as error:
            return error
        time.sleep(0.001)
    raise TimeoutError


def test_the_default_microphone_gives_blocks_of_what_the_card_took(bench: Bench) -> None:
    microphone = bench.microphone()
    assert (microphone.name, microphone.ready, microphone.ended) == ("pulse", True, False)
    [stream] = bench.library.streams
    assert stream.settings["frames_per_buffer"] == 240
    assert (stream.settings["input"], stream.settings["input_device_index"]) == (True, 1)
    half = (np.full(240, 16_384, "<i2")).tobytes()
    assert stream.callback(half, 240, {}, 0) == (None, CONTINUE)
    assert bench.awake.is_set()
    assert microphone.read(100.0) is None
    stream.callback(half, 240, {}, 0)
    block = microphone.read(100.0)
    assert block is not None
    assert np.all(block == 0.5)
    assert microphone.read(100.0) is None
    assert microphone.due(100.0) > 0


def test_the_speaker_is_asked_for_what_its_ring_lacks(bench: Bench) -> None:
    speaker = bench.speaker()
    [stream] = bench.library.streams
    assert (stream.settings["output"], stream.settings["output_device_index"]) == (True, 1)
    assert speaker.wanted(100.0) == 0  # it starts with a full ring of silence
    assert stream.callback(None, 240, {}, 0) == (bytes(480), CONTINUE)
    assert bench.awake.is_set()
    assert speaker.wanted(100.0) == 1
    speaker.write(level(0.5))
    for _ in range(3):
        stream.callback(None, 240, {}, 0)
    sound, _ = stream.callback(None, 240, {}, 0)
    assert set(np.frombuffer(sound or b"", "<i2")) == {16_383}
    assert bench.counters.underflows == 0
    assert speaker.due(100.0) > 0


def test_an_empty_ring_is_a_gap_of_the_exact_length_and_more_is_held_from_then_on(bench: Bench) -> None:
    # Mistake: one sample too few ends a real stream in silence.
    speaker = bench.speaker()
    [stream] = bench.library.streams
    sounds = [stream.callback(None, 300, {}, 0)[0] for _ in range(5)]
    assert [len(sound or b"") for sound in sounds] == [600] * 5
    assert bench.counters.underflows == 2
    assert speaker.wanted(100.0) == 3  # 30 ms


def test_faults_in_callbacks_stay_there(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    # Mistake: an exception in a callback kills the stream and appears in another thread.
    microphone, speaker = bench.microphone(), bench.speaker()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(microphone._ring, "write", fail)
    monkeypatch.setattr(speaker._ring, "take", fail)
    assert bench.library.streams[0].callback(b"12", 1, {}, 0) == (None, CONTINUE)
    assert bench.library.streams[1].callback(None, 100, {}, 0) == (bytes(200), CONTINUE)


def test_overflows_are_counted(bench: Bench) -> None:
    bench.microphone()
    [stream] = bench.library.streams
    stream.callback(bytes(480), 240, {}, OVERFLOW)
    stream.callback(bytes(2 * 48_001), 48_001, {}, 0)
    assert bench.counters.overflows == 2


@pytest.mark.parametrize(("choice", "index"), [("pulse", 1), ("usb", 0), ("BOX", 0)])
def test_devices_are_chosen_by_part_of_their_name(bench: Bench, choice: str, index: int) -> None:
    bench.microphone(choice)
    assert bench.library.streams[0].settings["input_device_index"] == index


def test_a_name_that_fits_nothing_says_what_there_is(bench: Bench) -> None:
    # "Screen" has no microphone: asking a real card for one would crash the process.
    microphone = bench.microphone("Screen")
    assert not microphone.ready
    with pytest.raises(DeviceError, match="there are USB pulse box, pulse"):
        microphone.read(100.0)
    assert bench.library.streams == []


def test_no_device_at_all(bench: Bench) -> None:
    bench.library.default = None
    with pytest.raises(DeviceError, match="There is no speaker here"):
        bench.speaker().wanted(100.0)
    bench.library.devices = []
    with pytest.raises(DeviceError, match="there are none"):
        bench.microphone("x").read(100.0)


def test_a_card_of_another_rate_is_converted(bench: Bench) -> None:
    bench.library.rates = {44_100}
    microphone, speaker = bench.microphone(), bench.speaker()
    taking, giving = bench.library.streams
    assert taking.settings["rate"] == giving.settings["rate"] == 44_100
    taking.callback((np.full(44_100, 8_192, "<i2")).tobytes(), 44_100, {}, 0)
    blocks = []
    while (block := microphone.read(100.0)) is not None:
        blocks.append(block)
    assert 90 <= len(blocks) <= 100
    assert float(blocks[50][0]) == pytest.approx(0.25, abs=0.01)
    before = speaker._ring.level
    for _ in range(20):
        speaker.write(level(0.25))
    assert speaker._ring.level - before == pytest.approx(20 * 441, abs=900)


def test_a_card_that_takes_no_rate_we_know(bench: Bench) -> None:
    bench.library.rates = set()
    with pytest.raises(DeviceError, match="does not take"):
        bench.speaker().wanted(100.0)


def test_a_card_that_does_not_open(bench: Bench) -> None:
    bench.library.open_error = OSError(-9985, "Device unavailable")
    with pytest.raises(DeviceError, match=r"speaker could not be opened.*Device unavailable"):
        bench.speaker().wanted(100.0)


def test_without_pyaudio_the_line_that_mends_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    with pytest.raises(DeviceError, match=r"pip install pyaudio.*portaudio19-dev"):
        bench.microphone().read(100.0)


def test_a_stream_that_died_is_lost(bench: Bench) -> None:
    microphone = bench.microphone()
    [stream] = bench.library.streams
    for _ in range(2):
        assert stream.looked_at.acquire(timeout=PATIENCE)
    stream.active = False
    error = until_raised(microphone.read, 100.0)
    assert isinstance(error, DeviceLost)
    assert "pulse stopped working" in str(error)


def test_callbacks_that_do_not_come_any_more(bench: Bench) -> None:
    # Killing the sound server raises nothing and the stream still calls itself active.
    speaker = bench.speaker()
    [stream] = bench.library.streams
    assert speaker.wanted(104.9) == 0  # the first may take its time
    bench.now = 105.0
    stream.callback(None, 240, {}, 0)
    speaker.wanted(106.9)
    with pytest.raises(DeviceLost):
        speaker.wanted(107.1)


def test_nothing_moves_before_it_is_open(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    opening = bench.library.open
    monkeypatch.setattr(bench.library, "open", lambda **settings: gate.wait(PATIENCE) and opening(**settings))
    microphone = AudioMicrophone("", bench.awake.set, lambda: bench.now, bench.counters)
    assert microphone.read(100.0) is None
    microphone.close()
    speaker = AudioSpeaker("", bench.awake.set, lambda: bench.now, bench.counters)
    assert speaker.wanted(100.0) == 0
    bench.opened += [microphone, speaker]
    gate.set()


def test_a_program_without_stderr(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> int:
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr("os.dup", fail)
    assert bench.speaker().ready


@pytest.mark.parametrize("name", ["nowhere.so", None])
def test_a_system_without_alsa(bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    loading = ctypes.CDLL  # None loads the program itself, which has no ALSA either
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: loading(name))
    assert bench.speaker().ready


def test_alsa_is_answered_with_silence() -> None:
    audio_device._alsa_handler(b"pcm.c", 8570, b"snd_pcm_recover", 0, b"underrun occurred")
