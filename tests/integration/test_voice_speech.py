"""Speech from file to file through the voice pipeline and a bad network: its likeness, its delay, and its gaps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from pystoi import stoi

from client.events import MicrophoneChanged, MicrophoneEnded, SpeakerChanged
from client.voice.reports import MediaHeard, MediaSpoken, TalkHeard
from tests.fakes.pair import SPEECH, Pair, Sound


def spoken() -> Sound:
    sound, rate = soundfile.read(SPEECH)
    resampled: Sound = soxr.resample(sound, rate, 48_000)
    return resampled


def delay_and_likeness(heard: Sound) -> tuple[float, float]:
    """Seconds from file to file, and STOI of what was heard."""
    said = spoken()
    size = 1 << (heard.size + said.size).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)
    lag = int(np.argmax(likeness[: heard.size]))
    part = heard[lag : lag + said.size]
    return lag / 48_000, float(stoi(said[: part.size], part, 48_000))


def gaps_within(heard: Sound, lag: float) -> list[int]:
    """Where there are 2 ms and more of digital silence although speech went on before and after: its samples."""
    said = spoken()
    part = heard[int(lag * 48_000) :][: said.size]
    ends = np.flatnonzero(np.diff(np.concatenate([[0], np.abs(part) < 1e-4, [0]])))
    gaps = []
    for start, end in ends.reshape(-1, 2):
        around = said[max(0, start - 960) : end + 960]  # 20 ms each way
        loudness = np.sqrt(np.mean(around[: around.size // 240 * 240].reshape(-1, 240) ** 2, axis=1))
        if end - start > 96 and loudness.min() > 0.01:
            gaps.append(int(start))
    return gaps


def test_gaps_are_found() -> None:
    sound = spoken()
    assert gaps_within(sound, 0.0) == []
    loudest = int(np.argmax(np.abs(sound)))
    sound[loudest : loudest + 480] = 0
    assert gaps_within(sound, 0.0) != []


def test_speech_arrives_whole_and_soon(tmp_path: Path) -> None:
    pair = Pair(tmp_path, lambda _now, rng: 0.001 + 0.002 * rng.random())
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(7)
    heard = pair.finish()
    lag, likeness = delay_and_likeness(heard)
    assert likeness >= 0.95
    assert lag < 0.045
    assert gaps_within(heard, lag) == []
    counters = pair.bob.counters
    assert counters.played == pair.ann.counters.voice_frames_sent == pair.sent
    assert counters.concealed == counters.late == counters.skipped == counters.refused == 0
    assert [told for told in pair.told("ann") if not isinstance(told, MediaSpoken)] == [
        MicrophoneChanged(on=True, device="speech.wav"),
        MicrophoneEnded(),
        MicrophoneChanged(on=False),
    ]
    assert [told for told in pair.told("bob") if not isinstance(told, MediaHeard)] == [
        SpeakerChanged(on=True, device="heard.wav"),
        TalkHeard(b"AA", on=True),
        TalkHeard(b"AA", on=False),
        SpeakerChanged(on=False),
    ]
    assert pair.ann.capture.started == pytest.approx(1000.0, abs=0.002)
    assert pair.bob.playback.started == pytest.approx(1000.01, abs=0.002)


def test_jitter_of_thirty_milliseconds_costs_delay_and_no_word(tmp_path: Path) -> None:
    pair = Pair(tmp_path, lambda _now, rng: 0.02 + 0.03 * rng.random())
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(7)
    lag, likeness = delay_and_likeness(pair.finish())
    assert likeness >= 0.9
    assert lag < 0.11
    assert pair.bob.counters.played == pair.sent
    assert pair.bob.counters.concealed <= 6


def test_a_stall_is_heard_late_and_caught_up_with(tmp_path: Path) -> None:
    pair = Pair(
        tmp_path,
        lambda now, rng: 0.002 + 0.002 * rng.random() + max(0.0, 0.2 - max(0.0, now - 1002.0)) * (now > 1002.0),
    )
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(7)
    pair.finish()
    assert pair.bob.counters.played == pair.sent  # no word is lost
    assert pair.bob.counters.shortened > 0.1 * 48_000
    assert pair.bob.counters.concealed < 25
