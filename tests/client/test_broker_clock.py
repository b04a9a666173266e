from __future__ import annotations

import random

import pytest

from client.broker_clock import LONGEST_TRIP, STALE_SECONDS, WINDOW_SECONDS, BrokerClock


def test_nothing_is_known_before_a_pong_nor_long_after_the_last() -> None:
    clock = BrokerClock()
    assert clock.offset(0.0) is None
    clock.note(10.0, 500.0, 10.0)
    assert clock.offset(10.0) == 490.0
    assert clock.offset(10.0 + STALE_SECONDS + 1) is None
    clock.forget()
    assert clock.offset(10.0) is None


def test_the_shortest_way_is_believed() -> None:
    # Mistake: a mean, which a way that is longer in one direction pulls along.
    clock = BrokerClock()
    dice = random.Random(5)
    for number in range(20):
        there, back = 0.005 + dice.random() * 0.1, 0.005
        sent = number * 0.75
        clock.note(sent, sent + there + 1_000.0, sent + there + back)
    clock.note(15.0, 15.005 + 1_000.0, 15.010)
    assert clock.offset(15.1) == pytest.approx(1_000.0, abs=0.001)


def test_clocks_that_drift_apart_are_followed() -> None:
    clock = BrokerClock()
    for number in range(1_000):
        sent = number * 0.75
        clock.note(sent, (sent + 0.005) * 1.0001, sent + 0.010)
    assert clock.offset(750.0) == pytest.approx(0.075, abs=0.001)


def test_a_broker_that_was_started_anew_counts_from_the_next_pong() -> None:
    clock = BrokerClock()
    clock.note(1.0, 9_001.0, 1.002)
    clock.note(2.0, 0.5, 2.2)
    assert clock.offset(2.2) == pytest.approx(-1.6)


def test_a_pong_that_cannot_be_is_passed_over() -> None:
    # Mistake: a broker that answers what was never asked would make up round trips below 0, the shortest of all.
    clock = BrokerClock()
    clock.note(1.0, 100.0, 1.01)
    clock.note(5.0, 900.0, 4.0)
    clock.note(5.0, 900.0, 5.0 + LONGEST_TRIP + 0.1)
    assert clock.offset(6.0) == pytest.approx(98.995)


def test_old_pongs_are_forgotten() -> None:
    clock = BrokerClock()
    clock.note(0.0, 100.0, 0.0)
    clock.note(WINDOW_SECONDS + 1, 100.0 + WINDOW_SECONDS + 1 + 0.051, WINDOW_SECONDS + 1.1)
    assert clock.offset(WINDOW_SECONDS + 2) == pytest.approx(100.001)
