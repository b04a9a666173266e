"""Keys that every widget of a kind has, as people know them from elsewhere: Tk has others, or none."""

from __future__ import annotations

import tkinter as tk
from typing import Final

_ENTER: Final = ("<Return>", "<KP_Enter>")


def bind_class_keys(root: tk.Tk) -> None:
    """Enter presses the button that has the ring, Ctrl+A selects all of a field: once for all that there will be."""
    for key in _ENTER:
        root.bind_class("TButton", key, lambda event: _press(root, event))
    for kind in ("TEntry", "TCombobox"):
        root.bind_class(kind, "<Control-a>", _select_all)


def _press(root: tk.Tk, event: tk.Event[tk.Misc]) -> str:
    """A disabled button does nothing."""
    root.tk.call(str(event.widget), "invoke")
    return "break"


def _select_all(event: tk.Event[tk.Misc]) -> str:
    """Tk on X11 goes to the beginning of the line."""
    event.widget.event_generate("<<SelectAll>>")
    return "break"
