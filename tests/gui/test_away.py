"""Who was away for thousands of lines reads them all, while going on to type, and nothing moves before the eyes."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.engine.base import Appended
from broker.engine.embedded import FILE, EmbeddedEngine
from client.commands import Quit
from client.network import Network
from client.store import Store
from client.ui import texts
from client.ui.app import Opening
from common.crypto.keys import RoomKeys, stretch
from common.crypto.sealing import BodySealer, PostBody, Text
from common.messages import post_id
from tests.gui.window import PATIENCE, DrivenWindow
from tests.integration.broker_process import BrokerProcess, own_port

PHRASE = "banjo-clover-oxidize-pelican-sixtyfold-wharf"
LINES = 5_000


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    folder = tmp_path / "broker"
    folder.mkdir()
    started = BrokerProcess(folder)
    started.start(port=own_port())
    yield started
    assert started.stop() == (0, "")


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    started = Network(Store(tmp_path / "ann"), microphone="none", speaker="none")
    started.start()
    yield started
    started.submit(Quit())
    started.join(PATIENCE)


def say_much(database: Path, keys: RoomKeys) -> None:
    """What five members said who have left since: straight into the posts that the broker keeps."""
    sealer = BodySealer(keys)
    people = [Ed25519PrivateKey.generate() for _ in range(5)]
    engine = EmbeddedEngine(database, secrets.token_bytes, time.time)
    engine.enter(keys.room_id, 0.0)
    kept = 0
    for begin in range(0, LINES, 100):
        for number in range(begin, begin + 100):
            who = people[number % 5]
            text = Text(f"line {number + 1} of many, some of them longer than others " + "and longer " * (number % 7))
            said = PostBody(
                who.public_key().public_bytes_raw(), f"P{number % 5}", number // 5, int(time.time() * 1000), text
            )
            token = sealer.seal_post(said, who)
            engine.append(number, keys.room_id, post_id(token), token)
        until = time.monotonic() + PATIENCE
        while kept < begin + 100:
            assert time.monotonic() < until
            kept += sum(isinstance(answer, Appended) for answer in engine.poll())
    engine.close()


def test_away_for_thousands_of_lines(
    broker: BrokerProcess, network: Network, open_window: Callable[..., DrivenWindow]
) -> None:
    # Would catch lines lost between the pages, out of order, or a window that does nothing else meanwhile.
    port = broker.control.port
    window = open_window(Opening(f"127.0.0.1:{port}", "Ann", PHRASE, connect=True), network)
    app, area = window.app, window.app.page.chat.messages
    window.until(lambda: app.page.chat.send_button.instate(["!disabled"]))
    window.click(app.page.chat.input)
    window.type("before")
    window.key("Return")
    window.until(lambda: any(texts.STORED in row for row in area.rows()))
    assert broker.stop() == (0, "")
    say_much(broker.folder / "data" / FILE, stretch(PHRASE, broker.key))
    broker.start(port=port)
    window.until(lambda: area.rows() and f"line {LINES} " in area.rows()[-1])
    window.type("half a draft")

    def all_are_there() -> bool:
        # A page comes in by small batches: with its first line there, the others may still be on their way.
        window.root.tk.call(area.bar.cget("command"), "moveto", "0.0")
        window.settle()
        lines = re.findall(r"line (\d+) of", "\n".join(area.rows()))
        return len(lines) > 100 and lines == [str(number) for number in range(1, len(lines) + 1)]

    window.until(all_are_there)
    assert any("before" in row for row in area.rows()[:2])
    whole = LINES + 3  # with my own line, and the notices of a connection that was lost and found
    for number in (LINES // 3, LINES // 2, LINES - 300):
        window.root.tk.call(area.bar.cget("command"), "moveto", str((number + 2.5) / whole))
        window.settle()
        shown = area.text.get("@0,0 linestart", "@0,0 + 4 lines")
        # The mark above new messages is a row too, where the window had not the focus.
        assert any(f"line {near} " in shown for near in (number, number + 1)), shown
    assert app.page.chat.input.get("1.0", "end-1c") == "half a draft"
