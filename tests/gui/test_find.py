"""Looking for words in the messages of the real window."""

from __future__ import annotations

from collections.abc import Callable

from client.events import TextReceived
from tests.gui.test_window import READY, fake, join
from tests.gui.window import DrivenWindow

Open = Callable[..., DrivenWindow]


def say(window: DrivenWindow, count: int) -> None:
    lines = [
        TextReceived(f"p{seq}", "fingerprint of Ben", "Ben", text, seq, 1_790_000_000.0 + seq, own=False, late=False)
        for seq in range(1, count + 1)
        for text in [f"line {seq} about " + ("Oxidised clovers" if seq % 100 == 50 else "nothing")]
    ]
    fake(window).say(*lines)
    window.until(lambda: f"line {count} " in (window.app.page.chat.messages.rows() or [""])[-1])


def test_words_are_found_in_lines_that_are_out_of_sight(open_window: Open) -> None:
    # would catch: a search through the built rows only, a mark that is left behind, a bar that keeps the focus
    window = open_window(READY)
    join(window)
    say(window, 1_000)
    chat = window.app.page.chat
    window.key("ctrl+f")
    window.until(lambda: window.root.focus_get() is chat.find_bar.entry)
    window.type("oxidised")
    window.until(lambda: chat.find_bar.note.cget("text") == "10 of 10")
    window.settle()
    marked = chat.messages.text.tag_ranges("here")
    assert chat.messages.text.get(*marked) == "Oxidised"
    assert "line 950 " in chat.messages.text.get(f"{marked[0]} linestart", f"{marked[0]} lineend")
    for _ in range(9):
        window.key("Return")
    window.until(lambda: chat.find_bar.note.cget("text") == "1 of 10")
    window.settle()
    window.until(lambda: bool(chat.messages.text.tag_ranges("here")))
    marked = chat.messages.text.tag_ranges("here")
    assert "line 50 " in chat.messages.text.get(f"{marked[0]} linestart", f"{marked[0]} lineend")
    assert chat.messages.text.dlineinfo(marked[0]) is not None
    window.picture("find")
    window.key("shift+Return")
    window.until(lambda: chat.find_bar.note.cget("text") == "2 of 10")
    window.key("Escape")
    window.until(lambda: not chat.find_bar.is_open)
    assert window.root.focus_get() is chat.input
    assert not chat.messages.text.tag_ranges("here")
    assert not chat.messages.text.tag_ranges("found")


def test_nothing_found_is_said(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    say(window, 3)
    window.key("ctrl+f")
    window.type("quince")
    window.until(lambda: window.app.page.chat.find_bar.note.cget("text") == "nothing found")
