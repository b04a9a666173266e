"""The real window with the real network thread and a real broker, and somebody else as a process of its own."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from tkinter import ttk

import pytest

from client.commands import Quit
from client.network import Network
from client.store import Store
from client.ui import texts
from client.ui.changed_view import ChangedView
from client.ui.invite_view import InviteView
from common.invite import Invite, parse_invite
from tests.gui.window import PATIENCE, DrivenWindow
from tests.integration.broker_process import BrokerProcess, own_port
from tests.integration.client_process import ClientProcess

PHRASE = "banjo-clover-oxidize-pelican-sixtyfold-wharf"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    folder = tmp_path / "broker"
    folder.mkdir()
    started = BrokerProcess(folder)
    started.start(port=own_port())
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


# --- the flows of a host and of guests -----------------------------------------------------------------------


def says(window: DrivenWindow, words: str) -> Callable[[], bool]:
    """Whether the status line begins so."""
    return lambda: str(window.app.page.status.state_label.cget("text")).strip().startswith(words)


def fill_in(window: DrivenWindow, broker: BrokerProcess, phrase: str) -> None:
    """All three fields by the keyboard, and Enter."""
    window.type(str(broker.control))
    window.key("Tab")
    window.type("Ann")
    window.key("Tab")
    window.type(phrase)
    window.key("Return")
    window.until(says(window, texts.CONNECTED))
    window.until(window.app.page.status.room_label.winfo_ismapped)


def test_a_host_makes_a_room_and_invites(
    broker: BrokerProcess, network: Network, open_window: Callable[..., DrivenWindow]
) -> None:
    # Would catch an invite that leads to another broker or room than the one that the host is in.
    window = open_window(backend=network)
    connect = window.app.page.connect
    window.type(str(broker.control))
    window.key("Tab")
    window.type("Ann")
    window.click(connect.new_key_button)
    window.picture("flow-host-new-key")
    window.click(connect.connect_button)
    window.until(says(window, texts.CONNECTED))
    window.key("ctrl+shift+i")
    sheet = window.app.stage.sheet
    assert isinstance(sheet, InviteView)
    window.click(sheet.show_button)
    window.until(sheet.code.winfo_ismapped)
    window.picture("flow-host-invite")
    invite = parse_invite(sheet.link.get())
    assert (invite.address, invite.broker_key) == (broker.control, broker.key)
    assert invite.phrase == connect.fields.phrase
    assert len(connect.fields.phrase.split("-")) >= 6


def test_a_guest_comes_by_a_link(
    broker: BrokerProcess, ben: ClientProcess, network: Network, open_window: Callable[..., DrivenWindow]
) -> None:
    # Would catch a link that fills in less than it holds: paste, name, Enter is all that a guest does.
    ben.expect("joined")
    window = open_window(backend=network)
    link = Invite(broker.control, broker.key, broker.voice.port, broker.banner.port, PHRASE)
    window.root.clipboard_clear()
    window.root.clipboard_append(str(link))
    window.key("ctrl+v")
    window.until(lambda: window.app.page.connect.fields.phrase == PHRASE)
    window.key("Tab")
    window.type("Ann")
    window.picture("flow-guest-link")
    window.key("Return")
    window.until(says(window, texts.CONNECTED))
    ben.expect("member_joined", name="Ann")
    ben.say("Welcome, Ann!")
    window.until(lambda: any("Welcome, Ann!" in row for row in window.app.page.chat.messages.rows()))
    window.picture("flow-guest-reads")


def test_a_wrong_key_leads_into_an_empty_room_that_says_so(
    broker: BrokerProcess, ben: ClientProcess, network: Network, open_window: Callable[..., DrivenWindow]
) -> None:
    # Would catch a window that leaves one to wait for people who are in another room.
    there = ben.expect("joined")["room_words"]
    window = open_window(backend=network)
    fill_in(window, broker, PHRASE.replace("banjo-clover", "clover-banjo"))
    here = str(window.app.page.status.room_label.cget("text"))
    assert there not in here
    note = window.app.page.roster
    window.until(lambda: any("Nobody else is here" in words for words in texts_in(note)))
    assert any(here.removeprefix("Room ") in words for words in texts_in(note))
    window.picture("flow-wrong-key")


def texts_in(widget: tk.Misc) -> list[str]:
    """What the labels within say."""
    own = [str(widget.cget("text"))] if isinstance(widget, ttk.Label) else []
    return own + [words for child in widget.winfo_children() for words in texts_in(child)]


def test_the_broker_goes_and_comes_back(
    broker: BrokerProcess, network: Network, open_window: Callable[..., DrivenWindow]
) -> None:
    # Would catch a window that forgets what was said, loses what is said meanwhile, or waits for a person to connect.
    port = broker.control.port
    window = open_window(backend=network)
    fill_in(window, broker, PHRASE)
    rows = window.app.page.chat.messages.rows
    window.click(window.app.page.chat.input)
    window.type("before")
    window.key("Return")
    window.until(lambda: any("before" in row and texts.STORED in row for row in rows()))
    assert broker.stop() == (0, "")
    window.until(says(window, "Retrying"))
    window.type("meanwhile")
    window.key("Return")
    window.until(lambda: any("meanwhile" in row and texts.SENDING in row for row in rows()))
    window.picture("flow-broker-down")
    broker.start(port=port)
    window.until(says(window, texts.CONNECTED))
    window.until(lambda: any("meanwhile" in row and texts.STORED in row for row in rows()))
    assert any("before" in row for row in rows())
    assert any(texts.CONNECTED_AGAIN in row for row in rows())
    window.picture("flow-broker-back")


def test_a_broker_with_another_key_is_stayed_away_from_until_its_words_are_typed(
    broker: BrokerProcess, network: Network, tmp_path: Path, open_window: Callable[..., DrivenWindow]
) -> None:
    # Would catch a name, or a room, that reaches a stranger who has taken the broker's place.
    port = broker.control.port
    window = open_window(backend=network)
    fill_in(window, broker, PHRASE)
    window.click(window.app.page.connect.disconnect_button)
    assert broker.stop() == (0, "")
    folder = tmp_path / "other"
    folder.mkdir()
    other = BrokerProcess(folder)
    other.start(port=port)
    try:
        window.click(window.app.page.connect.connect_button)
        window.until(lambda: isinstance(window.app.stage.sheet, ChangedView))
        sheet = window.app.stage.sheet
        assert isinstance(sheet, ChangedView)
        assert {broker.words, other.words} <= set(texts_in(sheet))
        window.picture("flow-changed-key")
        window.key("space")
        window.until(lambda: window.app.stage.sheet is None)
        window.until(lambda: window.app.page.connect.connect_button.instate(["!disabled"]))
        assert "joined" not in other.log.read_text(encoding="utf-8")
        window.click(window.app.page.problem.remedy_button)
        window.key("Tab")
        window.type(other.words.replace("-", " "))
        window.key("Return")
        window.until(says(window, texts.CONNECTED))
        assert "joined" in other.log.read_text(encoding="utf-8")
        window.picture("flow-changed-key-trusted")
        window.click(window.app.page.connect.disconnect_button)
        window.click(window.app.page.connect.connect_button)
        window.until(says(window, texts.CONNECTED))  # it is the known one now
    finally:
        other.kill()
        broker.start(port=port)
