from __future__ import annotations

import queue
from pathlib import Path
from typing import ClassVar

import pytest

from client.voice import devices
from client.voice.cards import Card, Side, View
from client.voice.counters import Counters
from client.voice.devices import ChosenDevices
from client.voice.silence_device import SilentMicrophone, SilentSpeaker
from client.voice.sound_server import SoundServer
from client.voice.wav_device import WavMicrophone, WavSpeaker
from common.errors import DeviceError

SPEECH = Path(__file__).parents[2] / "sounds" / "speech.wav"


class Stream:
    """In place of a sound card's stream."""

    made: ClassVar[list[Stream]] = []

    def __init__(self, choice: str, *_: object) -> None:
        self.choice = choice
        self.alive = True
        self.closed = self.joined = False
        Stream.made.append(self)

    def close(self) -> None:
        self.closed = True

    def join(self) -> None:
        assert self.closed
        self.joined = True


@pytest.fixture(autouse=True)
def _no_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    Stream.made = []
    monkeypatch.setattr(devices, "AudioMicrophone", Stream)
    monkeypatch.setattr(devices, "AudioSpeaker", Stream)


def chosen(microphone: str, speaker: str) -> ChosenDevices:
    return ChosenDevices(microphone, speaker, lambda: None, lambda: 0.0, Counters())


def test_who_opens_a_card_is_in_a_hurry_and_nobody_else(tmp_path: Path) -> None:
    # Mistake: a client that plays a file goes before all other programs, and before those who talk.
    hurried: list[bool] = []
    wav = str(SPEECH), str(tmp_path / "out.wav")
    for names, cards in [(("none", "none"), 0), (wav, 0), (("default", "Headset"), 2)]:
        hurried.clear()
        both = ChosenDevices(*names, lambda: None, lambda: 0.0, Counters(), lambda: hurried.append(True))
        both.microphone(0.0)
        both.speaker(0.0)
        both.close()
        assert len(hurried) == cards


def test_none_is_silence() -> None:
    both = chosen("none", "none")
    assert isinstance(both.microphone(0.0), SilentMicrophone)
    assert isinstance(both.speaker(0.0), SilentSpeaker)
    both.close()


def test_wav_is_a_file_and_one_recording_for_a_run(tmp_path: Path) -> None:
    path = tmp_path / "OUT.WAV"
    both = chosen(str(SPEECH), str(path))
    microphone = both.microphone(0.0)
    assert isinstance(microphone, WavMicrophone)
    microphone.close()
    first = both.speaker(0.0)
    assert isinstance(first, WavSpeaker)
    first.close()
    assert both.speaker(5.0) is first  # mistake: to begin the file again, so that what was heard before is lost
    both.close()
    assert path.stat().st_size == 44 + 500 * 960


@pytest.mark.parametrize(("choice", "name"), [("default", ""), ("", ""), ("Headset", "Headset")])
def test_everything_else_is_a_sound_card(choice: str, name: str) -> None:
    both = chosen(choice, choice)
    both.microphone(0.0)
    both.speaker(0.0)
    assert [stream.choice for stream in Stream.made] == [name, name]
    both.close()
    assert all(stream.joined for stream in Stream.made)


def test_others_are_chosen_from_the_next_opening_on(tmp_path: Path) -> None:
    both = chosen("default", str(tmp_path / "first.wav"))
    first = both.speaker(0.0)
    assert both.choose("", str(tmp_path / "second.wav")) == (False, True)
    first.close()
    assert both.speaker(1.0) is not first
    assert both.choose("Headset", "none") == (True, True)
    both.microphone(2.0)
    assert isinstance(both.speaker(2.0), SilentSpeaker)
    assert [stream.choice for stream in Stream.made] == ["Headset"]
    both.close()
    assert (tmp_path / "first.wav").is_file()
    assert (tmp_path / "second.wav").is_file()


@pytest.mark.parametrize("library", [True, False])
def test_what_there_is_to_choose_from(monkeypatch: pytest.MonkeyPatch, library: bool) -> None:
    def names() -> tuple[tuple[str, ...], tuple[str, ...]]:
        if not library:
            raise DeviceError("no PyAudio")
        return ("in, MME",), ("out, MME",)

    monkeypatch.setattr(devices, "device_names", names)
    expected = (("in, MME",), ("out, MME",)) if library else ((), ())
    assert listed(monkeypatch, None) == expected
    view = View(Side((Card("a", "Headset"),)), Side((Card("b", "Screen"),)))
    assert listed(monkeypatch, view) == (("Headset",), ("Screen",))


def listed(monkeypatch: pytest.MonkeyPatch, view: View | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    monkeypatch.setattr(SoundServer, "watch", lambda _: view)
    answers: queue.SimpleQueue[tuple[tuple[str, ...], tuple[str, ...]]] = queue.SimpleQueue()
    both = chosen("none", "none")
    both.list(lambda *answer: answers.put(answer))
    answer = answers.get(timeout=20.0)
    both.close()
    return answer


def test_only_streams_that_live_are_waited_for() -> None:
    both = chosen("default", "default")
    both.microphone(0.0)
    Stream.made[0].alive = False
    both.microphone(1.0)
    both.close()
    assert [stream.joined for stream in Stream.made] == [False, True]
