"""The way back to where new messages begin, when that is out of sight: by button, by key, by the menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from client.events import Person, RoomJoined, TextQueued, TextReceived
from client.ui import texts
from client.ui.app import Opening
from tests.gui.window import DrivenWindow, FakeBackend

Open = Callable[..., DrivenWindow]
WALL = 1_700_000_000.0


def _line(seq: int) -> TextReceived:
    return TextReceived(f"p{seq}", "f2", "Ben", f"line {seq}", seq, WALL + seq, own=False, late=False)


def _say(window: DrivenWindow, *numbers: int) -> None:
    cast("FakeBackend", window.backend).say(*map(_line, numbers))


@pytest.fixture
def window(open_window: Open) -> DrivenWindow:
    """Ann has read thirty lines, looked elsewhere for eighty more, and is back; the end is in view, the mark is not."""
    opened = open_window(Opening("127.0.0.1:9090", "Ann", "banjo-clover-oxidize-pelican-sixtyfold-wharf"))
    people = (Person("s1", "f1", "Ann", own=True, confirmed=True), Person("s2", "f2", "Ben", confirmed=True))
    opened.click(opened.app.page.connect.connect_button)
    cast("FakeBackend", opened.backend).say(RoomJoined("f1", people, "oak lion sky iron"))
    _say(opened, *range(1, 31))
    unread = opened.app._presenter._unread
    opened.until(lambda: unread._here and unread._seen and unread._seen[0] == 30)
    opened.app._touched_at = -1e9
    opened.app._has_focus = lambda: False  # type: ignore[method-assign]
    opened.until(lambda: not unread._here)
    _say(opened, *range(31, 111))
    area = opened.app.page.chat.messages
    opened.until(lambda: area.rows() and area.rows()[-1].endswith("line 110"))
    del opened.app._has_focus
    opened.app.page.chat.input.focus_force()
    opened.until(area.ways.unread.winfo_ismapped)
    return opened


def _first_new_is_seen(window: DrivenWindow) -> bool:
    area = window.app.page.chat.messages
    shown = area.text.get("@0,0 linestart", f"@{area.text.winfo_width()},{area.text.winfo_height()}")
    return texts.new_since_away(80) in shown and "line 31\n" in shown and "line 110" not in shown


def test_by_button(window: DrivenWindow) -> None:
    # would catch: no way there but to scroll, a button for a mark that is in view, or one that comes back for ever
    area = window.app.page.chat.messages
    assert area.ways.unread.cget("text") == texts.FIRST_NEW_ABOVE
    window.picture("unread-above")
    window.click(area.ways.unread)
    window.until(lambda: _first_new_is_seen(window))
    window.until(lambda: not area.ways.unread.winfo_ismapped())
    window.until(lambda: not window.app._presenter._unread.offered)
    window.picture("unread-reached")
    area.go_to_end()
    window.settle()
    assert not _first_new_is_seen(window)
    assert not area.ways.unread.winfo_ismapped()


def test_by_key_while_one_writes_and_by_key_alone_again(window: DrivenWindow) -> None:
    # would catch: a key that only works outside of the field, or writes a line feed into it, or works but once
    area, field = window.app.page.chat.messages, window.app.page.chat.input
    window.type("half")
    window.key("ctrl+j")
    window.until(lambda: _first_new_is_seen(window))
    window.type(" a draft")
    assert window.app.page.chat.draft == "half a draft"
    assert window.focus() is field
    window.until(lambda: not window.app._presenter._unread.offered)
    area.go_to_end()
    window.settle()
    assert not _first_new_is_seen(window)
    window.key("ctrl+j")
    window.until(lambda: _first_new_is_seen(window))


def test_the_focus_is_not_lost_with_the_button(window: DrivenWindow) -> None:
    # would catch: somebody without a mouse who presses the button, and then has no focus at all
    area = window.app.page.chat.messages
    area.ways.unread.focus_set()
    window.settle()
    window.key("space")
    window.until(lambda: _first_new_is_seen(window))
    window.until(lambda: window.focus() is area.text)


def test_without_a_mark_the_key_does_nothing(window: DrivenWindow) -> None:
    area = window.app.page.chat.messages
    window.until(lambda: window.app._presenter._unread._all_seen)
    cast("FakeBackend", window.backend).say(TextQueued("q", "an answer", WALL + 500))
    window.until(lambda: texts.new_since_away(80) not in area.rows() and not area.ways.unread.winfo_ismapped())
    window.settle()
    before = area.text.yview()
    window.key("ctrl+j")
    assert area.text.yview() == before
