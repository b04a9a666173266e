from __future__ import annotations

from itertools import islice
from random import Random

from scripts.mayhem.strikes import strikes


def drawn(seed: int, twins: float) -> list[tuple[float, float, bool]]:
    return [(strike.after, strike.down, strike.twin) for strike in islice(strikes(Random(seed), twins), 500)]


def test_one_seed_gives_one_plan() -> None:
    assert drawn(1, 0.5) == drawn(1, 0.5) != drawn(2, 0.5)


def test_some_strikes_come_while_a_process_starts_and_most_while_it_works() -> None:
    moments = [after for after, _, _ in drawn(1, 0.0)]
    assert 0.1 < sum(after < 0.5 for after in moments) / len(moments) < 0.3
    assert sum(after > 1.5 for after in moments) > len(moments) / 2 - 50


def test_the_share_of_twins() -> None:
    assert not any(twin for _, _, twin in drawn(1, 0.0))
    assert all(twin for _, _, twin in drawn(1, 1.0))
