"""A message that never ends shows in bytes that become no messages."""

from __future__ import annotations

from client.unfinished import ENVELOPE, Unfinished
from common import limits

LARGEST = limits.FROM_BROKER_BYTES


def test_a_message_without_end_shows_however_slow() -> None:
    for each in (100_000_000, 1_000_000, 2_000):
        watch, received = Unfinished(0.0), 0
        for second in range(1, 40_000):
            received += each
            if watch.too_much(received, 0, float(second)):
                break
        assert received >= 32 * LARGEST
        assert received <= 32 * LARGEST * 2.1 + each


def test_honest_traffic_may_go_on_for_ever() -> None:
    watch, received, taken = Unfinished(0.0), 0, 0
    for second in range(1, 100_000):
        waiting = LARGEST if second % 7 == 0 else 0  # one that has begun
        received += 50 * (200 + 40) + 30  # voice, and heartbeats
        taken += 50 * (200 + ENVELOPE)
        assert not watch.too_much(received + waiting, taken, float(second))


def test_what_envelopes_were_counted_too_large_is_no_credit() -> None:
    watch = Unfinished(0.0)
    assert not watch.too_much(1_000, 100_000_000, 1.0)
    assert watch.too_much(1_000 + 33 * LARGEST, 100_000_000, 2.0)
