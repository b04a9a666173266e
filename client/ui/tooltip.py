"""Tooltips for mouse and keyboard: tkinter-tooltip's, with five things mended.

It shows on keyboard focus too, and covers no control then; it never lies off the screen, goes from under a pointer
that rests, and goes when its widget goes. Importing tkinter-tooltip takes a noticeable time, so `stage` and
`furnishing` import this file only after the window has been painted.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from typing import Final

from tktooltip import ToolTip

from client.ui.theme import Theme
from client.ui.tip_place import Box, tip_place

_DELAY_MS: Final = 550
_LASTS_MS: Final = 8_000  # longer than the longest takes to read; a pointer may rest for hours
_NO_CONTROLS: Final = frozenset({"TLabel", "TFrame", "Canvas"})
_CONTROLS: Final = frozenset(
    {"TButton", "TCheckbutton", "TCombobox", "TEntry", "TMenubutton", "TRadiobutton", "TScale"}
)
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
            widget.bind("<<TraverseIn>>", self._came_by_tab, add="+")

    def destroy(self) -> None:
        """Go with the widget."""
        self._cancel()
        super().destroy()
        # Here, on Tk's thread: left to the collector, another thread would be the one to tell Tk.
        self.__dict__.pop("msg_var", None)

    def on_enter(self, _event: object = None) -> None:
        """The pointer has come: show soon. It lies in nobody's way, since the pointer goes on and takes it away."""
        self._show_soon(list, _LASTS_MS)

    def _came_by_tab(self, _event: object) -> None:
        """It stays as long as the focus does: whoever fills in a form sees all the rest of it meanwhile."""
        self._show_soon(lambda: list(_controls(self.widget.winfo_toplevel())))

    def _show_soon(self, uncovered: Callable[[], list[Box]], lasts: int | None = None) -> None:
        self._cancel()
        self._timer = self.after(_DELAY_MS, lambda: self._show(uncovered(), lasts))

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

    def _show(self, uncovered: list[Box], lasts: int | None) -> None:
        self._timer = ""
        self._update_message()
        if not self.msg_var.get() or not self.widget.winfo_viewable():
            return
        self.update_idletasks()
        size = self.winfo_reqwidth(), self.winfo_reqheight()
        screen = Box(0, 0, self.winfo_screenwidth(), self.winfo_screenheight())
        left, top = tip_place(self._about(), size, self._gap, _box(self.widget.winfo_toplevel()), screen, uncovered)
        self.geometry(f"+{left}+{top}")
        self.deiconify()
        self.lift()
        if lasts is not None:
            self._timer = self.after(lasts, self.on_leave)

    def _about(self) -> Box:
        """What this is about, on the screen."""
        if self._at_pointer:
            x, y = self.widget.winfo_pointerxy()
            return Box(x, y, x + 1, y + 1)
        return _box(self.widget)


def _box(widget: tk.Misc) -> Box:
    left, top = widget.winfo_rootx(), widget.winfo_rooty()
    return Box(left, top, left + widget.winfo_width(), top + widget.winfo_height())


def _controls(part: tk.Misc) -> Iterator[Box]:
    """All that can be pressed or filled in now. The messages are none: there is room for a tooltip over them."""
    for widget in part.winfo_children():
        if widget.winfo_viewable() and (
            widget.winfo_class() in _CONTROLS or (isinstance(widget, tk.Text) and widget.cget("state") == "normal")
        ):
            yield _box(widget)
        yield from _controls(widget)
