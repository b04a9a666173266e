"""What stands on the screen where the window cannot: whoever starts the program from an icon sees no terminal."""

from __future__ import annotations

from contextlib import suppress
from tkinter import messagebox

from client.ui import texts
from client.ui.app import NoDisplay, open_root


def say_why(reason: str) -> None:
    """Show the sentence until it was read; nothing where there is no screen."""
    with suppress(NoDisplay):
        root = open_root()
        messagebox.showerror(texts.APP, reason, parent=root)
        root.destroy()
