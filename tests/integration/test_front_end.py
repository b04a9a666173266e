"""The real libraries on real speech: echo taken away, near speech left, no syllable cut, pauses not sent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from pystoi import stoi

from client.commands import SetProcessing, Transmit
from client.voice.front_end import FrontEnds, MakeFrontEnd
from scripts.bench.echo import LONG, ROOMS, Room, double_talk, echo_removed, level, through
from scripts.demo.likeness import find
from tests.fakes.pair import SPEECH, Pair, Sound

RATE = 48_000
ALL = SetProcessing()


def speech() -> Sound:
    sound, rate = soundfile.read(SPEECH)
    resampled: Sound = soxr.resample(sound, rate, RATE)
    return resampled


def with_noise(sound: Sound, like: Sound, ratio: float) -> Sound:
    """White noise that is `ratio` dB below `like`."""
    noise = np.random.default_rng(2).standard_normal(sound.size)
    return np.asarray(sound + noise * np.sqrt(np.mean(like**2) / 10 ** (ratio / 10)))


@pytest.fixture(scope="module")
def make() -> MakeFrontEnd:
    ends = FrontEnds()
    ends.make(ALL, True, pytest.fail)
    assert ends.ready.wait(20)
    return ends.make


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_an_echo_is_taken_away(room: Room, make: MakeFrontEnd) -> None:
    # 25 dB and more after four seconds, though the room has noise 15 dB below the echo.
    assert echo_removed(room, make(ALL, True, pytest.fail), speech()) >= 25


@pytest.mark.parametrize("room", LONG, ids=lambda room: room.name)
def test_most_of_an_echo_that_lasts_is_taken_away(room: Room, make: MakeFrontEnd) -> None:
    assert echo_removed(room, make(ALL, True, pytest.fail), speech()) >= 10


@pytest.mark.parametrize("room", [*ROOMS, *LONG], ids=lambda room: room.name)
def test_both_may_talk_at_once(room: Room, make: MakeFrontEnd) -> None:
    # Near speech over the echo keeps its level: less than 6 dB of change.
    assert abs(double_talk(room, make(SetProcessing(gain=False), True, pytest.fail), speech())) < 6


def test_pauses_are_not_sent_and_no_syllable_is_cut(tmp_path: Path, make: MakeFrontEnd) -> None:
    # Two sentences with three seconds between them, and noise under all of it.
    sentence = speech()
    gap = np.zeros(3 * RATE)
    said = with_noise(np.concatenate([gap[:RATE], sentence, gap, sentence, gap]), sentence, 40)
    soundfile.write(tmp_path / "said.wav", said, RATE)
    pair = Pair(tmp_path, lambda _now, rng: 0.002 * rng.random(), said=tmp_path / "said.wav", front_end=make)
    pair.ann.capture.set_transmit(Transmit.VOICE)
    pair.ann.capture.set_processing(ALL)
    pair.bob.playback.switch(True, pair.now)
    pair.ann.capture.switch(True, pair.now)
    pair.run(said.size / RATE + 1)
    heard = pair.finish()
    spoken, whole = 2 * sentence.size / RATE, said.size / RATE
    assert spoken * 0.8 < pair.sent / 100 < spoken + 2 * 0.6
    assert pair.sent / 100 < whole - 3
    for begin in (RATE, RATE + sentence.size + gap.size):
        window = heard[begin - RATE // 2 : begin + sentence.size + RATE]
        shift = find(sentence, window)
        assert shift - RATE // 2 < 0.06 * RATE  # whatever waited before it was sent is caught up with
        part = window[shift : shift + sentence.size]
        assert stoi(sentence[: part.size], part, RATE) > 0.9
        first = slice(0, int(0.3 * RATE))  # the first word by itself
        assert level(part[first]) - level(sentence[first]) > -6
    assert pair.bob.counters.concealed == pair.bob.counters.skipped == 0


def test_in_a_quiet_room_without_rumble_the_voice_is_untouched(make: MakeFrontEnd) -> None:
    # Would catch what costs some of the voice where there is nothing to take away: it was the rumble filter.
    near = np.concatenate([np.zeros(2 * RATE), speech()])
    out = through(make(SetProcessing(gain=False), True, pytest.fail), near, np.zeros(near.size))
    np.testing.assert_array_equal(out[2 * RATE :], near[2 * RATE : out.size].astype(np.float32))


def test_a_breath_at_the_microphone_is_filtered_all_the_same(make: MakeFrontEnd) -> None:
    near = np.concatenate([np.zeros(2 * RATE), speech()])
    breath = 0.2 * np.sin(2 * np.pi * 20 * np.arange(RATE // 2) / RATE)
    near[RATE : RATE + breath.size] += breath
    out = through(make(SetProcessing(gain=False), True, pytest.fail), near, np.zeros(near.size))
    felt = slice(RATE + RATE // 10, RATE + breath.size)
    assert level(near[felt]) - level(out[felt]) > 15
