"""Who talks is seen in the list when it is heard: real window, network thread, voice thread, broker and talker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from client.commands import Quit
from client.network import Network
from client.store import Store
from client.ui import texts
from client.ui.app import Opening
from client.voice.device import Block
from common.invite import Invite
from tests.gui.test_with_broker import PHRASE, broker
from tests.gui.window import PATIENCE, DrivenWindow
from tests.integration.broker_process import ROOT, BrokerProcess
from tests.integration.client_process import ClientProcess

__all__ = ["broker"]

SEEN_WITHIN = 0.5  # seconds after it is heard: how soon it is, docs/benchmarks.md tells; a timer would be longer
TALKS = 5


@pytest.fixture
def ben(broker: BrokerProcess, tmp_path: Path) -> Iterator[ClientProcess]:
    """Somebody who speaks a file whenever the microphone is turned on."""
    invite = Invite(broker.control, broker.key, broker.voice.port, broker.banner.port, None)
    speech = str(ROOT / "tests/sounds/speech.wav")
    flags = ("--mic", speech, "--speaker", "none", "--transmit", "always")
    person = ClientProcess("Ben", PHRASE, tmp_path / "ben", *flags, where=("--invite", str(invite)))
    yield person
    person.close()


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    started = Network(Store(tmp_path / "ann"), microphone="none", speaker="none")
    started.start()
    yield started
    started.submit(Quit())
    started.join(PATIENCE)


class Ear:
    """When sound was given to the speaker."""

    def __init__(self, network: Network) -> None:
        playback = network._voice._pipeline.playback
        self.heard: list[float] = []
        self._next = playback._hear
        playback._hear = self.hear

    def hear(self, block: Block) -> None:
        if float(np.abs(block).max()) > 0:
            self.heard.append(time.monotonic())
        self._next(block)


def test_talking_is_seen_as_soon_as_it_is_heard(
    broker: BrokerProcess, ben: ClientProcess, network: Network, open_window: Callable[..., DrivenWindow]
) -> None:
    # Would catch a report that waits for a timer, on any of the four threads that it passes.
    ben.expect("joined")
    ear = Ear(network)
    window = open_window(Opening(str(broker.control), "Ann", PHRASE, connect=True, speaker_on=True), backend=network)
    ben.expect("listening", count=1)
    roster = window.app.page.roster

    def shown() -> bool:
        return any("Ben" in row and texts.TALKING in row for row in map(roster.row_text, roster._rows))

    behind = []
    for number in range(TALKS):
        ear.heard.clear()
        ben.do("mic", on=True)
        window.until(shown)
        window.root.update()  # and drawn
        seen = time.monotonic()
        window.until(lambda: ear.heard)
        behind.append(seen - ear.heard[0])
        if number == 0:
            window.picture("talking")
        ben.do("mic", on=False)
        window.until(lambda: not shown())
        window.settle()
    assert sorted(behind)[TALKS // 2] < SEEN_WITHIN, behind
