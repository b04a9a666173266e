"""A broker that lets in only keys that it knows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from common.banner import decode_key
from tests.integration.broker_process import ROOT, BrokerProcess, own_port, wait_for
from tests.integration.conftest import People


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text("# nobody yet\n")
    return path


@pytest.fixture
def private(tmp_path: Path, keys: Path) -> Iterator[BrokerProcess]:
    broker = BrokerProcess(tmp_path / "broker", "--allow-keys", str(keys))
    broker.folder.mkdir()
    broker.start(port=own_port())
    yield broker
    assert broker.stop() == (0, "")


def key_of(folder: Path) -> str:
    """What the client with this state folder prints for the broker's host."""
    command = [sys.executable, "-m", "client", "--show-key", "--state-dir", str(folder / "state")]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert len(decode_key(printed.strip())) == 32
    return printed.strip()


def test_only_those_who_are_known_get_in(private: BrokerProcess, keys: Path, tmp_path: Path) -> None:
    # Would catch a door that is shown as locked and is open, and a friend who is never told why he waits.
    folder = tmp_path / "people"
    with ExitStack() as on_leaving:
        people = People(private, folder, on_leaving)
        keys.write_text(f"{key_of(folder / 'ann')}  Ann\n")
        assert key_of(folder / "ann") in keys.read_text()  # the same each time
        ann = people.join("Ann", "--lasting-key", "--speaker-on", folder="ann")
        for flags, name in (([], "Ben"), (["--lasting-key"], "Cem")):
            stranger = people(name, *flags, folder=name.lower())
            assert "--show-key" in stranger.expect("error", code="key_not_allowed")["message"]
            assert stranger.expect("disconnected")["retry_in"] is None
        wait_for(private, "reason=connection: key_not_allowed")
        keys.write_text(f"{keys.read_text()}{key_of(folder / 'dan')}\n")
        dan = people.join("Dan", "--lasting-key", "--speaker-on", "--mic-on", "--transmit", "always", folder="dan")
        dan.say("let in without a new start")
        ann.reads("let in without a new start")
        ann.expect("talking", name="Dan", on=True)  # the voice port knows him too
