"""Volume without clicks."""

from __future__ import annotations

import numpy as np

from client.voice.fader import Fader

ONES = np.ones(480, np.float32)


def test_as_it_is_nothing_is_copied() -> None:
    assert Fader().apply(ONES) is ONES


def test_a_change_takes_one_block_and_has_no_step() -> None:
    # mistake: a click whenever the slider moves
    fader = Fader()
    fader.set(0.5)
    first, second = fader.apply(ONES), fader.apply(ONES)
    assert first is not None
    assert second is not None
    assert (first[0], first[-1]) == (1.0, 0.5)
    assert float(np.abs(np.diff(first)).max()) < 0.002
    assert np.all(second == 0.5)
    assert second.dtype == first.dtype == np.float32


def test_to_nothing_it_fades_and_only_then_is_silent() -> None:
    # mistake: what was being said ends in a crack
    fader = Fader()
    fader.set(0.0)
    assert fader.closed
    assert not fader.silent
    fading = fader.apply(ONES)
    assert fading is not None
    assert (fading[0], fading[-1]) == (1.0, 0.0)
    assert fader.silent


def test_silence_stays_silence_and_counts_as_a_block() -> None:
    fader = Fader()
    fader.set(0.0)
    assert fader.apply(None) is None
    assert fader.silent
