"""Real brokers and clients over loopback: who hears whom, how well, and what reaches a speaker that is off."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr

from common.limits import SAMPLE_RATE
from scripts.demo.likeness import compare
from tests.integration.broker_process import ROOT, BrokerProcess
from tests.integration.client_process import ClientProcess
from tests.integration.conftest import OTHER_PHRASE, People

Samples = npt.NDArray[np.float64]
SPEECH = ROOT / "tests/sounds/speech.wav"
BLOCK = SAMPLE_RATE // 100
LOUD = 0.01  # of full scale, RMS of a block: clearly speech


def speech() -> Samples:
    samples, rate = soundfile.read(SPEECH)
    return np.asarray(soxr.resample(samples, rate, SAMPLE_RATE), np.float64)


def recorded(path: Path) -> Samples:
    samples, rate = soundfile.read(path)
    assert rate == SAMPLE_RATE
    assert samples.ndim == 1
    return np.asarray(samples, np.float64)


def loudness(samples: Samples) -> Samples:
    """RMS of each block of 10 ms."""
    whole = samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK)
    return np.asarray(np.sqrt((whole**2).mean(axis=1)), np.float64)


def holes(said: Samples, heard: Samples, offset: float, stretched: int) -> int:
    """Blocks in which something was said and hardly anything was heard, nor in those beside them.

    `stretched`: so many samples were left out or put in to fit the delay; what was said before that is heard so much
    beside the place that fits all the rest.
    """
    begin, beside = round(offset * 100), 1 + math.ceil(stretched / 480)
    told, came = loudness(said), loudness(heard)
    count = 0
    for number in np.flatnonzero(told > LOUD):
        around = came[max(0, begin + number - beside) : begin + number + beside + 1]
        count += not around.size or around.max() < 0.05 * told[number]
    return count


def long_speech(folder: Path, times: int) -> Path:
    samples, rate = soundfile.read(SPEECH)
    path = folder / "long.wav"
    soundfile.write(path, np.tile(samples, times), rate)
    return path


def speak_to_the_end(talker: ClientProcess, *listeners: ClientProcess) -> None:
    """Open the microphone once somebody listens, wait for the end of its file, and for the listeners to notice."""
    talker.expect("listening", lambda event: event["count"] >= len(listeners))
    marks = [(listener, listener.mark) for listener in listeners]
    talker.do("mic", on=True)
    talker.expect("mic_ended")
    talker.do("mic", on=False)
    device = talker.expect("joined")["member"]
    for listener, mark in marks:
        listener.expect("talking", after=mark, on=True, member=device, name=talker.name)
        listener.expect("talking", after=mark, on=False, member=device, name=talker.name)


def test_speech_from_file_to_file(people: People, tmp_path: Path) -> None:
    # Would catch voice that is cut, torn, doubled, too fast, or made up where nothing was lost.
    heard = tmp_path / "heard.wav"
    ann = people.join("Ann", "--mic", str(SPEECH))
    ben = people.join("Ben", "--speaker", str(heard), "--speaker-on")
    cem = people.join("Cem", "--speaker", str(tmp_path / "cem.wav"))
    dora = people.join("Dora", "--speaker", str(tmp_path / "dora.wav"), "--speaker-on", phrase=OTHER_PHRASE)
    speak_to_the_end(ann, ben)
    sent, got = ann.ask("stats"), ben.ask("stats")
    assert ben.quit() == 0  # the recording is whole only then
    said, came = speech(), recorded(heard)
    likeness = compare(said, came, SAMPLE_RATE)
    made_up = int(got["concealed"])
    assert likeness.stoi >= 0.9, (likeness, got)
    assert holes(said, came, likeness.offset, int(got["shortened"]) + int(got["lengthened"])) <= made_up, got
    assert sent["voice_frames_sent"] >= got["voice_frames_received"] > 500
    assert got["refused"] == got["replayed"] == got["unconfirmed"] == 0
    for other in (cem, dora):  # a speaker that is off, and a wrong key
        assert other.ask("stats")["voice_bytes_received"] == 0
        assert not any(event["event"] == "talking" for event in other.events)
    assert ann.ask("stats")["voice_bytes_received"] == 0


def test_several_talk_at_once(people: People, tmp_path: Path) -> None:
    # Would catch a listener who hears only one of them, or somebody who hears themselves.
    heard = tmp_path / "heard.wav"
    ben = people.join("Ben", "--speaker", str(heard), "--speaker-on")
    ann = people.join("Ann", "--mic", str(SPEECH), "--speaker-on")
    cem = people.join("Cem", "--mic", str(SPEECH))
    for talker in (ann, cem):
        talker.expect("listening", lambda event: event["count"] >= 1)
        talker.do("mic", on=True)
    for talker in (ann, cem):
        talker.expect("mic_ended")
    assert {event["name"] for event in ben.events if event["event"] == "talking"} == {"Ann", "Cem"}
    assert {event["name"] for event in ann.events if event["event"] == "talking"} == {"Cem"}
    both, one = ben.ask("stats"), ann.ask("stats")
    assert both["voice_frames_received"] > 1.5 * one["voice_frames_received"] > 500


def test_nobody_listens_nothing_is_sent_and_speakers_may_come_and_go(people: People, tmp_path: Path) -> None:
    # Would catch voice that is sent to nobody, and a speaker that is off and yet costs traffic.
    ann = people.join("Ann", "--mic", str(long_speech(tmp_path, 20)), "--mic-on")
    ben = people.join("Ben", "--speaker", str(tmp_path / "heard.wav"))
    ann.expect("mic", on=True)
    assert ann.ask("stats")["voice_frames_sent"] == 0
    before = 0
    for _ in range(2):
        turned_on = ben.mark
        ben.do("speaker", on=True)
        ben.expect("talking", after=turned_on, on=True, name="Ann")
        turned_off, heard_by = ben.mark, ann.mark
        ben.do("speaker", on=False)
        ben.expect("speaker", after=turned_off, on=False)
        got = ben.ask("stats")["voice_bytes_received"]
        assert got > before
        ann.expect("listening", after=heard_by, count=0)
        ann.say("a line after the last frame")
        ben.expect("text", after=turned_off)
        ben.expect("talking", after=turned_off, on=False, name="Ann")
        assert ben.ask("stats")["voice_bytes_received"] == got
        before = got
    assert ann.quit() == 0


def test_talking_goes_on_after_the_listener_was_killed(people: People, tmp_path: Path) -> None:
    # Would catch a talker, or another listener, who suffers from somebody's crash.
    ann = people.join("Ann", "--mic", str(long_speech(tmp_path, 10)), "--mic-on")
    ben = people.join("Ben", "--speaker-on")
    cem = people.join("Cem", "--speaker-on")
    for listener in (ben, cem):
        listener.expect("talking", on=True, name="Ann")
    ann.expect("listening", count=2)
    counted = ann.mark
    ben.kill()
    ann.expect("member_left", name="Ben")
    ann.expect("listening", after=counted, count=1)
    before = cem.ask("stats")["voice_frames_received"]
    after = cem.mark
    ann.say("still talking")
    cem.expect("text", after=after)
    ann.quit()
    cem.expect("member_left", name="Ann")
    assert cem.ask("stats")["voice_frames_received"] >= before > 0


@pytest.mark.parametrize("content", [b"", b"no sound at all" * 100, b"RIFF\xff\xff\xff\xffWAVEfmt "])
def test_a_wav_that_is_none(people: People, tmp_path: Path, content: bytes) -> None:
    # Would catch a sound file that ends the program, or a microphone that claims to be on over it.
    path = tmp_path / "no.wav"
    path.write_bytes(content)
    ann, ben = people.join("Ann", "--mic", str(path)), people.join("Ben", "--speaker-on")
    ann.expect("listening", count=1)
    ann.do("mic", on=True)
    error = ann.expect("error", part="microphone")
    assert "no.wav" in error["message"]
    assert not any(event["event"] == "mic" and event["on"] for event in ann.events)
    ann.say("text goes on")
    ben.reads("text goes on")
    assert ann.quit() == 0


def test_a_recording_that_cannot_be_written(people: People, tmp_path: Path) -> None:
    # Would catch a full disk or a wrong folder that ends the program.
    ann = people.join("Ann", "--speaker", str(tmp_path / "no such folder" / "heard.wav"), "--speaker-on")
    assert "heard.wav" in ann.expect("error", part="speaker")["message"]
    ann.say("text goes on")
    ann.reads("text goes on")


def test_voice_comes_back_with_the_broker(broker: BrokerProcess, people: People, tmp_path: Path) -> None:
    # Would catch subscriptions, keys or counters that do not survive a lost connection.
    ann = people.join("Ann", "--mic", str(long_speech(tmp_path, 20)), "--mic-on")
    ben = people.join("Ben", "--speaker-on")
    ben.expect("talking", on=True, name="Ann")
    mark, port = ben.mark, broker.control.port
    broker.kill()
    ben.expect("disconnected", after=mark)
    broker.start(port=port)
    mark = ben.mark
    ben.expect("talking", after=mark, on=True, name="Ann")
    stats = ben.ask("stats")
    assert stats["refused"] == stats["replayed"] == 0
    assert ann.quit() == 0


def test_a_listener_knows_how_far_behind_a_voice_is(people: People, tmp_path: Path) -> None:
    # Would catch clocks that are not compared, or a part of the way that is left out or counted twice.
    heard = tmp_path / "heard.wav"
    ann = people.join("Ann", "--mic", str(SPEECH))
    ben = people.join("Ben", "--speaker", str(heard), "--speaker-on")
    speak_to_the_end(ann, ben)
    sent, got = ann.ask("stats"), ben.ask("stats")
    told = [event["ms"] for event in ben.events if event["event"] == "delay" and event["name"] == "Ann"]
    assert ben.quit() == 0
    likeness = compare(speech(), recorded(heard), SAMPLE_RATE)
    true = (got["speaker_started"] + likeness.offset - sent["microphone_started"]) * 1_000
    assert told
    assert got["mouth_to_ear_ms"] == pytest.approx(told[-1], abs=3)
    # The buffer moves while it learns, and the file tells of the time as a whole.
    assert min(abs(ms - true) for ms in (*told, got["mouth_to_ear_ms"])) <= 15, (told, true, got)
