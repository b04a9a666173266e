"""How loud somebody is heard."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from client.tuning import Tuning, Untuned


@pytest.mark.parametrize(
    ("wish", "kept"), [(-6.0, -6.0), (99.0, 12.0), (-99.0, -20.0), (math.nan, 0.0), (math.inf, 0.0)]
)
def test_volumes_stay_in_bounds(wish: float, kept: float) -> None:
    # mistake: a program that asks for 200 dB is heard by the whole street
    assert Tuning().louder(wish).decibels == kept


def test_gain() -> None:
    assert Tuning().gain == 1.0
    assert Tuning(20.0 * math.log10(2.0)).gain == pytest.approx(2.0)
    assert Tuning(6.0, muted=True).gain == 0.0
    assert replace(Tuning(6.0, muted=True), muted=False) == Tuning(6.0)  # mistake: to mute forgets the volume


def test_without_a_disk_nothing_is_remembered() -> None:
    store = Untuned()
    store.keep_tuning(bytes(32), Tuning(6.0))
    assert store.tuning(bytes(32)) == Tuning()
