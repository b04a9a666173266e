from __future__ import annotations

import pytest

from scripts.mayhem.returns import Span, Stay, returns

BROKER = Span(10.0, 20.0)


@pytest.mark.parametrize(
    ("life", "joined", "seconds"),
    [
        (Span(0.0, 30.0), [1.0, 10.5], [0.5]),
        (Span(0.0, 30.0), [1.0, 5.0, 10.5, 11.0], [0.5]),  # the first time that it is back counts
        (Span(9.0, 30.0), [11.0], []),  # was never in the room before: it has its key to make first
        (Span(0.0, 10.5), [1.0], []),  # died before it could be back
        (Span(0.0, 9.0), [1.0], []),  # was dead already
        (Span(0.0, 30.0), [1.0], [10.0]),  # mistake: one that never came back is left out
        (Span(0.0, 30.0), [1.0, 25.0], [10.0]),  # back with the next broker only
        (Span(0.0, 13.0), [1.0], [3.0]),
    ],
)
def test_one_client(life: Span, joined: list[float], seconds: list[float]) -> None:
    assert returns([BROKER], [Stay(life, joined)]) == seconds


def test_a_broker_that_dies_again_at_once_leaves_nobody_time() -> None:
    stay = Stay(Span(0.0, 30.0), [1.0, 12.5])
    assert returns([Span(10.0, 10.5), Span(12.0, 20.0)], [stay]) == [0.5]
