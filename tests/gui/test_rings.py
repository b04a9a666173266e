"""Whatever can have the focus shows it by a ring, in every theme."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image, ImageColor

from client.events import Part, ProblemReported
from client.settings import Choices
from client.ui.actions import Act
from tests.gui.test_layout import controls
from tests.gui.test_window import READY, fake, join, line
from tests.gui.window import DrivenWindow

Open = Callable[..., DrivenWindow]
_AROUND = 12  # pixels: the ring may belong to the card or field that a control stands in


def count(picture: Image.Image, colour: str) -> int:
    wanted = ImageColor.getrgb(colour)
    return sum(many for many, found in picture.getcolors(1 << 20) or [] if found == wanted)


def around(window: DrivenWindow, name: str, picture: Image.Image) -> Image.Image:
    call = window.root.tk.call
    left = int(call("winfo", "rootx", name)) - window.root.winfo_rootx() - _AROUND
    top = int(call("winfo", "rooty", name)) - window.root.winfo_rooty() - _AROUND
    wide, high = (int(call("winfo", side, name)) + 2 * _AROUND for side in ("width", "height"))
    return picture.crop((max(left, 0), max(top, 0), left + wide, top + high))


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_the_focus_can_be_seen_everywhere(open_window: Open, theme: str) -> None:
    # would catch: a control that swallows the focus without a sign
    window = open_window(READY, choices=Choices(None, {"theme": theme}))
    join(window)
    fake(window).say(line(1, "hello"), ProblemReported(Part.GENERAL, "x", "Something is wrong."))
    window.settle()
    ring = window.app.stage.theme.palette.ring
    without: list[str] = []
    looked = 0
    for act in (None, Act.SETTINGS):
        if act is not None:
            window.app.do(act)
            window.settle()
        for name in controls(window):
            window.root.tk.call("focus", name)
            if _is_disabled(window, name):
                continue
            looked += (focused := str(window.root.tk.call("focus")) == name)
            if focused and not _enough(window, name, ring):
                without.append(name)
    assert without == []
    assert looked > 20


def _is_disabled(window: DrivenWindow, name: str) -> bool:
    """Tab passes such a control over."""
    is_text = window.root.tk.call("winfo", "class", name) == "Text"
    return not is_text and bool(window.root.tk.call(name, "instate", "disabled"))


def _enough(window: DrivenWindow, name: str, ring: str) -> bool:
    """At least as many pixels in the colour of the ring as one of its long sides has."""
    window.root.update()
    picture = window.picture("ring")
    wide = int(window.root.tk.call("winfo", "width", name))
    return count(around(window, name, picture), ring) >= min(wide, 40)
