"""The parts around the libraries: what comes while they load or are missing, the level, the gain."""

from __future__ import annotations

import gc
import threading
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from client.commands import SetProcessing
from client.voice.device import silence
from client.voice.front_end import (
    BROKEN,
    NOT_CLEANED,
    NOT_DETECTED,
    UNTOUCHED,
    FrontEnds,
    PlainFrontEnd,
    plain,
)
from tests.client.voice.fakes import FakeModule, fake_frame, tone

ALL = SetProcessing()


class Vad:
    """Finds speech in everything that is not silent."""

    def __init__(self, strict: int) -> None:
        self.strict = strict

    def is_speech(self, data: bytes, rate: int) -> bool:
        assert rate == 48_000
        return any(data)


def load(name: str) -> ModuleType:
    FakeModule.made, FakeModule.played, FakeModule.processed = [], [], []
    known = {
        "livekit.rtc": SimpleNamespace(AudioProcessingModule=FakeModule, AudioFrame=fake_frame),
        "webrtcvad": SimpleNamespace(Vad=Vad),
    }
    return cast("ModuleType", known[name])


def test_what_was_loaded_is_out_of_the_collectors_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    # Mistake: each full run of Python's collector looks at all modules again, and stops the voice for 50 ms.
    loaded: list[str] = []
    frozen: list[list[str]] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(list(loaded)))

    def note(name: str) -> ModuleType:
        loaded.append(name)
        return load(name)

    ends = FrontEnds(note)
    ends.make(ALL, True, pytest.fail)
    assert ends.ready.wait(20)
    assert frozen == [["webrtcvad", "livekit.rtc"]]


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
    assert FakeModule.made == [
        {"high_pass_filter": True},  # to see whether it can be made at all
        nothing | {"high_pass_filter": True},
        nothing | {"echo_cancellation": True, "noise_suppression": True, "high_pass_filter": True},
    ]
    assert np.abs(heard.block).max() == pytest.approx(0.25, rel=0.01)
    front_end.hear(tone(0.1))
    assert len(FakeModule.played) == 1


def made(wanted: SetProcessing) -> Any:
    ends = FrontEnds(load)
    front_end = ends.make(wanted, True, pytest.fail)
    assert ends.ready.wait(10)
    return front_end


def test_without_echo_what_is_played_is_nobodys_business() -> None:
    front_end = made(SetProcessing(echo=False))
    front_end.process(tone(0.5))
    front_end.hear(tone(0.1))
    assert FakeModule.played == []


def test_only_speech_is_to_be_found() -> None:
    front_end = made(UNTOUCHED)
    front_end.hear(tone(0.1))
    block = tone(0.5)
    heard = front_end.process(block)
    assert heard.block is block
    assert heard.speech is True
    assert FakeModule.processed == []
    assert front_end.process(tone(0.001)).speech is False  # too soft to be meant for anybody


@pytest.mark.parametrize(("missing", "sentence"), [("livekit.rtc", NOT_CLEANED), ("webrtcvad", NOT_DETECTED)])
@pytest.mark.parametrize("error", [ImportError("no"), OSError("broken"), RuntimeError("no such platform")])
def test_a_missing_library_is_told_once_and_voice_goes_on(missing: str, sentence: str, error: Exception) -> None:
    # Mistake: the other library is given up too, or its thread ends and nobody is told.
    def some(name: str) -> ModuleType:
        if name == missing:
            raise error
        return load(name)

    told: list[str] = []
    ends = FrontEnds(some)
    for _ in range(2):
        front_end = ends.make(ALL, True, told.append)
        assert ends.ready.wait(10)
        assert np.abs(front_end.process(tone(0.5)).block).max() > 0.2
        front_end.hear(tone(0.1))
    assert told == [sentence]
    assert (front_end.process(tone(0.5)).speech is None) is (missing == "webrtcvad")
    assert bool(FakeModule.processed) is (missing == "webrtcvad")


def test_a_library_whose_native_part_is_broken_counts_as_missing() -> None:
    # Mistake: what is native in it is loaded on the voice thread, and ends it.
    class Broken:
        def __init__(self, **_: bool) -> None:
            raise ImportError("liblivekit_ffi.so is not there")

    told: list[str] = []
    known = {"livekit.rtc": SimpleNamespace(AudioProcessingModule=Broken), "webrtcvad": SimpleNamespace(Vad=Vad)}
    ends = FrontEnds(lambda name: cast("ModuleType", known[name]))
    front_end = ends.make(ALL, True, told.append)
    assert ends.ready.wait(10)
    assert front_end.process(tone(0.5)).speech is True
    assert told == [NOT_CLEANED]


def test_speech_is_told_from_silence_while_the_larger_library_loads() -> None:
    # Mistake: all that is said near the microphone is sent for seconds, whatever was chosen.
    go_on, begun = threading.Event(), threading.Event()

    def slow(name: str) -> ModuleType:
        if name == "livekit.rtc":
            begun.set()
            go_on.wait(10)
        return load(name)

    ends = FrontEnds(slow)
    front_end = ends.make(ALL, True, pytest.fail)
    assert begun.wait(10)
    assert front_end.process(silence()).speech is False
    assert front_end.process(tone(0.5)).speech is True
    assert FakeModule.processed == []
    go_on.set()
    assert ends.ready.wait(10)
    front_end.process(tone(0.5))
    assert FakeModule.processed


@pytest.mark.parametrize("at", ["process_stream", "process_reverse_stream", "__init__"])
def test_a_library_that_fails_takes_neither_voice_nor_hearing_away(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Mistake: one error of a native library, and no voice until the program is started anew.
    told: list[str] = []
    ends = FrontEnds(load)
    front_end = ends.make(ALL, True, told.append)
    assert ends.ready.wait(10)
    if at != "__init__":
        front_end.process(tone(0.5))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("ffi")

    monkeypatch.setattr(FakeModule, at, fail)
    for _ in range(2):
        front_end.hear(tone(0.1))
        assert front_end.process(tone(0.5)).speech is True  # mistake: what works is given up with what does not
        assert front_end.process(silence()).speech is False
    assert told == [BROKEN]
    assert front_end.delay == 0.0


def test_a_detector_that_fails_leaves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    ends = FrontEnds(load)
    front_end = ends.make(ALL, True, told.append)
    assert ends.ready.wait(10)
    front_end.process(tone(0.5))

    def fail(*_: object) -> bool:
        raise ValueError("a frame of another length")

    monkeypatch.setattr(Vad, "is_speech", fail)
    FakeModule.processed.clear()
    for _ in range(2):
        assert front_end.process(tone(0.5)).speech is None
    assert FakeModule.processed
    assert told == [NOT_DETECTED]


def test_without_rumble_filter_and_cleaning_the_block_itself_passes() -> None:
    front_end = made(SetProcessing(echo=False, noise=False, high_pass=False, gain=True))
    block = tone(0.001)
    assert front_end.process(block).block is block


def test_what_is_much_louder_than_the_room_is_told() -> None:
    # Would catch a loud room in which everything counts as a beginning.
    front_end = made(UNTOUCHED)
    assert [front_end.process(block).loud for block in (silence(), tone(0.001), tone(0.1))] == [False, False, True]
    for _ in range(1_500):
        front_end.process(tone(0.03))
    assert not front_end.process(tone(0.1)).loud
    assert front_end.process(tone(0.9)).loud
