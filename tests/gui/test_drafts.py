"""What is written and not sent: it outlives a crash, and is told to others while it is being written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from client.commands import KeepDraft, Quit, SendText, TellWriting
from client.events import DraftOpened, Person, RoomJoined, WritingChanged
from client.network import Network
from client.store import Store
from client.ui import texts
from client.ui.app import Opening
from tests.gui.window import PATIENCE, DrivenWindow, FakeBackend
from tests.integration.broker_process import BrokerProcess, own_port

Open = Callable[..., DrivenWindow]
PHRASE = "banjo-clover-oxidize-pelican-sixtyfold-wharf"
ROOM = "5f" * 16
ANN = Person("s1", "f1", "Ann", own=True, confirmed=True)
BEN, CLEO, DANI = (Person(f"s{n}", f"f{n}", name, confirmed=True) for n, name in enumerate(("Ben", "Cleo", "Dani"), 2))
WRITER = """
import sys
from pathlib import Path
from client.commands import AskStats, Connect, KeepDraft
from client.events import DraftOpened, RoomJoined, StatsReported
from client.network import Network
from client.store import Store

network = Network(Store(Path(sys.argv[1])), microphone="none", speaker="none")
network.start()
network.submit(Connect(sys.argv[2], "Ann", sys.argv[3], accept_weak_phrase=True))
while not isinstance(event := network.events.get(), RoomJoined):
    if isinstance(event, DraftOpened):
        room = event.room
network.submit(KeepDraft(room, sys.argv[4]))
network.submit(AskStats())
while not isinstance(network.events.get(), StatsReported):
    pass
print("kept", flush=True)
sys.stdin.read()
"""


def fake(window: DrivenWindow) -> FakeBackend:
    assert isinstance(window.backend, FakeBackend)
    return window.backend


def joined(open_window: Open, draft: str = "") -> DrivenWindow:
    window = open_window(Opening("192.0.2.1:9090", "Ann", "a key of several words", connect=True))
    fake(window).say(DraftOpened(ROOM, draft, kept=True), RoomJoined("f1", (ANN, BEN, CLEO, DANI), "otter lamp"))
    window.until(lambda: window.focus() is window.app.page.chat.input)
    return window


def test_a_draft_outlives_the_kill_of_the_program(tmp_path: Path, open_window: Open) -> None:
    # mistake: a draft that is on disk only after an orderly end; or one that anybody can read there
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = BrokerProcess(folder)
    broker.start(port=own_port())
    server, draft = str(broker.control), "the half of a sentence"
    person = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "ann"), server, PHRASE, draft],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert person.stdout
    assert person.stdin
    assert person.stdout.readline() == "kept\n"
    person.kill()
    person.wait(PATIENCE)
    person.stdin.close()
    person.stdout.close()
    assert not any(b"sentence" in path.read_bytes() for path in (tmp_path / "ann").iterdir())

    network = Network(Store(tmp_path / "ann"), microphone="none", speaker="none")
    network.start()
    window = open_window(Opening(server, "Ann", PHRASE, connect=True), network)
    window.until(lambda: window.app.page.chat.draft == draft)
    window.until(lambda: window.focus() is window.app.page.chat.input)
    window.picture("draft-after-crash")
    window.key("ctrl+End", "Return")
    window.until(lambda: any(draft in row for row in window.app.page.chat.messages.rows()))
    assert window.app.page.chat.draft == ""
    network.submit(Quit())
    network.join(PATIENCE)
    assert broker.stop() == (0, "")


def test_what_is_written_is_put_away_and_forgotten_when_sent(open_window: Open) -> None:
    window = joined(open_window)
    window.type("half a sent")
    window.until(lambda: fake(window).commands(KeepDraft))
    window.type("ence")
    window.app.page.connect.disconnect_button.focus_set()
    window.until(lambda: fake(window).commands(KeepDraft)[-1] == KeepDraft(ROOM, "half a sentence"))
    window.app.page.chat.input.focus_set()
    window.key("Return")
    assert fake(window).submitted[-2:] == [SendText("half a sentence"), KeepDraft(ROOM, "")]
    told = fake(window).commands(TellWriting)
    assert 1 <= len(told) <= 8  # not one for each key
    fake(window).submitted.clear()
    window.app.chooser.choose("theme", "dark")  # builds all views anew: an empty field that is made is no edit
    window.settle()
    assert fake(window).submitted == []


def test_a_draft_that_is_there_is_not_being_written(open_window: Open) -> None:
    # mistake: others are told that Ann writes, whenever she starts the program
    window = joined(open_window, "from before")
    assert window.app.page.chat.draft == "from before"
    window.app.chooser.choose("theme", "dark")
    window.settle()
    assert window.app.page.chat.draft == "from before"
    assert fake(window).commands(TellWriting) == []
    assert fake(window).commands(KeepDraft) == []


def test_closing_says_that_the_draft_is_kept(open_window: Open) -> None:
    window = joined(open_window)
    window.type("half")
    window.app.close()
    window.until(lambda: window.app.page.problem.text == texts.unsent(0, draft=True, kept=True))
    assert fake(window).commands(KeepDraft) == [KeepDraft(ROOM, "half")]
    window.picture("draft-kept")


def test_who_writes_is_told_and_nothing_moves_for_it(open_window: Open) -> None:
    # mistake: a line that pushes the messages up whenever somebody begins to write
    window = joined(open_window)
    chat = window.app.page.chat
    before = (chat.messages.winfo_height(), chat.input.winfo_rooty())
    for person, words in ((BEN, "Ben is writing…"), (CLEO, "Ben and Cleo are writing…"), (DANI, "Several people")):
        fake(window).say(WritingChanged(person, on=True))
        window.until(lambda words=words: words in str(chat.writing_label.cget("text")))  # type: ignore[misc]
        if person is CLEO:
            window.picture("writing")
    assert (chat.messages.winfo_height(), chat.input.winfo_rooty()) == before
    fake(window).say(*(WritingChanged(person, on=False) for person in (BEN, CLEO, DANI)))
    window.until(lambda: not chat.writing_label.cget("text"))
