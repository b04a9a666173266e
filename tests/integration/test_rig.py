"""The mouth-to-ear bench in a short form: one run of ours on the rig's own card."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.rig.link import Link
from scripts.rig.sound_card import NEEDED, missing
from tests.integration.broker_process import ROOT

pytest.importorskip("pyaudio")
pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(bool(missing(NEEDED)), reason=f"the rig needs: {missing(NEEDED)}"),
]

UNDERSTOOD = 0.45  # STOI: another sound, or one that is out of place, has 0.3 at most


def bench(folder: Path, *flags: str) -> list[dict[str, object]]:
    told(*flags, "--json", str(folder / "found.json"), "--plot", str(folder / "found.png"))
    assert (folder / "found.png").stat().st_size > 1_000
    results: list[dict[str, object]] = json.loads((folder / "found.json").read_text())["results"]
    return results


def likeness(found: dict[str, object]) -> float:
    """STOI of the speech that came best: a machine busy with other work makes any sound server skip now and then."""
    return float(max(one["stoi"] for one in found["quality"]))  # type: ignore[attr-defined]


def told(*flags: str) -> str:
    command = [sys.executable, "scripts/bench_mouth_to_ear.py", "--runs", "1", "--chirps", "4", "--speech", "1", *flags]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "SECURE_CHAT_SETUP_DONE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_voice_comes_from_mouth_to_ear_straight_and_through_us(tmp_path: Path) -> None:
    # Would catch a card that hands sound on faster than a period, as no real one does, or two clocks. How well speech
    # comes is for the bench to tell: where a machine stands still in the middle of it, no card plays all of it.
    zero, ours = bench(tmp_path, "--only", "straight,front end off", "--speech", "2")
    assert 10.0 <= zero["chirps"]["median"] < 300.0  # type: ignore[index]
    assert zero["chirps"]["heard"] == zero["chirps"]["said"] > 0  # type: ignore[index]
    assert likeness(zero) > UNDERSTOOD
    assert ours["chirps"]["heard"] == ours["chirps"]["said"] > 0  # type: ignore[index]
    assert likeness(ours) > UNDERSTOOD
    # What the listener says is that of the rig, by far less than another unit, sign or clock would make it.
    assert abs(ours["estimate"] - ours["chirps"]["median"]) < 80.0  # type: ignore[index]


@pytest.mark.skipif(bool(Link.missing()), reason=Link.missing())
def test_a_voice_comes_through_a_bad_network(tmp_path: Path) -> None:
    (found,) = bench(tmp_path, "--only", "front end off", "--net", "delay=20,loss=1")
    assert found["chirps"]["median"] > 35  # type: ignore[index]


def test_a_busy_thread_leaves_the_voice_alive() -> None:
    idle, busy = told("--busy", "4").splitlines()[2:]
    assert idle.startswith("| ours, front end off | 1 | ")
    assert busy.startswith("| ours, busy | 1 | ")
    for row in (idle, busy):  # a break each second is a machine that stands still; a voice that starves has fifty
        assert float(row.split("|")[3].split()[0]) <= 60.0, row


@pytest.mark.skipif(bool(Link.missing()), reason=Link.missing())
def test_a_talk_costs_more_upwards_than_its_packets_alone() -> None:
    up = float(told("--wire", "--only", "front end off").splitlines()[2].split("|")[3].split()[0])
    assert 97.0 < up < 400.0  # kbit/s: Opus alone has 96
