"""A part of the window that scrolls: a bar where there is something to scroll, the wheel, and what has the focus."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from client.ui.theme import Theme

_WHEEL_PIXELS = 40


class ScrollArea(ttk.Frame):
    """Put widgets into `inside`, then `adopt` them."""

    def __init__(self, parent: tk.Misc, theme: Theme, *, width: int, height: int) -> None:
        """`width` and `height` are what it asks for, in pixels of 96 dpi; it takes more, and less."""
        super().__init__(parent, style="Surface.TFrame")
        self._theme = theme
        self._canvas = tk.Canvas(self, background=theme.palette.surface, highlightthickness=0, borderwidth=0)
        self._canvas.configure(width=theme.px(width), height=theme.px(height), yscrollincrement=1)
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self._canvas.yview, takefocus=False)
        self._canvas.configure(yscrollcommand=self._scrolled)
        self.inside = ttk.Frame(self._canvas, style="Surface.TFrame")
        self._window = self._canvas.create_window(0, 0, anchor="nw", window=self.inside)
        self._canvas.pack(side="left", fill="both", expand=True)
        self.on_width: Callable[[int], None] = lambda _width: None  # told the width that there is inside
        self._canvas.bind("<Configure>", self._fit)
        self.inside.bind("<Configure>", lambda _event: self._canvas.configure(scrollregion=self._canvas.bbox("all")))
        self._tag = f"In{self._canvas}"
        self._canvas.bind_class(self._tag, "<Button-4>", lambda _event: self._wheel(-1))
        self._canvas.bind_class(self._tag, "<Button-5>", lambda _event: self._wheel(1))
        self._canvas.bind_class(self._tag, "<MouseWheel>", lambda event: self._wheel(-1 if event.delta > 0 else 1))
        self._canvas.bind_class(self._tag, "<FocusIn>", lambda event: self.see(event.widget))
        self.adopt(self)

    def adopt(self, widget: tk.Misc) -> None:
        """The wheel over this widget and all within it scrolls, and what gets the focus is scrolled into view."""
        if self._tag not in widget.bindtags():
            widget.bindtags((*widget.bindtags(), self._tag))
        for child in widget.winfo_children():
            self.adopt(child)

    def see(self, widget: tk.Misc) -> None:
        """Scroll as little as brings this widget into view."""
        high, whole = self._canvas.winfo_height(), self.inside.winfo_height()
        if widget is self._canvas or whole <= high:
            return
        top = widget.winfo_rooty() - self.inside.winfo_rooty()
        edge = self._theme.px(8)
        above = self._canvas.canvasy(0)
        if top - edge < above:
            self._canvas.yview_moveto(max(0, top - edge) / whole)
        elif top + widget.winfo_height() + edge > above + high:
            self._canvas.yview_moveto((top + widget.winfo_height() + edge - high) / whole)

    @property
    def scrolled(self) -> float:
        """How far it is scrolled, 0..1."""
        return float(self._canvas.yview()[0])

    def go_to(self, place: float) -> None:
        """Scroll to there."""
        self._canvas.yview_moveto(place)

    def turn(self, pages: float) -> None:
        """Scroll by so much of what is in view."""
        if self._bar.winfo_ismapped():
            self._canvas.yview_scroll(round(pages * self._canvas.winfo_height()), "units")

    def destroy(self) -> None:
        """Forget the bindings too: Tk keeps those of a tag."""
        for sequence in ("<Button-4>", "<Button-5>", "<MouseWheel>", "<FocusIn>"):
            self._canvas.unbind_class(self._tag, sequence)
        super().destroy()

    def _fit(self, event: tk.Event[tk.Misc]) -> None:
        self._canvas.itemconfigure(self._window, width=event.width)
        self.on_width(event.width)

    def _scrolled(self, first: float, last: float) -> None:
        """A scroll bar only where there is something to scroll."""
        self._bar.set(first, last)
        if float(first) <= 0 and float(last) >= 1:
            self._bar.pack_forget()
        elif not self._bar.winfo_ismapped():
            self._bar.pack(side="right", fill="y", before=self._canvas)

    def _wheel(self, step: int) -> None:
        if self._bar.winfo_ismapped():
            self._canvas.yview_scroll(step * self._theme.px(_WHEEL_PIXELS), "units")
