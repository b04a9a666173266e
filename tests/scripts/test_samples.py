from __future__ import annotations

import pytest

from scripts.soaking.samples import Sample, early_and_late, growth

FLAT = [Sample(50.0, 30, 8, float(second)) for second in range(40)]


def test_what_is_flat_is_flat() -> None:
    # Would catch a soak that nobody can pass: memory warms up, and a sample in the midst of a reconnect is high.
    warming = [Sample(20.0, 10, 3, 0.0)] * 5
    assert growth("broker", warming + FLAT) == []
    spiky = [*FLAT[:-3], Sample(80.0, 60, 12, 40.0), *FLAT[-2:]]
    assert growth("broker", spiky) == []
    early, late = early_and_late(FLAT)
    assert (early.memory, late.memory) == (50.0, 50.0)
    assert late.cpu > early.cpu


@pytest.mark.parametrize(
    ("step", "word"),
    [((0.5, 0, 0), "memory"), ((0.0, 1, 0), "descriptors"), ((0.0, 0, 1), "threads")],
)
def test_what_grows_is_found(step: tuple[float, int, int], word: str) -> None:
    # Would catch a leak that is small in each minute.
    memory, descriptors, threads = step
    leaking = [
        Sample(
            one.memory + number * memory, one.descriptors + number * descriptors, one.threads + number * threads, 0.0
        )
        for number, one in enumerate(FLAT)
    ]
    (found,) = growth("broker", leaking)
    assert word in found
