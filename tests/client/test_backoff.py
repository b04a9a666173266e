"""Waits between attempts: short at first, bounded always, afresh after success."""

from __future__ import annotations

from client.backoff import BackOff


def test_waits_grow_to_a_cap_that_rises_after_a_minute() -> None:
    backoff = BackOff()
    assert [backoff.next_wait(float(second), 0.0) for second in range(5)] == [0.25, 0.5, 1.0, 1.5, 1.5]
    # A broker that is away for longer is asked less often, but never less than every 8 s.
    assert [backoff.next_wait(100.0, 0.0) for _ in range(4)] == [3.0, 6.0, 8.0, 8.0]


def test_jitter_takes_off_a_quarter_at_most() -> None:
    assert BackOff().next_wait(0.0, 1.0) == 0.25 * 0.75
    assert BackOff().next_wait(0.0, 0.5) == 0.25 * 0.875


def test_success_starts_afresh() -> None:
    backoff = BackOff()
    for second in range(100):
        backoff.next_wait(float(second), 0.0)
    backoff.reset()
    # Without forgetting the time too, the next trouble would begin with the slow cap.
    assert [backoff.next_wait(1_000.0 + n, 0.0) for n in range(5)][-1] == 1.5
