"""The parts around the libraries: what comes while they load or are missing, the level, the gain."""

from __future__ import annotations

import threading
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from client.commands import SetProcessing
from client.voice.device import Block, silence
from client.voice.front_end import (
    MISSING,
    UNTOUCHED,
    FrontEnds,
    Gain,
    LevelMeter,
    Need,
    PlainFrontEnd,
    decibels,
    plain,
)

ALL = SetProcessing()


def tone(level: float, number: int = 0) -> Block:
    """10 ms of 1 kHz, the `number`-th of a row."""
    return (level * np.sin(2 * np.pi * 1000 * (np.arange(480) + number * 480) / 48_000)).astype(np.float32)


class Module:
    """A processing module that halves, and notes what it is given."""

    made: list[dict[str, bool]]
    played: list[bytes]
    processed: list[bool]  # whether by the one that cleans

    def __init__(self, **wanted: bool) -> None:
        Module.made.append(wanted)
        self._cleans = wanted["noise_suppression"]

    def set_stream_delay_ms(self, delay: int) -> None:
        assert delay == 0

    def process_stream(self, frame: Any) -> None:
        Module.processed.append(self._cleans)
        frame.data = memoryview((np.frombuffer(frame.data, np.int16) // 2).tobytes())

    def process_reverse_stream(self, frame: Any) -> None:
        Module.played.append(bytes(frame.data))


def frame(data: bytearray, rate: int, channels: int, samples: int) -> Any:
    assert (rate, channels, samples, len(data)) == (48_000, 1, 480, 960)
    return SimpleNamespace(data=memoryview(data))


class Vad:
    """Finds speech in everything that is not silent."""

    def __init__(self, strict: int) -> None:
        self.strict = strict

    def is_speech(self, data: bytes, rate: int) -> bool:
        assert rate == 48_000
        return any(data)


def load(name: str) -> ModuleType:
    Module.made, Module.played, Module.processed = [], [], []
    known = {
        "livekit.rtc": SimpleNamespace(AudioProcessingModule=Module, AudioFrame=frame),
        "webrtcvad": SimpleNamespace(Vad=Vad),
    }
    return cast("ModuleType", known[name])


def test_the_plain_one_changes_nothing() -> None:
    front_end, block = PlainFrontEnd(), np.full(480, 0.3, np.float32)
    front_end.hear(silence())
    heard = front_end.process(block)
    assert heard.block is block
    assert heard.speech is None
    assert isinstance(plain(ALL, True, pytest.fail), PlainFrontEnd)


def test_who_wants_nothing_loads_nothing() -> None:
    def never(name: str) -> ModuleType:
        raise AssertionError(name)

    assert isinstance(FrontEnds(never).make(UNTOUCHED, False, pytest.fail), PlainFrontEnd)


def test_sound_passes_while_the_libraries_load() -> None:
    # Would catch a first word that waits for a library.
    go_on = threading.Event()

    def slow(name: str) -> ModuleType:
        go_on.wait(10)
        return load(name)

    ends = FrontEnds(slow)
    front_end = ends.make(ALL, True, pytest.fail)
    front_end.hear(tone(0.1))
    assert front_end.process(tone(0.5)).speech is None
    go_on.set()
    assert ends.ready.wait(10)
    heard = front_end.process(tone(0.5))
    assert heard.speech is True
    nothing = dict.fromkeys(("echo_cancellation", "noise_suppression", "high_pass_filter", "auto_gain_control"), False)
    assert Module.made == [
        nothing | {"high_pass_filter": True},
        nothing | {"echo_cancellation": True, "noise_suppression": True, "high_pass_filter": True},
    ]
    assert np.abs(heard.block).max() == pytest.approx(0.25, rel=0.01)
    front_end.hear(tone(0.1))
    assert len(Module.played) == 1


def made(wanted: SetProcessing) -> Any:
    ends = FrontEnds(load)
    front_end = ends.make(wanted, True, pytest.fail)
    assert ends.ready.wait(10)
    return front_end


def test_without_echo_what_is_played_is_nobodys_business() -> None:
    front_end = made(SetProcessing(echo=False))
    front_end.process(tone(0.5))
    front_end.hear(tone(0.1))
    assert Module.played == []


def test_only_speech_is_to_be_found() -> None:
    front_end = made(UNTOUCHED)
    front_end.hear(tone(0.1))
    block = tone(0.5)
    heard = front_end.process(block)
    assert heard.block is block
    assert heard.speech is True
    assert Module.made == []
    assert front_end.process(tone(0.001)).speech is False  # too soft to be meant for anybody


@pytest.mark.parametrize("missing", ["livekit.rtc", "webrtcvad"])
def test_a_missing_library_is_told_once_and_voice_goes_on(missing: str) -> None:
    def some(name: str) -> ModuleType:
        if name == missing:
            raise ImportError(name)
        return load(name)

    told: list[str] = []
    ends = FrontEnds(some)
    for _ in range(2):
        front_end = ends.make(ALL, True, told.append)
        assert ends.ready.wait(10)
        assert np.abs(front_end.process(tone(0.5)).block).max() > 0.2
        front_end.hear(tone(0.1))
    assert told == [MISSING]


def test_a_room_is_cleaned_while_it_is_noisy_and_left_alone_once_it_is_known_to_be_quiet() -> None:
    # Would catch a voice that pays for noise that is not there, and noise that is let through until it is known.
    need = Need(echo=True, noise=True)
    assert all(need.of(tone(0.01, number)) for number in range(300))
    for number in range(10):
        need.of(tone(0.0005, number))
    assert not need.of(tone(0.5))  # a word does not make a room noisy
    for number in range(300):
        need.of(tone(0.01, number))
    assert need.of(tone(0.01))


def test_what_the_speaker_plays_has_to_be_taken_away_for_as_long_as_it_may_sound() -> None:
    need = Need(echo=True, noise=False)
    assert not need.of(tone(0.1))
    need.hear(silence())
    assert not need.of(tone(0.1))
    need.hear(tone(0.1))
    assert [need.of(tone(0.1)) for _ in range(50)] == [True] * 49 + [False]
    deaf = Need(echo=False, noise=False)
    deaf.hear(tone(0.1))
    assert not deaf.of(tone(0.1))


def test_one_way_is_taken_and_the_other_runs_beside_it_before_a_change() -> None:
    # Would catch a computer that works twice for one voice, and a way that begins with what it heard a minute ago.
    front_end = made(SetProcessing(gain=False))
    Module.processed = []
    for _ in range(10):
        front_end.process(silence())  # the room is quiet: nothing needs to be cleaned
    ways = list(Module.processed)
    assert ways[:9] == [True] * 9
    for _ in range(10):
        front_end.process(silence())
    Module.processed = []
    front_end.process(tone(0.5))
    assert Module.processed == [False]
    assert Module.played == []
    front_end.hear(tone(0.5))  # somebody else speaks: at once, though I do too
    assert len(Module.played) == 1
    Module.processed = []
    for _ in range(5):
        front_end.process(tone(0.5))
    assert Module.processed == [True, False] * 4 + [True]


def test_without_rumble_filter_and_cleaning_the_block_itself_passes() -> None:
    front_end = made(SetProcessing(echo=False, noise=False, high_pass=False, gain=True))
    block = tone(0.001)
    assert front_end.process(block).block is block


def test_the_meter_tells_the_peak_ten_times_a_second() -> None:
    meter = LevelMeter()
    peaks = [meter.measure(tone(0.5 if number == 3 else 0.1)) for number in range(20)]
    assert [peak for peak in peaks if peak is not None] == [pytest.approx(0.5, 0.01), pytest.approx(0.1, 0.01)]
    assert peaks[9] is not None


def loudness_after(level: float, seconds: int, *, speech: bool = True) -> float:
    gain = Gain()
    block = silence()
    for number in range(seconds * 100):
        block = gain.apply(tone(level, number), speech=speech)
    assert np.abs(block).max() <= 1.0
    return decibels(block)


def test_soft_and_loud_speech_come_to_one_level_within_bounds() -> None:
    assert loudness_after(0.05, 8) == pytest.approx(-23.0, abs=0.5)  # was -29
    assert loudness_after(0.7, 8) == pytest.approx(-18.1, abs=0.5)  # was -6: no more than 12 down
    assert loudness_after(0.005, 8) == pytest.approx(-37.0, abs=0.5)  # was -49


def test_the_gain_rises_slowly_and_what_is_not_speech_moves_nothing() -> None:
    # Would catch a room that becomes loud in every pause.
    assert loudness_after(0.05, 1) == pytest.approx(-26.0, abs=0.5)
    assert loudness_after(0.005, 8, speech=False) == pytest.approx(-49.0, abs=0.1)


def test_a_shout_after_soft_speech_stays_within_full_scale() -> None:
    gain = Gain()
    for number in range(800):
        gain.apply(tone(0.02, number), speech=True)
    assert gain.decibels > 9.0
    shout = gain.apply(tone(0.9), speech=True)
    assert np.abs(shout).max() <= 1.0
