"""The look of the real window: themes and scales while it runs, and what must survive a change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image

from client.settings import Choices, Settings
from client.ui.app import Opening
from client.ui.desktop import Desktop
from client.ui.look import Look
from client.ui.palette import CONTRAST, DARK, LIGHT
from tests.gui.test_window import READY, fake, join, line
from tests.gui.window import DrivenWindow

Open = Callable[..., DrivenWindow]


def choose(window: DrivenWindow, field: str, value: object) -> None:
    window.app.chooser.choose(field, value)
    window.settle()


def corner(picture: Image.Image) -> str:
    pixel = picture.getpixel((1, 1))
    assert isinstance(pixel, tuple)
    return "#" + "".join(f"{part:02x}" for part in pixel)


def test_themes_change_while_the_window_runs(open_window: Open) -> None:
    # would catch: a theme that holds only from the next start on, one that cannot be left again
    window = open_window(READY, choices=Choices(None, {"theme": "light"}))
    for name, palette in (("dark", DARK), ("contrast", CONTRAST), ("light", LIGHT), ("dark", DARK)):
        choose(window, "theme", name)
        assert window.app.stage.theme.palette == palette
        assert corner(window.picture(f"theme-{name}")) == palette.page


def test_what_is_written_and_read_survives_another_theme(open_window: Open) -> None:
    # would catch: a draft, a key or one's place in the messages lost to a change of colours
    window = open_window(READY)
    join(window)
    fake(window).say(*(line(seq, f"line {seq}") for seq in range(1, 401)))
    messages = window.app.page.chat.messages
    # All of them: a view at the end of those that are there would go on to follow.
    window.until(lambda: messages.text.yview()[1] == 1.0 and "line 400" in (messages.rows() or [""])[-1])
    messages._jump(100)
    window.settle()
    before = window.app.page.chat.messages.lowest()
    window.app.page.chat.input.focus_set()
    window.type("half a sentence")
    choose(window, "theme", "dark")
    assert window.app.page.chat.draft == "half a sentence"
    assert window.app.page.chat.messages.lowest() == before
    assert window.app.page.connect.fields.phrase == READY.phrase
    window.type(" more")  # the focus has stayed
    assert window.app.page.chat.draft == "half a sentence more"
    fake(window).say(line(401, "new"))
    window.settle()
    assert window.app.page.chat.messages.lowest() == before


@pytest.mark.parametrize("percent", [150, 200, 300])
def test_scales(open_window: Open, percent: int) -> None:
    # would catch: icons and boxes of a fixed size beside text that grew
    window = open_window(READY, choices=Choices(None, {"scale": 100}))
    join(window)
    small = window.app.page.voice.speaker.winfo_reqheight()
    choose(window, "scale", percent)
    assert window.app.page.voice.speaker.winfo_reqheight() == pytest.approx(small * percent / 100, rel=0.12)
    window.picture(f"scale-{percent}")


def test_the_desktop_is_followed(open_window: Open) -> None:
    window = open_window(Opening())
    answers = [Desktop(), Desktop(dark=True)]
    look = Look(window.root, Settings(), lambda: answers.pop(0))
    assert look.theme.palette == LIGHT
    changes: list[str] = []
    look.follow(lambda: changes.append("changed"))
    window.until(lambda: changes)
    assert look.theme.palette == DARK
    look.choose(Choices(None, {"theme": "light"}).now)
    look.follow(lambda: changes.append("asked in vain"))
    window.settle()
    assert changes == ["changed"]
