"""The sheet with the invite, and the clipboard that forgets it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from PIL import Image

from client.ui import texts
from client.ui.clipboard import Clipboard
from client.ui.invite_view import InviteView, picture
from common.address import Address
from tests.gui.test_window import INVITE, READY, join
from tests.gui.window import DrivenWindow

Open = Callable[..., DrivenWindow]


def test_link_and_code_are_hidden_until_they_are_asked_for(open_window: Open) -> None:
    # would catch: a key that everybody behind the chair can read, a sheet that only a mouse reaches
    window = open_window(READY)
    join(window)
    window.key("ctrl+shift+i")
    sheet = window.app.stage.sheet
    assert isinstance(sheet, InviteView)
    window.settle()
    assert not sheet.shows_link
    window.picture("invite")
    window.key("Return")  # the button that copies has the focus
    window.key("space")
    window.until(lambda: sheet.note.cget("text") == texts.INVITE_ON_CLIPBOARD)
    assert window.root.clipboard_get() == str(INVITE)
    window.click(sheet.show_button)
    window.until(sheet.code.winfo_ismapped)
    assert sheet.link.get() == str(INVITE)
    window.picture("invite-shown")
    window.click(sheet.show_button)
    window.until(lambda: not sheet.shows_link)
    window.key("Escape")
    window.until(lambda: window.app.stage.sheet is None)


def test_an_invite_to_this_computer_says_so(open_window: Open) -> None:
    # Would catch: a friend who is sent a link that leads to the friend's own computer.
    window = open_window(READY)
    join(window)
    window.app.stage.show_invite(str(replace(INVITE, address=Address("127.0.0.1", 9000))), "two words", lambda: None)
    assert isinstance(window.app.stage.sheet, InviteView)
    assert window.app.stage.sheet.note.cget("text") == texts.INVITE_LOCAL
    window.app.stage.show_invite(str(INVITE), "two words", lambda: None)
    assert window.app.stage.sheet.note.cget("text") == ""


def test_without_a_room_there_is_nothing_to_invite_to(open_window: Open) -> None:
    window = open_window(READY)
    window.key("ctrl+shift+i")
    window.settle()
    assert window.app.stage.sheet is None


@pytest.mark.parametrize(("copied_meanwhile", "left"), [("", ""), ("a poem", "a poem")])
def test_the_clipboard_forgets_a_link_and_nothing_else(open_window: Open, copied_meanwhile: str, left: str) -> None:
    # would catch: a key that lies on the clipboard for days, and the poem of somebody else that is lost
    window = open_window(READY)
    clipboard = Clipboard(window.root, forget_ms=50)
    clipboard.lend("first")
    clipboard.lend("secure-chat://link")
    if copied_meanwhile:
        window.root.clipboard_clear()
        window.root.clipboard_append(copied_meanwhile)
    over: list[bool] = []
    window.root.after(150, over.append, True)
    window.until(lambda: bool(over))
    assert window.root.tk.eval("catch {clipboard get} content; set content").startswith(left or "CLIPBOARD")
    clipboard.lend("again")
    window.root.clipboard_clear()  # somebody emptied it
    over.clear()
    window.root.after(150, over.append, True)
    window.until(lambda: bool(over))


def test_a_code_is_black_on_white_with_room_around_it() -> None:
    drawn: Image.Image = picture("secure-chat://chat.example.org/?k=x#words", 3)
    assert drawn.width == drawn.height
    assert drawn.width % 3 == 0
    assert set(drawn.tobytes()) == {0, 255}
    assert drawn.crop((0, 0, drawn.width, 12)).getextrema() == (255, 255)
    assert drawn.getpixel((13, 13)) == 0  # the corner that readers look for
