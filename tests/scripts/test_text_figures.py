from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scripts.bench.text_figures import Measured, spread, text_figures

MS = 1_000_000
S = 1_000_000_000
BEGUN = {bytes([number]): S + number * 10 * MS for number in range(100)}


def measured() -> Measured:
    """A second of 100 posts: stored after 2 ms, open at two readers after 3 ms."""
    shown = [(post, begun + 3 * MS) for post, begun in BEGUN.items() for _ in range(2)]
    stored = {post: begun + 2 * MS for post, begun in BEGUN.items()}
    none = np.array([], np.int64)
    return Measured((S, 2 * S), BEGUN, stored, shown, 1_000.0, 0, none, 0.1, [0.2], 0.5)


def test_delays_and_rate() -> None:
    figures = text_figures(measured())
    assert figures.shown is not None
    assert figures.acknowledged is not None
    assert (figures.shown.p99, figures.acknowledged.p50) == pytest.approx((3, 2))
    assert figures.stored_a_second == pytest.approx(100)
    assert (figures.voice, figures.limits) == (None, ())


def test_only_posts_of_the_window_count() -> None:
    figures = text_figures(replace(measured(), window=(S, S + 500 * MS), shown=[(b"\0", 9 * S), (b"\x63", 9 * S)]))
    assert figures.stored_a_second == pytest.approx(100)
    assert figures.shown is not None
    assert figures.shown.max == pytest.approx(8_000)


def test_nothing_shown_has_no_percentiles() -> None:
    figures = text_figures(replace(measured(), begun={}, stored={}, shown=[], voice=np.array([MS, 3 * MS])))
    assert (figures.shown, figures.acknowledged, figures.stored_a_second) == (None, None, 0)
    assert figures.voice is not None
    assert figures.voice.p50 == pytest.approx(2)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"load_cpu": [0.1, 0.9]}, "a load process used 90% of a core"),
        ({"machine_cpu": 0.97}, "the machine was busy: 97% of all cores"),
        ({"offered": 101.0}, "no more than 101 posts a second were offered"),
    ],
)
def test_a_load_generator_that_was_the_limit_is_told(what: dict[str, object], reason: str) -> None:
    # mistake: what the generator could not offer is called the most that the broker can take
    assert text_figures(replace(measured(), **what)).limits == (reason,)  # type: ignore[arg-type]


def test_spread() -> None:
    assert str(spread([3.0, 1.0, 2.0])) == "2.00 (1.00 to 3.00)"
