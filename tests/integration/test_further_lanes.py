"""Further lanes of real clients, over loopback and through a network that loses packets."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from scripts.bench_lanes import run
from scripts.rig.link import Link, Network
from tests.integration.conftest import People
from tests.integration.test_voice_rooms import SPEECH, speak_to_the_end


@pytest.mark.parametrize("lanes", [2, 3, 4])
def test_further_lanes_bring_everything_and_nothing_twice(people: People, tmp_path: Path, lanes: int) -> None:
    # Would catch copies that are heard, that count as an attack, or a lane that the broker does not take.
    ben = people.join("Ben", "--speaker", str(tmp_path / "heard.wav"), "--speaker-on", "--lanes", str(lanes))
    ann = people.join("Ann", "--mic", str(SPEECH), "--lanes", str(lanes))
    ann.expect("lanes", count=lanes, why="asked")
    speak_to_the_end(ann, ben)
    sent, got = ann.ask("stats"), ben.ask("stats")
    assert sent["lane_frames_sent"] > 0.9 * (lanes - 1) * sent["voice_frames_sent"]
    assert got["lane_copies"] > 500 * (lanes - 1)
    assert 0 <= got["lane_copies"] - got["copies"] <= 4  # the last may be on their way to the voice thread
    assert got["played"] + got["discarded"] + got["skipped"] <= sent["voice_frames_sent"]
    assert got["refused"] == got["replayed"] == got["duplicated"] == 0


@pytest.mark.skipif(bool(Link.missing()), reason=Link.missing() or "there can be a link")
def test_a_network_that_loses_packets_opens_it() -> None:
    # Would catch a client that never notices, or a frame that gets lost between the lanes.
    found = run(Network(loss=5, delay=20), "auto", 1, Namespace(way="up", seconds=10.0, talkers=1))
    assert [(count, why) for _, count, why in found["told"]][:1] == [(2, "loss_up")], found["counters"]
    assert found["counters"]["lane_frames_sent"] > 0
    missing = found["sent"] - len(found["delays"])
    assert missing <= found["counters"]["voice_dropped_sending"]
