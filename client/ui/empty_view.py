"""What stands in the message area while there is no message."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from client.ui.theme import Theme


class EmptyView(ttk.Frame):
    """The emblem, a title and a sentence in the middle of the area."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent, style="Surface.TFrame")
        self._theme = theme
        self._title = ttk.Label(self, style="Title.TLabel", justify="center")
        self._text = ttk.Label(self, style="SurfaceMuted.TLabel", justify="center", font=theme.fonts.plain)
        self._emblem = ttk.Label(self, style="Surface.TLabel", image=theme.emblem(72))
        parent.bind("<Configure>", self._fit, add="+")

    def _fit(self, event: tk.Event[tk.Misc]) -> None:
        """Where there is little room the emblem goes first, then the sentence."""
        room, px = event.height - self._theme.px(20), self._theme.px
        for label, widest in ((self._title, 520), (self._text, 360)):
            label.configure(wraplength=min(px(widest), max(event.width - px(40), px(80))))
        words = self._title.winfo_reqheight() + px(20)
        with_text = words + self._text.winfo_reqheight()
        for widget in (self._emblem, self._title, self._text):
            widget.pack_forget()
        if room >= with_text + px(72):
            self._emblem.pack()
        if room >= words:
            self._title.pack(pady=(px(14), px(6)))
        if room >= with_text:
            self._text.pack()

    def show(self, title: str, text: str) -> None:
        """Show these, or nothing where the title is empty."""
        if title:
            self._title.configure(text=title)
            self._text.configure(text=text)
            self.place(relx=0.5, rely=0.47, anchor="center")
        else:
            self.place_forget()
