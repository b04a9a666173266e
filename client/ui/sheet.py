"""A page that stands before the conversation for a while: a title, what scrolls under it, and a way back."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import ttk

from client.ui import texts
from client.ui.scroll_area import ScrollArea
from client.ui.theme import Theme

_WIDEST = 640  # pixels of 96 dpi: longer lines are hard to read


class Sheet(ttk.Frame):
    """Put the content into `body`, then call `finish`. Escape and the button close it."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, title: str, close: Callable[[], None], leave: str = texts.DONE
    ) -> None:
        """`leave`: what stands on the button that closes it."""
        super().__init__(parent, style="Page.TFrame", padding=theme.px(12))
        self._theme = theme
        head = ttk.Frame(self, style="Page.TFrame")
        head.pack(fill="x", pady=(0, theme.px(8)))
        ttk.Label(head, style="PageTitle.TLabel", text=title).pack(side="left", padx=theme.px(6))
        self.close_button = ttk.Button(head, style="PlainPage.TButton", text=leave, command=close)
        self.close_button.pack(side="right")
        for keys, pages in (("<Prior>", -0.8), ("<Next>", 0.8), ("<Up>", -0.1), ("<Down>", 0.1)):
            self.close_button.bind(keys, partial(self._turn, pages))
        card = ttk.Frame(self, style="Card.TFrame", padding=theme.px(6))
        card.pack(fill="both", expand=True)
        self._area = ScrollArea(card, theme, width=300, height=100)
        self._area.pack(fill="both", expand=True)
        self.body = ttk.Frame(self._area.inside, style="Surface.TFrame")
        self.body.pack(fill="x", pady=theme.px(8))
        self._area.on_width = self._fit
        self._wrapped: list[tuple[ttk.Label, int]] = []

    def wrap(self, label: ttk.Label, taken: int = 0) -> ttk.Label:
        """Have this label's lines end where the sheet does, `taken` pixels of 96 dpi before it."""
        self._wrapped.append((label, self._theme.px(taken)))
        return label

    @property
    def scrolled(self) -> float:
        """How far it is scrolled, 0..1."""
        return self._area.scrolled

    def go_to(self, place: float) -> None:
        """Scroll to where another one of the same kind was."""
        self.update_idletasks()
        self._area.go_to(place)

    def _turn(self, pages: float, _event: object) -> None:
        self._area.turn(pages)

    def finish(self) -> None:
        """Everything is in the body."""
        self._area.adopt(self.body)

    def begin(self) -> None:
        """It is shown: the focus goes into it."""
        self.close_button.focus_set()

    def _fit(self, width: int) -> None:
        """In the middle, and no wider than is good to read."""
        edge = max(self._theme.px(10), (width - self._theme.px(_WIDEST)) // 2)
        self.body.pack_configure(padx=edge)
        for label, taken in self._wrapped:
            label.configure(wraplength=max(width - 2 * edge - taken, self._theme.px(80)))
