"""Hebrew and Arabic in the real window: the right way round, broken into lines by its width, copied as written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from client.events import TextReceived
from tests.gui.test_window import BEN, JOINED, READY, WALL, fake, join
from tests.gui.window import DrivenWindow

Open = Callable[..., DrivenWindow]
LONG = (
    "זאת הודעה ארוכה מאוד שצריכה להישבר לשתי שורות לפחות ולכן היא ממשיכה וממשיכה עד "
    "שאין עוד מקום בשורה הזאת כאן ואז עוד כמה מילים כדי שיהיו די שורות"
)


def said(seq: int, text: str) -> TextReceived:
    return TextReceived(f"p{seq}", "f2", "נועה", text, seq, WALL + seq, False, False)


def test_it_is_shown_as_it_is_read_and_copied_as_it_was_written(open_window: Open) -> None:
    # would catch: words that stand backwards on the screen, or after they were pasted elsewhere
    window = open_window(READY)
    join(window)
    area = window.app.page.chat.messages
    if area._theme.draws_right_to_left:
        pytest.skip("this system's Tk does it itself")
    fake(window).say(replace(JOINED, people=(*JOINED.people, replace(BEN, session="s3", name="נועה (2)"))))
    fake(window).say(said(1, "שלום, Ben"), said(2, LONG), said(3, "plain"))
    window.until(lambda: len(area.rows()) == 3)
    rows = area.rows()
    assert "Ben ,םולש" in rows[0]
    assert "העונ" in rows[0]
    assert window.app.page.roster.row_text("s3").startswith("(2) העונ")
    wide = rows[1].count("\n")
    assert rows[1].splitlines()[0].endswith(LONG.split(maxsplit=1)[0][::-1])  # its first words are in its first line
    window.picture("right-to-left")
    window.root.geometry("720x680")
    window.until(lambda: area.rows()[1].count("\n") > wide)
    area.text.tag_add("sel", "1.0", "end")
    area.text.event_generate("<<Copy>>")
    copied = window.root.clipboard_get()
    assert "שלום, Ben" in copied
    assert LONG in copied.replace("\n", " ")
    assert "plain" in copied


def test_copying_nothing_keeps_what_was_copied(open_window: Open) -> None:
    window = open_window(READY)
    window.root.clipboard_clear()
    window.root.clipboard_append("kept")
    window.app.page.chat.messages.text.event_generate("<<Copy>>")
    assert window.root.clipboard_get() == "kept"
