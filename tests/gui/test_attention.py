"""A message while another window has the focus."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from client.events import TextReceived
from tests.gui.test_window import READY, fake, join
from tests.gui.window import DrivenWindow

OTHER = "import tkinter; root = tkinter.Tk(); root.after(50, root.focus_force); root.mainloop()"


def line(seq: int, text: str) -> TextReceived:
    return TextReceived(f"p{seq}", "m", "Ben", text, seq, 1_790_000_000.0 + seq, own=False, late=False)


def test_the_title_counts_what_came_while_one_was_elsewhere(open_window: Callable[..., DrivenWindow]) -> None:
    # would catch: a count for somebody who is reading, and one that stays after they came back
    window = open_window(READY)
    join(window)
    window.click(window.app.page.chat.input)
    fake(window).say(line(1, "are you there?"))
    window.until(lambda: any("are you there" in row for row in window.app.page.chat.messages.rows()))
    assert window.root.title() == "Secure Chat"
    other = subprocess.Popen([sys.executable, "-c", OTHER])
    try:
        window.until(lambda: not window.root.tk.call("focus", "-displayof", "."))
        fake(window).say(line(2, "hello?"))
        window.until(lambda: window.root.title() == "(1) Secure Chat")
    finally:
        other.terminate()
        other.wait()
    window.root.focus_force()
    window.until(lambda: window.root.title() == "Secure Chat")
