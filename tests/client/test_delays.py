"""Two clients' clocks, a broker's third, and what becomes of a known delay between them."""

from __future__ import annotations

import random

import pytest

from client.delays import MARK_SECONDS, MOST, SHOWN_SECONDS, Delays
from common.crypto.sealing import ClockSignal
from common.limits import CLOCK_MIN_SECONDS, CLOCK_REFRESH_SECONDS, MAX_INTEGER

ANN = b"ann"
MEDIA = 2**32 - 48_000  # goes over its end within a second


def synchronous(offset: float = 1_000.0, now: float = 0.0) -> Delays:
    delays = Delays()
    delays.clock.note(now, now + offset, now)
    return delays


@pytest.mark.parametrize("jitter", [0.0, 0.03])
@pytest.mark.parametrize("drift", [-2e-4, 0.0, 2e-4])
def test_the_delay_is_found_whatever_the_clocks_show(jitter: float, drift: float) -> None:
    """Five minutes; the speaker's clock and card run `drift` fast, and the ways to the broker are uneven."""
    dice = random.Random(7)
    mouth, ear = Delays(), Delays()
    found = []
    for tick in range(400):
        true = 10.0 + tick * 0.75
        mine, theirs = true * (1 + drift) + 77.0, true - 5.0
        for clock, now in ((mouth.clock, mine), (ear.clock, theirs)):
            there, back = 0.004 + dice.random() * jitter, 0.004 + dice.random() * jitter
            clock.note(now - there - back, true - back + 4_000.0, now)
        media = MEDIA + round(true * (1 + drift) * 48_000)
        mouth.spoke(media % 2**32, mine, mine)
        signal = mouth.take_due(mine)
        if signal is not None:
            ear.told(ANN, signal, theirs)
        ear.played(ANN, media % 2**32, theirs + 0.045, theirs)
        if tick > 30:
            found.append(ear.worst_ms(theirs))
    assert all(one is not None for one in found)
    assert max(abs(one - 45) for one in found if one is not None) <= 2 + abs(drift) * 5_000 + jitter * 100


def test_it_is_told_when_a_talk_begins_when_listeners_come_and_now_and_then() -> None:
    delays = synchronous()
    told = []
    for second in range(30):
        now = float(second)
        if second == 17:
            delays.listener_came()
        delays.clock.note(now, now + 1_000.0, now)
        delays.spoke(second * 48_000, now, now)
        if delays.take_due(now) is not None:
            told.append(second)
    assert told == [0, 10, 17, 27]
    assert CLOCK_REFRESH_SECONDS == 10


def test_a_way_that_changed_is_told_soon_and_not_at_every_step() -> None:
    delays = synchronous()
    delays.spoke(0, 0.0, 0.0)
    assert delays.take_due(0.0) == ClockSignal(0, 1_000_000_000)
    for step in range(1, 20):  # a front end that goes to and fro
        now = step * 0.1
        delays.spoke(step * 4_800, now - 0.015 * (step % 2), now)
        assert delays.take_due(now) is None
    delays.spoke(96_000, CLOCK_MIN_SECONDS - 0.015, CLOCK_MIN_SECONDS)
    assert delays.take_due(CLOCK_MIN_SECONDS) == ClockSignal(96_000, 1_001_985_000)
    assert delays.take_due(CLOCK_MIN_SECONDS) is None


def test_without_a_clock_nothing_is_told() -> None:
    delays = Delays()
    delays.spoke(0, 0.0, 0.0)
    assert delays.take_due(0.0) is None


@pytest.mark.parametrize("offset", [-50.0, 2.0 * MAX_INTEGER / 1e6])
def test_a_brokers_clock_that_cannot_be_is_not_passed_on(offset: float) -> None:
    # Mistake: what does not fit into the signal would stop the network thread.
    delays = synchronous(offset)
    delays.spoke(0, 0.0, 0.0)
    assert delays.take_due(0.0) is None


