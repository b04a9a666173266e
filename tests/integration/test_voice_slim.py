"""Slim voice and low-delay voice to each other, through whole pipelines on a fake clock, and through a real broker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from client.commands import VoiceMode
from client.voice.packet import BLOCK_SAMPLES
from scripts.demo.likeness import compare
from tests.fakes.pair import Pair, Sound
from tests.integration.conftest import People
from tests.integration.test_voice_rooms import SPEECH, holes, recorded, speak_to_the_end, speech
from tests.integration.test_voice_speech import delay_and_likeness, gaps_within


def talk(pair: Pair, seconds: float) -> None:
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(seconds)


def test_slim_speech_arrives_whole_and_soon(tmp_path: Path) -> None:
    # The listener is in low-delay mode, and need not know that the talker is not.
    pair = Pair(tmp_path, lambda _now, rng: 0.001 + 0.002 * rng.random())
    pair.ann.capture.set_mode(VoiceMode.SLIM)
    talk(pair, 7)
    heard = pair.finish()
    lag, likeness = delay_and_likeness(heard)
    assert likeness >= 0.95
    assert lag < 0.08  # 30 ms of collecting and 4 of look-ahead more than low delay
    assert gaps_within(heard, lag) == []
    counters = pair.bob.counters
    assert counters.played == pair.ann.counters.voice_frames_sent == pair.sent == pytest.approx(151, abs=2)
    assert counters.concealed == counters.late == counters.skipped == counters.refused == counters.discarded == 0


def test_a_slim_listener_hears_low_delay(tmp_path: Path) -> None:
    # Would catch a mode that changes what one hears, and not only what one says.
    pair = Pair(tmp_path, lambda _now, rng: 0.001 + 0.002 * rng.random())
    pair.bob.capture.set_mode(VoiceMode.SLIM)
    talk(pair, 7)
    lag, likeness = delay_and_likeness(pair.finish())
    assert likeness >= 0.95
    assert lag < 0.045
    assert pair.bob.counters.concealed == pair.bob.counters.refused == 0


def test_slim_speech_over_jitter_costs_delay_and_no_word(tmp_path: Path) -> None:
    pair = Pair(tmp_path, lambda _now, rng: 0.02 + 0.03 * rng.random())
    pair.ann.capture.set_mode(VoiceMode.SLIM)
    talk(pair, 7)
    lag, likeness = delay_and_likeness(pair.finish())
    assert likeness >= 0.9
    assert lag < 0.15
    assert pair.bob.counters.played == pair.sent
    assert pair.bob.counters.concealed <= 6


@pytest.mark.parametrize("first", VoiceMode)
def test_a_talk_that_changes_its_mode_in_the_middle(tmp_path: Path, first: VoiceMode) -> None:
    # Would catch a gap, and a listener who stays as late as before or loses what comes earlier than expected.
    then = VoiceMode.LOW_DELAY if first is VoiceMode.SLIM else VoiceMode.SLIM
    pair = Pair(tmp_path, lambda _now, rng: 0.001 + 0.002 * rng.random())
    pair.ann.capture.set_mode(first)
    talk(pair, 2.5)
    pair.ann.capture.set_mode(then)
    pair.run(0.5)
    assert pair.ann.capture.mode is then  # there was a soft place
    pair.run(4)
    heard, said = pair.finish(), speech()
    likeness = []
    for part in (slice(0, 120_000), slice(156_000, said.size)):
        likeness.append(compare(said[part], heard[part.start : part.stop + 24_000], 48_000))
        assert likeness[-1].stoi >= 0.9
    later = (likeness[1].offset - likeness[0].offset) * (1 if then is VoiceMode.SLIM else -1)
    assert 0.02 < later < 0.05  # the collecting, and 4 ms of look-ahead
    assert holes(said, heard, likeness[0].offset, 480 * 5) == 0
    counters = pair.bob.counters
    assert counters.played == pair.sent
    assert counters.skipped == counters.discarded == counters.refused == 0
    assert counters.concealed <= (3 if then is VoiceMode.SLIM else 0)  # until the first slim packet is collected


def test_a_tone_that_never_pauses_is_changed_without_a_click(tmp_path: Path) -> None:
    # No soft place comes: after two seconds the change is made where it is. Would catch silence or a click there.
    time = np.arange(9 * 48_000) / 48_000
    tone: Sound = 0.3 * np.sin(2 * np.pi * 300 * time)
    soundfile.write(tmp_path / "tone.wav", tone, 48_000)
    pair = Pair(tmp_path, lambda _now, _rng: 0.002, said=tmp_path / "tone.wav")
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    for number in range(3):
        pair.run(2)
        pair.ann.capture.set_mode(VoiceMode.LOW_DELAY if number % 2 else VoiceMode.SLIM)
    pair.run(2.5)
    assert pair.ann.capture.mode is VoiceMode.SLIM
    heard = pair.finish()[48_000 : 8 * 48_000]
    loudness = np.sqrt(np.mean(heard[: heard.size // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES) ** 2, 1))
    assert loudness.min() > 0.5 * np.median(loudness)
    assert np.abs(np.diff(heard)).max() < 4 * 0.3 * 2 * np.pi * 300 / 48_000


def test_a_slim_talk_starts_with_its_first_sound(tmp_path: Path) -> None:
    # Would catch a talk after a pause that is thrown away since the one before it had promised more than it sent.
    pair = Pair(tmp_path, lambda _now, _rng: 0.002)
    pair.ann.capture.set_mode(VoiceMode.SLIM)
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(1.0)
    for _ in range(20):  # the last listener goes and comes, again and again
        pair.ann.capture.set_audience(False)
        pair.run(0.015)
        pair.ann.capture.set_audience(True)
        pair.run(0.1)
    pair.run(3)
    pair.finish()
    assert pair.bob.counters.discarded == 0
    assert pair.bob.counters.played == pair.sent


@pytest.mark.parametrize("talker", ["slim", "low-delay"])
def test_through_a_real_broker(people: People, tmp_path: Path, talker: str) -> None:
    # Would catch a flag or a setting that does not reach the codec, and a broker that drops such frames.
    heard = tmp_path / "heard.wav"
    listener = {"slim": "low-delay", "low-delay": "slim"}[talker]
    ann = people.join("Ann", "--mic", str(SPEECH), "--voice", talker)
    ben = people.join("Ben", "--speaker", str(heard), "--speaker-on", "--voice", listener)
    speak_to_the_end(ann, ben)
    sent, got = ann.ask("stats"), ben.ask("stats")
    assert (sent["slim"], got["slim"]) == (int(talker == "slim"), int(listener == "slim"))
    assert ben.quit() == 0  # the recording is whole only then
    said, came = speech(), recorded(heard)
    likeness = compare(said, came, 48_000)
    assert likeness.stoi >= 0.9, (likeness, got)
    assert holes(said, came, likeness.offset, int(got["shortened"]) + int(got["lengthened"])) <= int(got["concealed"])
    frames = range(145, 160) if talker == "slim" else range(580, 620)
    assert sent["voice_frames_sent"] in frames
    assert sent["voice_frames_sent"] >= got["voice_frames_received"] > 0.9 * frames.start
    assert got["refused"] == got["replayed"] == 0


def test_a_talk_is_made_slim_by_a_command(people: People) -> None:
    ann = people.join("Ann", "--mic", "none", "--mic-on", "--transmit", "always")
    ben = people.join("Ben", "--speaker-on")
    ben.expect("talking", on=True, name="Ann")
    assert ann.ask("stats")["slim"] == 0
    ann.do("voice", mode="slim")
    assert any(ann.ask("stats")["slim"] for _ in range(500))
    received = ben.ask("stats")["voice_frames_received"]
    assert any(ben.ask("stats")["voice_frames_received"] > received + 10 for _ in range(5_000))
    assert ben.ask("stats")["refused"] == 0
