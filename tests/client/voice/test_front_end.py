from __future__ import annotations

import numpy as np

from client.voice.device import silence
from client.voice.front_end import LevelMeter, PlainFrontEnd


def test_the_plain_one_changes_nothing() -> None:
    front_end, block = PlainFrontEnd(), np.full(480, 0.3, np.float32)
    front_end.hear(silence())
    assert front_end.process(block) is block


def test_the_level_is_the_peak_of_a_tenth_of_a_second() -> None:
    meter, loud = LevelMeter(), silence()
    loud[7] = -0.5
    levels = [meter.measure(block) for block in [silence()] * 4 + [loud] + [silence()] * 5]
    assert levels[:-1] == [None] * 9
    assert levels[-1] == 0.5
    assert [meter.measure(silence()) for _ in range(10)][-1] == 0.0  # mistake: a peak that never falls
