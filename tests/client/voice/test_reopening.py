from __future__ import annotations

from client.voice.reopening import STEADY_SECONDS, TRIES, WAITS, Reopening


def test_tries_become_rarer_and_end() -> None:
    reopening, now = Reopening(), 100.0
    assert not reopening.begin(now)
    for wait in (*WAITS, *[WAITS[-1]] * (TRIES - len(WAITS))):
        assert reopening.lost(now)
        assert reopening.under_way
        assert reopening.due(now) == wait
        assert not reopening.begin(now)
        now += 2.0
        assert reopening.begin(now)
        assert not reopening.begin(now)  # mistake: another try at each step for as long as the first takes
        assert reopening.under_way
    assert not reopening.lost(now)  # mistake: a microphone that opens by itself tomorrow
    assert not reopening.under_way


def test_a_device_that_worked_for_long_gets_all_its_tries_again() -> None:
    reopening = Reopening()
    reopening.lost(0.0)
    reopening.lost(1.0)
    reopening.opened(2.0)
    assert not reopening.under_way
    reopening.lost(2.5)
    assert reopening.due(2.5) == WAITS[2]  # it hardly worked: go on where it was
    reopening.opened(10.0)
    reopening.lost(10.0 + STEADY_SECONDS + 1)
    assert reopening.due(10.0 + STEADY_SECONDS + 1) == WAITS[0]


def test_the_user_ends_it() -> None:
    reopening = Reopening()
    reopening.lost(0.0)
    reopening.stop()
    assert not reopening.under_way
    assert reopening.due(0.0) == 0.0
