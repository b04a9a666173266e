"""A client whose computer changes its network: a namespace of its own, and another address in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from common.invite import Invite
from tests.integration.broker_process import BrokerProcess
from tests.integration.client_process import ClientProcess
from tests.integration.conftest import PHRASE

NAME = f"sc{os.getpid()}"
NETWORK = f"198.18.{os.getpid() % 256}"  # of the range for tests of networks


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=10)


@pytest.fixture
def namespace() -> Iterator[str]:
    """Two ends of a cable: ours has .1, the one in the namespace .2."""
    if shutil.which("ip") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("network namespaces need `ip` and root")
    ours, theirs = f"{NAME}a", f"{NAME}b"
    try:
        ip("netns", "add", NAME)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr!r}")
    try:
        ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", NAME)
        ip("addr", "add", f"{NETWORK}.1/24", "dev", ours)
        ip("link", "set", ours, "up")
        ip("-n", NAME, "addr", "add", f"{NETWORK}.2/24", "dev", theirs)
        ip("-n", NAME, "link", "set", theirs, "up")
        yield theirs
    finally:
        ip("netns", "del", NAME)  # and the cable with it


def stay_and_move(ann: ClientProcess, namespace: str) -> None:
    ann.expect("joined")
    mark = ann.mark
    ip("-n", NAME, "addr", "del", f"{NETWORK}.2/24", "dev", namespace)
    ip("-n", NAME, "addr", "add", f"{NETWORK}.3/24", "dev", namespace)
    assert "way to the broker" in ann.expect("disconnected", after=mark)["reason"]
    ann.expect("joined", after=mark)
    ann.say("from another network")
    ann.expect("sent")
    assert ann.ask("stats")["reconnects"] == 1
    assert ann.quit() == 0


def test_another_network_brings_the_client_back_at_once(namespace: str, tmp_path: Path) -> None:
    # Would catch a client that waits for six seconds of silence, or for its back-off, when it could know better.
    flags = ("--mic", "none", "--speaker", "none")
    with BrokerProcess(tmp_path, "--host", f"{NETWORK}.1") as broker:
        where = ("--server", str(Invite(broker.control, broker.key, broker.voice.port, broker.banner.port, None)))
        ann = ClientProcess("Ann", PHRASE, tmp_path / "ann", *flags, where=where, under=("ip", "netns", "exec", NAME))
        with closing(ann):
            stay_and_move(ann, namespace)
