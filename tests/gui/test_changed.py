"""The page about a broker whose key has changed, by keyboard and mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from client.commands import Connect
from client.events import BrokerChanged, Clash, Part, ProblemReported, RoomLeft
from client.settings import Choices
from client.ui import connect_texts
from client.ui.app import Opening
from client.ui.changed_view import ChangedView
from tests.gui.test_window import INVITE, READY, fake
from tests.gui.window import DrivenWindow

Open = Callable[..., DrivenWindow]
NEW_KEY = bytes(range(1, 33))


def turn_away(window: DrivenWindow, clash: Clash = Clash.BROKER_AND_PIN) -> ChangedView:
    """Connect, and hear that the broker is another one."""
    window.click(window.app.page.connect.connect_button)
    before, now = "walnut-ferry-dapper-tulip", "stash-glowing-mural-dozed"
    fake(window).say(
        ProblemReported(Part.SERVER, "key_changed", "STOP."),
        BrokerChanged(READY.server, before, now, NEW_KEY, clash),
        RoomLeft("could not connect", None),
    )
    window.until(lambda: isinstance(window.app.stage.sheet, ChangedView))
    window.settle()
    sheet = window.app.stage.sheet
    assert isinstance(sheet, ChangedView)
    return sheet


def connects(window: DrivenWindow) -> list[Connect]:
    return [command for command in fake(window).submitted if isinstance(command, Connect)]


def test_staying_away_is_one_key_and_the_page_can_be_had_again(open_window: Open) -> None:
    # would catch: Enter, pressed without reading, that trusts; a page that is gone for good
    window = open_window(READY)
    sheet = turn_away(window)
    assert window.focus() is sheet.close_button
    window.picture("changed")
    window.key("space")
    window.until(lambda: window.app.stage.sheet is None)
    assert len(connects(window)) == 1
    assert window.app.page.problem.text == connect_texts.CHANGED_BAR
    window.click(window.app.page.problem.remedy_button)
    window.until(lambda: isinstance(window.app.stage.sheet, ChangedView))
    window.key("Escape")
    window.until(lambda: window.app.stage.sheet is None)
    assert len(connects(window)) == 1


def test_only_the_new_words_open_the_way(open_window: Open) -> None:
    # would catch: a button that can be pressed before the words were compared
    window = open_window(READY)
    sheet = turn_away(window)
    window.click(sheet.trust_button)
    window.key("Tab")
    assert window.focus() is sheet.entry
    window.type("walnut ferry dapper tulip")
    assert sheet.verdict.cget("text") == connect_texts.WORDS_OLD
    window.picture("changed-old-words")
    window.key("Return", "ctrl+slash")
    window.type("stash glowing mural cable")
    assert sheet.verdict.cget("text") == connect_texts.WORDS_NEITHER
    window.key("Return", "ctrl+slash")
    assert len(connects(window)) == 1
    window.type("Stash glowing mural dozed")
    assert sheet.verdict.cget("text") == connect_texts.WORDS_NEW
    window.picture("changed-new-words")
    window.key("Tab", "space")
    window.until(lambda: window.app.stage.sheet is None)
    assert connects(window)[1] == Connect(READY.server, READY.name, READY.phrase, compared_key=NEW_KEY)


def test_a_link_that_named_the_old_key_names_the_trusted_one_from_then_on(open_window: Open) -> None:
    # would catch: the next Connect that stops at the same page again
    window = open_window(Opening(str(INVITE), "Ann"))
    sheet = turn_away(window, Clash.BROKER_AND_LINK)
    window.click(sheet.entry)
    window.type("stash-glowing-mural-dozed")
    window.key("Return")
    window.until(lambda: len(connects(window)) == 2)
    invite = window.app.page.connect.fields.invite
    assert invite is not None
    assert invite.broker_key == NEW_KEY


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_all_of_it_can_be_reached_in_a_window_of_320_lines(open_window: Open, theme: str) -> None:
    # would catch: the way back, or the field for the words, out of sight
    window = open_window(READY, choices=Choices(None, {"theme": theme}))
    window.root.geometry("480x320")
    window.settle()
    sheet = turn_away(window)
    bottom = window.root.winfo_rooty() + window.root.winfo_height()
    window.picture(f"changed-small-{theme}")
    assert sheet.close_button.winfo_rooty() + sheet.close_button.winfo_height() <= bottom
    window.key("Next", "Next")
    assert sheet.scrolled > 0
    window.key("Tab")
    window.type("stash glowing mural dozed")
    window.key("Tab")
    assert window.focus() is sheet.trust_button
    window.settle()
    assert sheet.trust_button.winfo_rooty() + sheet.trust_button.winfo_height() <= bottom
    window.picture(f"changed-small-end-{theme}")
