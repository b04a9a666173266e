"""Buttons over the messages that lead to what is out of sight: to where new ones begin, and to the newest."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from tkinter import ttk
from typing import Final

from client.ui import texts
from client.ui.theme import Theme

Tip = tuple[tk.Widget, Callable[[], str]]
_EDGE: Final = 12
_PADDING: Final = 6  # of what they stand in


class Ways:
    """`focus` takes the focus of a button that goes."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, *, unread: Callable[[], None], end: Callable[[], None], focus: tk.Misc
    ) -> None:
        self.unread, self.below = (
            ttk.Button(parent, style="PlainSurface.TButton", command=way, cursor="hand2") for way in (unread, end)
        )
        self._parent = parent
        self._focus = focus
        self._edge = theme.px(_EDGE)
        self._around = 2 * theme.px(_PADDING)

    def show(self, *, unread: int, below: int) -> None:
        """`unread` is below 0 where new messages begin above what is in view, over 0 where below; 0: no way there."""
        room = self._parent.winfo_height() - self._around
        button = self.below.winfo_reqheight()
        if below and room < 2 * (button + self._edge):
            unread = 0  # one would stand on the other
        if room < button:
            unread = below = 0  # nothing but the button would be seen
        edge = min(self._edge, (room - button) // 2)
        if unread:
            self.unread.configure(text=texts.FIRST_NEW_ABOVE if unread < 0 else texts.FIRST_NEW_BELOW)
            self.unread.place(relx=0.5, y=edge, anchor="n")
        else:
            self._hide(self.unread)
        if below:
            self.below.configure(text=texts.new_below(below))
            self.below.place(relx=0.5, rely=1.0, y=-edge, anchor="s")
        else:
            self._hide(self.below)

    def tips(self) -> Iterator[Tip]:
        """What each button does."""
        yield self.unread, lambda: texts.TIP_FIRST_NEW
        yield self.below, lambda: texts.TIP_NEW_BELOW

    def _hide(self, button: ttk.Button) -> None:
        if button.winfo_manager():
            if str(button.tk.call("focus")) == str(button):
                self._focus.focus_set()
            button.place_forget()
