"""The parts of the mouth-to-ear rig that need no card: signals, analysis, the bad network's rules, the table."""

from __future__ import annotations

import random
import subprocess

import numpy as np
import pytest

from scripts.rig.analysis import Delays, Quality, Silent, breaks, delays, quality, speech_delays, spread
from scripts.rig.link import Line, Link, Network
from scripts.rig.runs import Result, speech, told_between
from scripts.rig.signals import RATE, Sound, chirps, speech_track, tone
from scripts.rig.steady import Steady, steady_table
from scripts.rig.table import table
from scripts.rig.wire import Wire, wire_table


def later(sound: Sound, milliseconds: float, level: float = 1.0) -> Sound:
    samples = round(milliseconds * RATE / 1_000)
    return np.concatenate([np.zeros(samples), sound])[: sound.size] * level


def test_chirps_tell_the_delay_to_a_sample() -> None:
    said = chirps(5, seed=3)
    heard = later(said, 37.5, 0.5) + np.random.default_rng(1).standard_normal(said.size) * 0.002
    found = delays(said, heard)
    assert (found.said, found.heard) == (5, 5)
    assert found.median == pytest.approx(37.5, abs=0.1)
    assert found.p95 - found.p5 < 0.2


def test_a_lost_chirp_is_lost_and_silence_is_no_delay() -> None:
    # Would catch the next chirp taken for the lost one.
    said = chirps(5, seed=3)
    heard = later(said, 20)
    first = int(np.argmax(np.abs(heard) > 0.3))
    heard[first - 4_800 : first + 4_800] = 0
    found = delays(said, heard)
    assert (found.said, found.heard) == (5, 4)
    assert found.median == pytest.approx(20, abs=0.1)
    with pytest.raises(Silent):
        delays(said, np.zeros(said.size))


def test_speech_is_judged_where_it_lies() -> None:
    said = speech()
    track, (place,) = speech_track(said, 1)
    assert np.array_equal(track[place], said)
    heard = np.concatenate([np.zeros(RATE // 20), said, np.zeros(RATE)])
    judged = quality(said, heard)
    assert judged.stoi == pytest.approx(1.0, abs=0.001)
    assert judged.lag_ms == pytest.approx(50, abs=0.1)
    noise = np.random.default_rng(1).standard_normal(heard.size) * 0.1
    assert quality(said, heard + noise).stoi < 0.95
    assert float(np.median(speech_delays(said, heard))) == pytest.approx(50, abs=0.1)
    with pytest.raises(Silent):
        quality(said, np.zeros(heard.size))


def test_breaks_of_a_tone_are_counted() -> None:
    steady = tone(4.0)
    assert breaks(steady) == 0
    broken = steady.copy()
    broken[RATE * 2 : RATE * 2 + 480] = 0
    jumped = np.concatenate([broken[: RATE * 3], broken[RATE * 3 + 130 :]])
    assert breaks(jumped) == pytest.approx(2 * 60 / 3.6, rel=0.1)  # the ends of the tone do not count
    with pytest.raises(Silent):
        breaks(np.zeros(RATE * 4))


def share_lost(network: Network, packets: int = 20_000) -> tuple[float, float]:
    """The share of lost packets, and the mean length of a row of them."""
    line = Line(network, random.Random(1))
    lost = [line.out_at(100, 0.0) is None for _ in range(packets)]
    rows = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    return sum(lost) / packets, sum(lost) / max(1, rows)


def test_losses_are_as_many_and_as_long_as_asked_for() -> None:
    for network, length in ((Network(loss=5), 1.05), (Network(loss=5, burst=4), 4.0)):
        lost, row = share_lost(network)
        assert lost == pytest.approx(0.05, abs=0.01)
        assert row == pytest.approx(length, rel=0.1)
    assert share_lost(Network())[0] == 0


def test_delay_jitter_and_a_full_link() -> None:
    line = Line(Network(delay=20, jitter=5), random.Random(1))
    out = [line.out_at(100, 1.0) or 0.0 for _ in range(1_000)]
    assert 1.015 <= min(out) < 1.016
    assert 1.024 < max(out) <= 1.025
    thin = Line(Network(kbit=80, queue=200), random.Random(1))
    due = [thin.out_at(1_000, 0.0) for _ in range(5)]  # 100 ms each, and 200 ms may wait
    assert due == [pytest.approx(0.1), pytest.approx(0.2), pytest.approx(0.3), None, None]


def test_networks_are_read() -> None:
    assert Network.parse("loss=5,delay=20,jitter=5") == Network(5, 1, 20, 5)
    assert Network.parse("clean") == Network()
    for wrong in ("loss=100", "speed=3", "loss", "loss=x", "burst=0.5"):
        with pytest.raises(ValueError, match=r".+"):
            Network.parse(wrong)


def test_a_row_of_the_table_has_medians_and_spread() -> None:
    def result(milliseconds: float, pesq: float | None) -> Result:
        judged = (Quality(pesq, 0.9, milliseconds),)
        found = Delays(20, 19, milliseconds, 30.0, 50.0)
        use = {"broker": 0.01, "speaker": 0.05, "listener": 0.04}
        counters = {"played": 99.0, "concealed": 1.0}
        return Result("ours", "on", found, (milliseconds,), judged, use, use, 0.5, counters)

    row = table([result(40, 4.0), result(42, None), result(45, 4.2)]).splitlines()[-1]
    assert "| ours, on | 3 | 42.00 (40.00-45.00) |" in row
    assert "3 of 60" in row
    assert "4.10 (4.00-4.20)" in row
    assert "| 1.00% |" in row
    assert spread([1.0]) == "1.00 (1.00-1.00)"


def test_the_tables_of_the_wire_and_of_a_tone_keep_settings_apart() -> None:
    # Would catch a figure under another column's head, or the medians of two programs mixed.
    found = [Wire("ours", "on", up, 2.0, 3.0, 4.0) for up in (10.0, 12.0, 11.0)]
    rows = wire_table([*found, Wire("mumble", "best", 9.0, 8.0, 7.0, 6.0)]).splitlines()
    assert rows[0] == "| program | runs | who speaks: up | down | who listens: down | up |"
    assert rows[2] == "| ours, on | 3 | 11.00 (10.00-12.00) | 2.00 (2.00-2.00) | 3.00 (3.00-3.00) | 4.00 (4.00-4.00) |"
    assert rows[3].startswith("| mumble, best | 1 | 9.00")
    rows = steady_table([Steady("ours", "busy", 0.0, 1.2), Steady("ours", "busy", 2.0, 1.0)]).splitlines()
    assert rows[2] == "| ours, busy | 2 | 1.00 (0.00-2.00) | 110.00 (100.00-120.00) |"


def test_what_the_listener_says_counts_for_as_long_as_it_stands() -> None:
    # Mistake: a median of changes, in which one bad moment weighs as much as ten seconds.
    told = [(1.0, 50.0), (9.0, 90.0), (9.2, None)]
    assert told_between(told, 0.0, 10.0) == 50.0
    assert told_between(told, 9.25, 10.0) is None
    assert told_between([], 0.0, 1.0) is None


@pytest.mark.skipif(bool(Link.missing()), reason=Link.missing() or "there can be a link")
def test_a_link_whose_ends_are_gone_ends() -> None:
    # Would catch a forwarder that outlives a killed bench, and takes a core for itself.
    with Link(Network()) as link:
        for end in (link.near, link.far):
            subprocess.run(["ip", "netns", "del", end[-1]], check=True)
        assert link._forwarder is not None
        assert link._forwarder.wait(timeout=30) == 0
