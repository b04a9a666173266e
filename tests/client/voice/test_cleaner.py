"""What is taken out of the microphone's sound, and when: the processing module is made up here."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import cast

import numpy as np
import pytest

from client.commands import SetProcessing
from client.voice.cleaner import Cleaner, Need
from client.voice.device import Block, silence
from tests.client.voice.fakes import FakeModule, fake_frame, level, tone

RTC = cast("ModuleType", SimpleNamespace(AudioProcessingModule=FakeModule, AudioFrame=fake_frame))


@pytest.fixture(autouse=True)
def forget() -> None:
    FakeModule.made, FakeModule.played, FakeModule.processed = [], [], []


def processed(cleaner: Cleaner, *blocks: Block, resting: bool = False) -> list[bool]:
    """For each time that the library worked on these whether it cleaned."""
    FakeModule.processed = []
    for block in blocks:
        cleaner.process(block, resting=resting)
    return FakeModule.processed


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


def test_what_is_too_deep_for_a_voice_is_told_for_a_while() -> None:
    # Would catch a filter that follows every word, and a breath that is let through.
    need, rumbles = Need(echo=True, noise=True), []
    for _ in range(10):
        rumbles.append(need.rumbles)
        need.of(silence())
    assert all(rumbles)  # until the room is known
    need.of(tone(0.9))
    rumbles = [need.rumbles]
    need.of(level(-0.05))
    for _ in range(301):
        rumbles.append(need.rumbles)
        need.of(silence())
    assert rumbles == [False] + [True] * 300 + [False]


def test_one_way_is_taken_and_the_other_runs_beside_it_before_a_change() -> None:
    # Would catch a computer that works twice for one voice, and a way that begins with what it heard a minute ago.
    cleaner = Cleaner(RTC, SetProcessing())
    assert processed(cleaner, *[tone(0.0005)] * 10)[:9] == [True] * 9
    assert processed(cleaner, *[tone(0.5)] * 4) == [True] * 4  # the room is quiet, but somebody speaks
    assert processed(cleaner, *[silence()] * 4, resting=True) == [True, False] + [True] * 3
    word = tone(0.5)
    assert processed(cleaner, word) == []
    assert cleaner.process(word, resting=False) is word
    cleaner.hear(silence())
    assert FakeModule.played == []
    cleaner.hear(tone(0.5))  # somebody else speaks: at once, though I do too
    assert len(FakeModule.played) == 1
    assert processed(cleaner, *[word] * 5) == [True] * 5
    assert np.abs(cleaner.process(word, resting=False)).max() == pytest.approx(0.25, rel=0.01)


def test_rumble_is_taken_away_while_there_is_some() -> None:
    # Would catch a click where the filter begins or ends, and an end in the midst of a word.
    cleaner = Cleaner(RTC, SetProcessing(echo=False, noise=False))
    processed(cleaner, *[silence()] * 11, resting=True)
    word, pop = tone(0.5), level(0.05)
    assert cleaner.process(word, resting=False) is word
    first = cleaner.process(pop, resting=False)
    assert first[0] == pop[0]
    assert first[-1] == pytest.approx(0.025, rel=0.01)
    breath = [silence()] * 20
    assert processed(cleaner, *[word] * 150, *breath, *[word] * 140) == [False] * 310
    last = cleaner.process(level(0.02), resting=True)
    assert last[-1] == pytest.approx(0.02)
    assert last[0] == pytest.approx(0.01, rel=0.01)
    assert processed(cleaner, word) == []


def test_without_echo_nothing_is_listened_to() -> None:
    cleaner = Cleaner(RTC, SetProcessing(echo=False))
    cleaner.hear(tone(0.1))
    assert FakeModule.played == []


def test_who_wants_nothing_has_the_block_itself() -> None:
    cleaner = Cleaner(RTC, SetProcessing(echo=False, noise=False, high_pass=False))
    block = tone(0.5)
    assert cleaner.process(block, resting=True) is block


def test_a_cleaned_block_stays_as_it_is_when_the_next_one_is_cleaned() -> None:
    # Mistake: the library works in one place for all blocks, and what was given out would change after it.
    cleaner = Cleaner(RTC, SetProcessing(echo=True, noise=True, high_pass=True, gain=False))
    first = cleaner.process(tone(0.4), resting=False)
    kept = first.copy()
    cleaner.process(tone(0.1, 1), resting=False)
    assert np.array_equal(first, kept)
    assert np.allclose(first, tone(0.2), atol=1e-4)
