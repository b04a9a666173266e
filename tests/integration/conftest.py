"""A broker process, and people as client processes who join it. All end with the test."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from common.invite import Invite
from tests.integration.broker_process import BrokerProcess, own_port
from tests.integration.client_process import ClientProcess

PHRASE: Final = "banjo-clover-oxidize-pelican-sixtyfold-wharf"
OTHER_PHRASE: Final = "banjo-clover-oxidize-pelican-sixtyfold-whale"


@pytest.fixture(scope="session", autouse=True)
def _no_widgets_left_to_other_threads() -> None:
    """Tests of the window may have run before: no thread of these tests may collect what they left."""
    gc.collect()


class People:
    """Makes client processes. Call it: `ann = people("Ann", "--speaker-on")`."""

    def __init__(self, broker: BrokerProcess, folder: Path, on_leaving: ExitStack) -> None:
        self._broker = broker
        self._folder = folder
        self._on_leaving = on_leaving
        self._count = 0

    def __call__(
        self, name: str, *flags: str, phrase: str = PHRASE, folder: str = "", by_address: bool = False
    ) -> ClientProcess:
        """Start somebody with silent devices; `folder` is a state folder to use again, or a fresh one."""
        self._count += 1
        where = ("--server", str(self._broker.control)) if by_address else ("--invite", self.invite)
        silent = ("--mic", "none", "--speaker", "none")  # later flags win
        home = self._folder / (folder or f"{self._count}")
        person = ClientProcess(name, phrase, home, *silent, *flags, where=where)
        self._on_leaving.callback(person.close)
        return person

    @property
    def invite(self) -> str:
        """A link to the broker, without a key."""
        ports = self._broker.voice.port, self._broker.banner.port
        return str(Invite(self._broker.control, self._broker.key, *ports, None))

    def join(self, name: str, *flags: str, phrase: str = PHRASE, folder: str = "") -> ClientProcess:
        """Start somebody, and wait until they are in the room."""
        person = self(name, *flags, phrase=phrase, folder=folder)
        person.expect("joined")
        return person


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    """On three ports in a row, as people run it, below those that the system hands out."""
    started = BrokerProcess(tmp_path / "broker")
    started.folder.mkdir()
    # Other tests may run beside this one: each begins to look at another place.
    started.start(port=own_port())
    yield started
    if started.alive:
        assert started.stop() == (0, "")


@pytest.fixture
def people(broker: BrokerProcess, tmp_path: Path) -> Iterator[People]:
    with ExitStack() as on_leaving:
        yield People(broker, tmp_path / "people", on_leaving)