@pytest.mark.parametrize("spoken", [0, MAX_INTEGER, 1_000_030_000, 999_999_000 - round(MOST * 1e6)])
def test_a_claim_that_cannot_be_shows_nothing(spoken: int) -> None:
    delays = synchronous()
    delays.told(ANN, ClockSignal(0, spoken), 0.0)
    delays.played(ANN, 0, 0.0, 0.0)
    assert delays.worst_ms(0.0) is None
    assert delays.news(ANN, 0.0) is None


def test_a_speaker_that_is_a_little_ahead_is_at_nought() -> None:
    delays = synchronous()
    delays.told(ANN, ClockSignal(0, 1_000_010_000), 0.0)
    delays.played(ANN, 0, 0.0, 0.0)
    assert delays.worst_ms(0.0) == 0


def test_what_was_held_back_on_its_way_replaces_nothing() -> None:
    # Mistake: a broker that gives out an old signal makes the delay unknown.
    delays = synchronous()
    delays.told(ANN, ClockSignal(480_000, 1_010_000_000), 0.0)
    delays.told(ANN, ClockSignal(0, 1_000_500_000), 0.0)
    delays.played(ANN, 480_000, 10.045, 0.0)
    assert delays.worst_ms(0.0) == 45


def test_only_who_has_told_has_a_delay() -> None:
    delays = synchronous()
    delays.played(ANN, 0, 0.0, 0.0)
    assert delays.news(ANN, 0.0) is None
    assert delays.worst_ms(0.0) is None


def test_news_are_calm_and_tell_when_it_is_not_known_any_more() -> None:
    delays = synchronous()
    delays.told(ANN, ClockSignal(0, 1_000_000_000), 0.0)
    delays.played(ANN, 0, 0.045, 0.0)
    assert delays.news(ANN, 0.0) == (45,)
    for at in (0.047, 0.047, 0.047):  # 2 ms are not worth a look
        delays.played(ANN, 0, at, 0.5)
    assert delays.news(ANN, SHOWN_SECONDS + 0.1) is None
    for at in (0.080, 0.080, 0.080, 0.080):
        delays.played(ANN, 0, at, 2.0)
    assert delays.news(ANN, 2.0) == (80,)
    assert delays.news(ANN, 2.5) is None
    delays.clock.note(40.0, 1_040.0, 40.0)
    delays.played(ANN, 0, 0.080, MARK_SECONDS + 5.0)  # what was told is too old
    assert delays.news(ANN, 40.0) == (None,)


def test_the_longest_is_that_of_who_was_heard_lately() -> None:
    # Mistake: one bad voice of an hour ago that `stats` shows for the rest of the day.
    delays = synchronous()
    for speaker, at in ((ANN, 0.300), (b"ben", 0.045)):
        delays.told(speaker, ClockSignal(0, 1_000_000_000), 0.0)
        delays.played(speaker, 0, at, 0.0)
    assert delays.worst_ms(MARK_SECONDS) == 300
    delays.clock.note(40.0, 1_040.0, 40.0)
    delays.told(b"ben", ClockSignal(0, 1_000_000_001), 1.0)
    delays.played(b"ben", 0, 0.045, 1.0)
    assert delays.worst_ms(MARK_SECONDS + 0.5) == 45
    assert delays.worst_ms(MARK_SECONDS + 1.5) is None


def test_whoever_leaves_and_a_lost_connection_are_forgotten() -> None:
    delays = synchronous()
    delays.told(ANN, ClockSignal(0, 1_000_000_000), 0.0)
    delays.played(ANN, 0, 0.045, 0.0)
    delays.gone(ANN)
    assert delays.worst_ms(0.0) is None
    delays.told(ANN, ClockSignal(0, 1_000_000_000), 0.0)
    delays.spoke(0, 0.0, 0.0)
    delays.lost()
    assert delays.take_due(0.0) is None
    delays.played(ANN, 0, 0.045, 0.0)
    assert delays.worst_ms(0.0) is None
