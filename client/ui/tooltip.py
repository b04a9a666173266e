"""Tooltips for mouse and keyboard: tkinter-tooltip's, with three things mended.

It shows on keyboard focus too, it never lies off the screen, and it goes when its widget goes. Importing
tkinter-tooltip takes a noticeable time, so `app` imports this file only after the window has been painted.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Final

from tktooltip import ToolTip

from client.ui.theme import Theme

_DELAY_MS: Final = 550
_NO_CONTROLS: Final = frozenset({"TLabel", "TFrame", "Canvas"})
_GAP: Final = 8  # pixels between a widget and its tooltip
_WIDEST: Final = 320


class Tip(ToolTip):  # type: ignore[misc]
    """A tooltip of one widget. `text` is asked anew each time it is shown."""

    def __init__(self, widget: tk.Widget, text: Callable[[], str], theme: Theme, *, at_pointer: bool = False) -> None:
        """`at_pointer`: for a widget so large that under it is far from what it is about."""
        self._timer = ""
        self._at_pointer = at_pointer
        super().__init__(
            widget,
            msg=text,
            delay=_DELAY_MS / 1000,
            follow=False,
            # As a child of its widget it dies with it; the package would make it a child of the root.
            parent_kwargs={"master": widget, "bg": theme.palette.text, "padx": theme.px(1), "pady": theme.px(1)},
            bg=theme.palette.text,
            fg=theme.palette.surface,
            font=theme.fonts.small,
            width=theme.px(_WIDEST),
            padx=theme.px(9),
            pady=theme.px(6),
            aspect=0,
        )
        self._gap = theme.px(_GAP)
        widget.bind("<Unmap>", self.on_leave, add="+")
        if widget.winfo_class() not in _NO_CONTROLS:  # Tk makes whatever has key bindings a stop of Tab
            widget.bind("<FocusOut>", self.on_leave, add="+")
            widget.bind("<KeyPress>", self.on_leave, add="+")
            widget.bind("<<TraverseIn>>", self.on_enter, add="+")  # the focus came by Tab

    def destroy(self) -> None:
        """Go with the widget."""
        self._cancel()
        super().destroy()
        # Here, on Tk's thread: left to the collector, another thread would be the one to tell Tk.
        self.__dict__.pop("msg_var", None)

    def on_enter(self, _event: object = None) -> None:
        """Show soon."""
        self._cancel()
        self._timer = self.after(_DELAY_MS, self._show)

    def on_leave(self, event: tk.Event[tk.Misc] | None = None) -> None:
        """Hide, and do not show what was about to be shown. Onto a child of the widget is not out of it."""
        if event is not None and event.type is tk.EventType.Leave and self._pointed_at():
            return
        self._cancel()
        super().on_leave()

    def _pointed_at(self) -> bool:
        under = self.winfo_containing(*self.winfo_pointerxy())
        return under is not None and f"{under}.".startswith(f"{self.widget}.") and under.winfo_toplevel() is not self

    def _cancel(self) -> None:
        if self._timer:
            self.after_cancel(self._timer)
            self._timer = ""

    def _show(self) -> None:
        """Under the widget, or above it, and always whole on the screen."""
        self._timer = ""
        self._update_message()
        if not self.msg_var.get() or not self.widget.winfo_viewable():
            return
        self.update_idletasks()
        width, height = self.winfo_reqwidth(), self.winfo_reqheight()
        left, above, below = self._place()
        left = min(left, self.winfo_screenwidth() - width)
        top = below + self._gap
        if top + height > self.winfo_screenheight():
            top = above - height - self._gap
        self.geometry(f"+{max(left, 0)}+{max(top, 0)}")
        self.deiconify()
        self.lift()

    def _place(self) -> tuple[int, int, int]:
        """Left edge, upper edge and lower edge of what this is about, on the screen."""
        if self._at_pointer:
            x, y = self.widget.winfo_pointerxy()
            return x, y - self._gap, y + self._gap
        top = self.widget.winfo_rooty()
        return self.widget.winfo_rootx(), top, top + self.widget.winfo_height()
