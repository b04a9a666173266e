"""The real window with the real network thread and a real broker, and somebody else as a process of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client.commands import Quit
from client.network import Network
from client.store import Store
from client.ui import texts
from common.invite import Invite
from scripts.processes import free_port
from tests.gui.window import PATIENCE, DrivenWindow
from tests.integration.broker_process import BrokerProcess
from tests.integration.client_process import ClientProcess

PHRASE = "banjo-clover-oxidize-pelican-sixtyfold-wharf"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    folder = tmp_path / "broker"
    folder.mkdir()
    started = BrokerProcess(folder)
    started.start(port=free_port(random.randrange(20_000, 30_000, 10)))
    yield started
    assert started.stop() == (0, "")


@pytest.fixture
def ben(broker: BrokerProcess, tmp_path: Path) -> Iterator[ClientProcess]:
    invite = Invite(broker.control, broker.key, broker.voice.port, broker.banner.port, None)
    silent = ("--mic", "none", "--speaker", "none")
    person = ClientProcess("Ben", PHRASE, tmp_path / "ben", *silent, where=("--invite", str(invite)))
    yield person
    person.close()


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    started = Network(Store(tmp_path / "ann"), microphone="none", speaker="none")
    started.start()
    yield started
    started.submit(Quit())  # the window has asked already, if the test got as far as opening it
    started.join(PATIENCE)
    assert not started.is_alive()


def test_a_conversation(
    broker: BrokerProcess, ben: ClientProcess, network: Network, open_window: Callable[..., DrivenWindow]
) -> None:
    # Would catch a window that works with our idea of a session, and not with the session.
    device = ben.expect("joined")["member"]
    window = open_window(backend=network)
    app = window.app
    window.type(str(broker.control))
    window.key("Tab")
    window.type("Ann")
    window.key("Tab")
    window.type(PHRASE)
    window.click(app.page.connect.connect_button)
    window.until(lambda: str(app.page.status.state_label.cget("text")).strip() == texts.CONNECTED)
    window.until(app.page.status.room_label.winfo_ismapped)
    assert ben.expect("joined")["room_words"] in str(app.page.status.room_label.cget("text"))
    ann = ben.expect("member_joined", name="Ann")["member"]
    assert ann != device

    ben.say("Hello, window!")
    window.until(lambda: any("Hello, window!" in row for row in app.page.chat.messages.rows()))
    # The window is open before somebody's eyes.
    window.until(lambda: any(event == {"event": "seen", "seq": 1, "count": 1, "of": 1} for event in ben.events))
    window.click(app.page.chat.input)
    window.type("Hello, Ben!")
    window.key("Return")
    window.until(lambda: any(f"Hello, Ben!   {texts.SEEN}" in row for row in app.page.chat.messages.rows()))
    assert ben.expect("text", text="Hello, Ben!")["member"] == ann

    window.click(app.page.voice.speaker)
    ben.expect("listening", count=1)
    ben.do("speaker", on=True)
    ben.do("mic", on=True)
    window.click(app.page.voice.microphone)
    ben.expect("talking", on=True, member=ann)
    for toggle in (app.page.voice.speaker, app.page.voice.microphone):
        window.until(lambda toggle=toggle: toggle.instate(["selected"]))  # type: ignore[misc]
    window.picture("with-broker")
    window.click(app.page.voice.microphone)
    ben.expect("talking", on=False, member=ann)
    window.until(lambda: not app.page.voice.microphone.instate(["selected"]))

    window.click(app.page.connect.disconnect_button)
    assert ben.expect("member_left")["member"] == ann
    window.until(lambda: app.page.connect.connect_button.instate(["!disabled"]))
    window.until(lambda: not app.page.voice.speaker.instate(["selected"]))
    ben.say("too late")
    ben.reads("too late")
    assert not any("too late" in row for row in app.page.chat.messages.rows())


def test_the_wrong_address_is_named(
    broker: BrokerProcess, network: Network, open_window: Callable[..., DrivenWindow]
) -> None:
    # Would catch an attempt that nobody can end, or that freezes the window.
    port = broker.control.port
    window = open_window(backend=network)
    connect = window.app.page.connect
    window.type(f"127.0.0.1:{port + 3}")
    window.key("Tab")
    window.type("Ann")
    window.key("Tab")
    window.type(PHRASE)
    window.key("Return")
    window.until(window.app.page.problem.winfo_ismapped)
    assert str(port + 3) in window.app.page.problem.text
    window.settle()
    window.click(connect.disconnect_button)
    window.until(lambda: connect.connect_button.instate(["!disabled"]))
