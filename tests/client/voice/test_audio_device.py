"""The audio device over a PyAudio made up here: how it keeps clear of the edges of the real one."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest

from client.voice import sound_library
from client.voice.audio_device import PAUSE_PEAK, AudioMicrophone, AudioSpeaker
from client.voice.card_clock import FAST, Period
from client.voice.card_stream import FIRST_SECONDS
from client.voice.cards import Card, Side, View
from client.voice.counters import Counters
from client.voice.device import DeviceAbsent, DeviceLost, DeviceUnfit
from client.voice.sound_library import device_names
from client.voice.sound_server import TAG, SoundServer
from common.errors import DeviceError
from tests.client.voice.fakes import level

PATIENCE = 20.0
ROOM = 1_440


class FakeStream:
    """Holds what is to be captured, and what was played; a card of three periods."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.closed = False
        self.broken = False
        self.waiting = b""
        self.played = b""
        self.fill = 0

    def get_read_available(self) -> int:
        return -9999 if self.broken else min(len(self.waiting) // 2, ROOM - 1)

    def get_write_available(self) -> int:
        return -9999 if self.broken else ROOM - self.fill

    def read(self, count: int, *, exception_on_overflow: bool) -> bytes:
        assert not exception_on_overflow  # it would close the stream
        assert count <= self.get_read_available()  # or it would wait
        self._fail_if_broken()
        sound, self.waiting = self.waiting[: 2 * count], self.waiting[2 * count :]
        return sound

    def write(self, samples: bytes, *, exception_on_underflow: bool) -> None:
        assert not exception_on_underflow
        assert len(samples) // 2 <= ROOM - self.fill
        self._fail_if_broken()
        self.played += samples
        self.fill += len(samples) // 2

    def close(self) -> None:
        self.closed = True
        self._fail_if_broken()

    def _fail_if_broken(self) -> None:
        if self.broken:
            raise OSError(-9988, "Stream closed")


class FakeLibrary:
    """What `import pyaudio` gives; keeps what was done with it."""

    def __init__(self) -> None:
        self.devices: list[dict[str, Any]] = [
            {"index": 0, "name": "USB pulse box", "maxInputChannels": 2, "maxOutputChannels": 0},
            {"index": 1, "name": "pulse", "maxInputChannels": 32, "maxOutputChannels": 32},
            {"index": 2, "name": "Screen", "maxInputChannels": 0, "maxOutputChannels": 2},
        ]
        for device in self.devices:
            device |= {"defaultSampleRate": 44_100.0, "hostApi": 0}
        self.default: int | None = 1
        self.rates = {48_000}
        self.streams: list[FakeStream] = []
        self.environments: list[dict[str, str]] = []  # while they were opened
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

    def get_host_api_info_by_index(self, index: int) -> dict[str, Any]:
        assert index == 0
        return {"name": "ALSA"}

    def is_format_supported(self, rate: float, **_: int) -> bool:
        if rate not in self.rates:
            raise ValueError("Invalid sample rate", -9997)
        return True

    def open(self, **settings: Any) -> FakeStream:
        if self.open_error is not None:
            raise self.open_error
        self.streams.append(FakeStream(settings))
        self.environments.append({name: value for name, value in os.environ.items() if name.startswith("PULSE_")})
        return self.streams[-1]

    def terminate(self) -> None:
        self.terminated += 1


class FakeServer:
    """In place of the watch over a sound server: says what it is told to."""

    def __init__(self) -> None:
        self.view: View | None = None
        self.led: list[tuple[str, Card]] = []

    def watch(self) -> View | None:
        return self.view

    def lead(self, tag: str, card: Card) -> None:
        self.led.append((tag, card))

    def see(self, *names: str, default: str = "usb", used: dict[str, str] | None = None) -> None:
        """These cards are there, as microphones and as speakers."""
        side = Side(tuple(Card(name, name.title()) for name in names), default, used or {})
        self.view = View(side, side)


class Bench:
    """A made-up library, a clock that stands still, and what the devices woke."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.library = FakeLibrary()
        module = ModuleType("pyaudio")
        vars(module).update(PyAudio=self.library.PyAudio, paInt16=8)
        monkeypatch.setitem(sys.modules, "pyaudio", module)
        self.now = 100.0
        self.server = FakeServer()
        self.period = Period()
        self.awake = threading.Event()
        self.counters = Counters()
        self.opened: list[AudioMicrophone | AudioSpeaker] = []

    def microphone(self, choice: str = "") -> AudioMicrophone:
        microphone = AudioMicrophone(
            choice, self.awake.set, lambda: self.now, self.counters, cast("SoundServer", self.server), self.period
        )
        self._settle(microphone)
        return microphone

    def speaker(self, choice: str = "") -> AudioSpeaker:
        speaker = AudioSpeaker(
            choice, self.awake.set, lambda: self.now, self.counters, cast("SoundServer", self.server), self.period
        )
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


def test_the_default_microphone_gives_blocks_of_what_the_card_took(bench: Bench) -> None:
    microphone = bench.microphone()
    assert (microphone.name, microphone.ready, microphone.ended) == ("pulse", True, False)
    [stream] = bench.library.streams
    assert stream.settings["frames_per_buffer"] == 480
    assert (stream.settings["input"], stream.settings["input_device_index"]) == (True, 1)
    half = (np.full(240, 16_384, "<i2")).tobytes()
    stream.waiting = half
    assert microphone.read(100.0) is None
    stream.waiting = half + half
    assert microphone.read(100.0) is None  # a card is looked at once at a time
    block = microphone.read(100.005)
    assert block is not None
    assert np.all(block == 0.5)
    assert microphone.latency == pytest.approx(0.005)  # half a block waits
    assert microphone.read(100.005) is None
    assert microphone.due(100.005) > 0


def test_what_a_halt_left_in_the_card_is_taken_at_once(bench: Bench) -> None:
    # Mistake: taking only as much as a card tells of at a time, so that each halt adds delay for good.
    microphone = bench.microphone()
    [stream] = bench.library.streams
    stream.waiting = bytes(2 * 480 * 30)
    blocks = 0
    while microphone.read(100.0) is not None:
        blocks += 1
    assert blocks == 30
    assert stream.waiting == b""


def test_sound_that_the_card_lost_is_counted(bench: Bench) -> None:
    microphone = bench.microphone()
    [stream] = bench.library.streams
    for tick in range(200):
        stream.waiting = bytes(0 if 103 <= tick < 113 else 2 * 480)
        microphone.read(100.0 + tick / 100)
    assert bench.counters.overflows == 1


def test_the_speaker_is_asked_for_what_the_card_lacks(bench: Bench) -> None:
    speaker = bench.speaker()
    [stream] = bench.library.streams
    assert (stream.settings["output"], stream.settings["output_device_index"]) == (True, 1)
    assert speaker.wanted(100.0) == 2
    speaker.write(level(0.5))
    speaker.write(level(0.5))
    assert set(np.frombuffer(stream.played, "<i2")) == {16_383}
    assert speaker.wanted(100.005) == 0
    stream.fill -= 240
    assert speaker.wanted(100.010) == 1
    assert 0 < speaker.latency < 0.020
    assert speaker.due(100.010) > 0


def test_a_card_can_wait_while_a_block_lies_ready(bench: Bench) -> None:
    speaker = bench.speaker()
    assert speaker.wanted(100.0) == 2
    assert not speaker.patient
    speaker.write(level(0.1))
    assert speaker.wanted(100.005) == 1
    assert speaker.patient


@pytest.mark.parametrize(("halts", "kept"), [((100,), 2), ((100, 300), 3)])
def test_gaps_are_counted_once_and_more_is_kept_ready_where_they_come_often(
    bench: Bench, halts: tuple[int, ...], kept: int
) -> None:
    # Mistake: asking PyAudio to tell of a gap, which closes the stream; a halt that makes voice late for good.
    speaker = bench.speaker()
    [stream] = bench.library.streams
    wanted = []
    for tick in range(400):
        now = 100.0 + tick / 100
        stream.fill = max(0, stream.fill - 480)
        if not any(halt <= tick < halt + 5 for halt in halts):  # else the program stands still
            wanted.append(speaker.wanted(now))
            for _ in range(wanted[-1]):
                speaker.write(level(0.5))
    assert bench.counters.underflows == len(halts)
    assert wanted[-1] == 1
    assert stream.fill == kept * 480  # 20 or 25 ms, in whole blocks


@pytest.mark.parametrize(("halt", "gaps"), [(0, 0), (10, 1)])
def test_looks_that_move_against_the_cards_pieces_are_no_gap(bench: Bench, halt: int, gaps: int) -> None:
    # Mistake: to take 2 ms by which it is looked at later for sound that is missing, while a block lies ready.
    speaker = bench.speaker()
    [stream] = bench.library.streams
    for tick in range(600):
        if not tick % 2:
            stream.fill = max(0, stream.fill - 480)
        if not 200 <= tick < 200 + halt:
            for _ in range(speaker.wanted(100.0 + tick / 200 + (0.0025 if tick > 200 else 0.0))):
                speaker.write(level(0.5))
    assert bench.counters.underflows == gaps
    assert stream.fill == 960


def test_a_halt_between_a_look_and_what_it_led_to_is_a_gap(bench: Bench) -> None:
    # Mistake: to see a block in the card at the next look, and not that it came too late.
    speaker = bench.speaker()
    [stream] = bench.library.streams
    tick, seen = 0, []
    while tick < 600:
        if not tick % 2:
            stream.fill = max(0, stream.fill - 480)
        wanted = speaker.wanted(100.0 + tick / 200)
        seen.append(stream.fill)
        if tick == 200:
            stream.fill, tick = 0, tick + 6
        for _ in range(wanted):
            speaker.write(level(0.5))
        tick += 1
    assert min(seen[2:]) == 480  # no look found it empty
    assert bench.counters.underflows == 1


def test_a_card_that_begins_late_has_no_gap(bench: Bench) -> None:
    microphone, speaker = bench.microphone(), bench.speaker()
    taking, giving = bench.library.streams
    for tick in range(300):
        if tick > 100:
            giving.fill -= 480
            taking.waiting = bytes(960)
        for _ in range(speaker.wanted(100.0 + tick / 100)):
            speaker.write(level(0.5))
        microphone.read(100.0 + tick / 100)
    assert (bench.counters.underflows, bench.counters.overflows) == (0, 0)


def test_a_card_that_holds_too_little_is_to_be_opened_with_longer_periods(bench: Bench) -> None:
    speaker = bench.speaker()
    [stream] = bench.library.streams

    def play() -> None:
        for tick in range(1_500):
            stream.fill = max(0, stream.fill - 480)
            if tick % 100 > 5:  # the program stands still again and again
                for _ in range(speaker.wanted(100.0 + tick / 100)):
                    speaker.write(level(0.5))

    with pytest.raises(DeviceUnfit):
        play()
    assert bench.counters.underflows == FAST
    bench.speaker()
    assert bench.library.streams[1].settings["frames_per_buffer"] == 960


@pytest.mark.parametrize("said", [0.0, 0.005, 0.5])
def test_a_card_that_holds_too_much_is_opened_with_shorter_periods_in_a_pause(
    bench: Bench, said: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Mistake: voice stays late for good after one bad minute, or is cut in the middle of a word.
    monkeypatch.setattr("client.voice.card_clock.CALM_FIRST", 6.0)
    bench.period = Period()
    bench.period.lengthen()
    speaker = bench.speaker()
    [stream] = bench.library.streams
    played = 0

    def play() -> None:
        nonlocal played
        for tick in range(700):
            stream.fill = max(0, stream.fill - 480)
            for _ in range(speaker.wanted(100.0 + tick / 100)):
                speaker.write(level(said))
            played = tick

    if said > PAUSE_PEAK:
        play()
        return
    with pytest.raises(DeviceUnfit):
        play()
    assert 599 < played < 605
    assert bench.period.seconds == 0.010


def test_a_card_has_room_for_no_more_than_it_has(bench: Bench) -> None:
    speaker = bench.speaker()
    [stream] = bench.library.streams
    speaker._target.seconds = 0.080
    for _ in range(speaker.wanted(100.0)):
        speaker.write(level(0.5))
    assert stream.fill == ROOM
    assert speaker.wanted(100.0) == 0


@pytest.mark.parametrize(("choice", "index"), [("pulse", 1), ("usb", 0), ("BOX", 0)])
def test_devices_are_chosen_by_part_of_their_name(bench: Bench, choice: str, index: int) -> None:
    bench.microphone(choice)
    assert bench.library.streams[0].settings["input_device_index"] == index


def test_a_name_that_fits_nothing_is_stood_in_for_by_the_default(bench: Bench) -> None:
    # "Screen" has no microphone: asking a real card for one would crash the process.
    microphone = bench.microphone("Screen")
    assert (microphone.name, microphone.missing) == ("pulse", "Screen")
    assert bench.library.streams[0].settings["input_device_index"] == 1


def test_no_device_at_all(bench: Bench) -> None:
    bench.library.default = None
    bench.library.devices = []
    with pytest.raises(DeviceAbsent, match="There is no speaker here: connect one"):
        bench.speaker().wanted(100.0)
    with pytest.raises(DeviceAbsent, match="There is no microphone here"):
        bench.microphone("x").read(100.0)


def test_what_there_is_to_choose_from(bench: Bench) -> None:
    assert device_names() == (("USB pulse box, ALSA", "pulse, ALSA"), ("pulse, ALSA", "Screen, ALSA"))
    assert bench.library.terminated == 1


def test_a_card_is_chosen_by_the_sound_servers_own_variable(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SINK", "mine")
    bench.server.see("usb", "pci")
    bench.library.default = 0
    speaker = bench.speaker("PCI")
    assert (speaker.name, speaker.missing) == ("Pci", "")
    assert bench.library.streams[0].settings["output_device_index"] == 1  # the way to the server, not the default
    bench.speaker()
    bench.microphone("pci")
    chosen, default, microphone = bench.library.environments
    tag = f"PULSE_PROP_{TAG}"
    assert chosen.pop(tag) != default.pop(tag)
    assert (chosen, default) == ({"PULSE_SINK": "pci"}, {"PULSE_SINK": "mine"})
    assert microphone["PULSE_SOURCE"] == "pci"
    assert {name: value for name, value in os.environ.items() if name.startswith("PULSE_")} == {"PULSE_SINK": "mine"}


def test_the_name_is_that_of_the_card_that_the_server_has_moved_it_to(bench: Bench) -> None:
    bench.server.see("usb", "pci")
    speaker = bench.speaker()
    assert speaker.name == "Usb"
    bench.server.see("usb", "pci", used={speaker._tag: "pci", "another": "usb"})
    assert (speaker.name, speaker.missing) == ("Pci", "")
    bench.server.view = None
    assert speaker.name == "Usb"


def test_a_chosen_card_that_goes_and_comes_back(bench: Bench) -> None:
    bench.server.see("usb", "pci")
    speaker = bench.speaker("pci")
    bench.server.see("usb", "pci", used={speaker._tag: "pci"})
    speaker.wanted(100.0)
    bench.server.see("usb", used={speaker._tag: "usb"})
    speaker.wanted(100.1)
    assert (speaker.name, speaker.missing) == ("Usb", "pci")
    bench.server.see("usb", "pci", used={speaker._tag: "usb"})
    speaker.wanted(100.2)
    speaker.wanted(100.3)
    assert bench.server.led == [(speaker._tag, Card("pci", "Pci"))]
    bench.server.see("usb", "pci", default="pci", used={speaker._tag: "usb"})  # the user has moved it: so be it
    speaker.wanted(100.4)
    assert len(bench.server.led) == 1


def test_a_card_that_was_never_there_is_led_to_when_it_comes(bench: Bench) -> None:
    bench.server.see("usb")
    microphone = bench.microphone("Webcam")
    assert (microphone.name, microphone.missing) == ("Usb", "Webcam")
    microphone.read(100.0)
    bench.server.see("usb", "webcam", used={microphone._tag: "usb"})
    microphone.read(100.1)
    assert bench.server.led == [(microphone._tag, Card("webcam", "Webcam"))]


def test_a_device_that_only_portaudio_knows_is_not_led_anywhere(bench: Bench) -> None:
    bench.server.see("usb")
    speaker = bench.speaker("Screen")
    assert (speaker.name, speaker.missing) == ("Screen, ALSA", "")
    assert bench.library.streams[0].settings["output_device_index"] == 2
    bench.server.see("usb", used={speaker._tag: "usb"})
    assert speaker.name == "Screen, ALSA"


def test_a_server_without_cards_is_tried_all_the_same(bench: Bench) -> None:
    bench.server.see(default="")
    bench.library.devices = bench.library.devices[:1]
    bench.library.default = 0
    assert bench.microphone().name == "USB pulse box"


def test_another_card_may_take_its_time_to_begin(bench: Bench) -> None:
    bench.server.see("usb", "pci")
    speaker = bench.speaker()
    bench.server.see("usb", "pci", used={speaker._tag: "pci"})
    for tenth in range(round(FIRST_SECONDS * 10)):
        speaker.wanted(109.0 + tenth / 10)
    with pytest.raises(DeviceLost):
        speaker.wanted(109.0 + FIRST_SECONDS + 0.1)


def test_a_card_of_another_rate_is_converted(bench: Bench) -> None:
    bench.library.rates = {44_100}
    microphone, speaker = bench.microphone(), bench.speaker()
    taking, giving = bench.library.streams
    assert taking.settings["rate"] == giving.settings["rate"] == 44_100
    taking.waiting = (np.full(22_050, 8_192, "<i2")).tobytes()
    blocks = []
    while (block := microphone.read(100.0)) is not None:
        blocks.append(block)
    assert 45 <= len(blocks) <= 50
    assert float(blocks[20][0]) == pytest.approx(0.25, abs=0.01)
    for tick in range(20):
        giving.fill = max(0, giving.fill - 441)
        for _ in range(speaker.wanted(100.0 + tick / 100)):
            speaker.write(level(0.25))
    assert len(giving.played) // 2 == pytest.approx(21 * 441, abs=900)


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_a_loud_voice_on_a_card_of_another_rate_does_not_wrap(bench: Bench, rate: int) -> None:
    # Mistake: what rings beyond full scale in the resampling becomes full scale of the other sign, a loud click.
    bench.library.rates = {rate}
    for device in bench.library.devices:
        device["defaultSampleRate"] = float(rate)
    speaker = bench.speaker()
    [stream] = bench.library.streams
    for _ in range(50):
        stream.fill = 0
        speaker.write(np.where(np.arange(480) // 24 % 2, 1.0, -1.0).astype(np.float32))  # flat tops of 0.5 ms
    played = np.frombuffer(stream.played, "<i2").astype(float)
    assert np.abs(played).max() > 32_000
    assert np.abs(np.diff(np.sign(played))).sum() / 2 <= 50 * 20  # it crosses zero where the voice does, and no more


def test_what_waits_in_the_resampling_is_part_of_the_delay(bench: Bench) -> None:
    bench.library.rates = {44_100}
    speaker = bench.speaker()
    [stream] = bench.library.streams
    assert speaker.wanted(100.0) > 0
    speaker.write(level(0.1))
    speaker.write(level(0.1))
    assert speaker.wanted(100.0) >= 0
    assert speaker.latency == pytest.approx(0.020, abs=1e-6)
    assert stream.fill / 44_100 < 0.020


def test_a_program_that_stood_still_has_not_lost_its_card(bench: Bench) -> None:
    # Mistake: a second of swapping, and both sides are said to have stopped working, and are opened anew.
    speaker, microphone = bench.speaker(), bench.microphone()
    for tick in range(10):
        speaker.wanted(100.0 + tick / 100)
        microphone.read(100.0 + tick / 100)
    speaker.wanted(109.0)
    microphone.read(109.0)
    speaker.wanted(109.4)
    microphone.read(109.4)
    speaker.wanted(109.8)
    microphone.read(109.8)
    with pytest.raises(DeviceLost):  # but one that does not move while it is looked at is lost
        speaker.wanted(110.1)
    with pytest.raises(DeviceLost):
        microphone.read(110.1)


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


@pytest.mark.parametrize("kind", ["microphone", "speaker"])
def test_a_card_that_is_gone_is_lost(bench: Bench, kind: str) -> None:
    device = bench.microphone() if kind == "microphone" else bench.speaker()
    bench.library.streams[0].broken = True
    ask = device.read if isinstance(device, AudioMicrophone) else device.wanted
    with pytest.raises(DeviceLost, match=f"The {kind} pulse stopped working"):
        ask(100.0)


def test_a_card_that_goes_between_the_question_and_the_sound(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    microphone, speaker = bench.microphone(), bench.speaker()
    for stream in bench.library.streams:
        monkeypatch.setattr(stream, "get_read_available", lambda: 480)
        stream.broken = True
    with pytest.raises(DeviceLost):
        microphone.read(100.0)
    with pytest.raises(DeviceLost):
        speaker.write(level(0.5))


def test_cards_that_do_not_move_any_more(bench: Bench) -> None:
    # A sound server that stands still raises nothing.
    microphone, speaker = bench.microphone(), bench.speaker()
    taking, giving = bench.library.streams
    for now, moves in ((104.6, False), (105.0, True), (105.4, False), (105.8, False)):  # the first may take its time
        giving.fill -= 240 * moves
        taking.waiting = bytes(960 * moves)
        for _ in range(speaker.wanted(now)):
            speaker.write(level(0.5))
        microphone.read(now)
    with pytest.raises(DeviceLost):
        speaker.wanted(106.1)
    with pytest.raises(DeviceLost):
        microphone.read(106.1)


def test_nothing_moves_before_it_is_open(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    opening = bench.library.open
    monkeypatch.setattr(bench.library, "open", lambda **settings: gate.wait(PATIENCE) and opening(**settings))
    microphone = AudioMicrophone(
        "", bench.awake.set, lambda: bench.now, bench.counters, cast("SoundServer", bench.server), bench.period
    )
    assert microphone.read(100.0) is None
    microphone.close()
    speaker = AudioSpeaker(
        "",
        bench.awake.set,
        lambda: bench.now,
        bench.counters,
        cast("SoundServer", bench.server),
        bench.period,
    )
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
    sound_library._alsa_handler(b"pcm.c", 8570, b"snd_pcm_recover", 0, b"underrun occurred")
