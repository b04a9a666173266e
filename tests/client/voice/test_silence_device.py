from __future__ import annotations

import pytest

from client.voice.device import BLOCK_SECONDS, silence
from client.voice.silence_device import RealTime, SilentMicrophone, SilentSpeaker


def test_a_block_is_owed_for_each_ten_milliseconds() -> None:
    time = RealTime(5.0)
    assert time.behind(5.009) == 0
    assert time.due(5.004) == pytest.approx(0.006)
    assert time.behind(5.010) == 1
    assert time.due(5.011) == 0.0
    time.blocks += 1
    assert time.behind(5.015) == 0


def test_hours_of_blocks_come_out_right() -> None:
    # Mistake: to add 0.01 again and again, which drifts.
    time = RealTime(5.0)
    time.blocks = 3_599_999
    assert time.behind(5.0 + 3_600_000 * BLOCK_SECONDS) == 1


def test_after_a_long_stop_most_of_it_is_passed_over() -> None:
    time = RealTime(5.0)
    assert time.behind(105.0) == 50
    time.blocks += 50
    assert time.behind(105.0) == 0
    assert time.behind(105.01) == 1


def test_silent_devices_keep_time() -> None:
    microphone, speaker = SilentMicrophone(5.0), SilentSpeaker(5.0)
    assert microphone.read(5.0) is None
    block = microphone.read(5.01)
    assert block is not None
    assert not block.any()
    assert microphone.read(5.01) is None
    assert microphone.due(5.01) == pytest.approx(0.01)
    assert speaker.wanted(5.02) == 2
    speaker.write(silence())
    assert speaker.wanted(5.02) == 1
    assert speaker.due(5.02) == 0.0
    microphone.close()
    speaker.close()
