from __future__ import annotations

import pytest

from scripts.bench.shares import Shares


class Clock:
    """Goes on by what is said with `pass_`."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def pass_(self, nanoseconds: int) -> None:
        self.now += nanoseconds


class Work:
    """`outer` takes 5 of its own, and 7 for each time that it calls `inner`."""

    clock = Clock()

    def outer(self, times: int) -> int:
        self.clock.pass_(2)
        done = sum(self.inner() for _ in range(times))
        self.clock.pass_(3)
        return done

    def inner(self) -> int:
        self.clock.pass_(7)
        return 1

    def broken(self) -> None:
        self.clock.pass_(4)
        raise ValueError("as meant")


def test_each_part_is_told_its_own_time_and_everything_is_put_back() -> None:
    # mistake: a part that calls another one is told the other's time as well, and the sum is more than all
    shares = Shares(Work.clock)
    before = Work.inner
    with shares.watching({"out": [(Work, "outer")], "in": [(Work, "inner")], "bad": [(Work, "broken")]}):
        assert Work().outer(2) == 2
        assert Work().outer(1) == 1
        with pytest.raises(ValueError, match="as meant"):
            Work().broken()
    assert shares.spent == {"out": 10, "in": 21, "bad": 4}
    assert Work.inner is before
    Work().outer(5)
    assert shares.spent["in"] == 21
