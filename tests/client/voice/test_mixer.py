from __future__ import annotations

import numpy as np

from client.voice.device import Block
from client.voice.mixer import KNEE, mix


def level(value: float) -> Block:
    return np.full(480, value, np.float32)


def test_nobody_is_silence() -> None:
    assert not mix([]).any()
    assert mix([]).size == 480


def test_one_below_the_knee_is_untouched() -> None:
    # Mistake: a limiter that always colours: one talker must come out bit by bit.
    block = (np.random.default_rng(2).uniform(-KNEE, KNEE, 480)).astype(np.float32)
    assert np.array_equal(mix([block]), block)


def test_several_are_summed() -> None:
    assert np.allclose(mix([level(0.1), level(0.2), level(-0.05)]), 0.25)


def test_ten_shouting_people_do_not_wrap_or_clip_hard() -> None:
    loud = mix([level(0.9)] * 10)
    assert loud.dtype == np.float32
    assert np.all(loud <= 1.0)
    assert np.all(loud > KNEE)
    assert np.all(mix([level(-0.9)] * 10) >= -1.0)


def test_louder_stays_louder() -> None:
    steps = [float(mix([level(value)])[0]) for value in np.linspace(0, 1.2, 50)]
    assert steps == sorted(steps)
