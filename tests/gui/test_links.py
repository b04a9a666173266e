"""Links in the messages of the real window."""

from __future__ import annotations

from collections.abc import Callable

from client.events import TextReceived
from client.ui import texts
from tests.gui.test_window import READY, fake, join, tips
from tests.gui.window import DrivenWindow


def test_a_link_says_where_it_leads_and_opens_there(open_window: Callable[..., DrivenWindow]) -> None:
    # would catch: a link that is opened by a program other than the browser, one that hides its host
    window = open_window(READY)
    join(window)
    area = window.app.page.chat.messages
    opened: list[str] = []
    area.links.open_address = opened.append
    said = "the plan: https://bank.example@other.example/plan, at noon"
    fake(window).say(TextReceived("p1", "m", "Ben", said, 1, 1_790_000_000.0, own=False, late=False))
    window.until(lambda: bool(area.text.tag_ranges("link")))
    window.settle()
    begin, end = area.text.tag_ranges("link")
    assert area.text.get(begin, end) == "https://bank.example@other.example/plan"
    x, y, width, height = area.text.bbox(f"{begin} + 4 chars") or (0, 0, 0, 0)
    window.point_to(area.text, x + width // 2, y + height // 2)
    window.until(lambda: tips(window) == [texts.tip_link("other.example")])
    window.press()
    window.until(lambda: opened == ["https://bank.example@other.example/plan"])
    window.picture("link")
