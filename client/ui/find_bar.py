"""The bar over the messages in which one looks for words."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from tkinter import ttk

from client.ui import texts
from client.ui.finding import Finding
from client.ui.message_area import MessageArea
from client.ui.theme import Theme

Tip = tuple[tk.Widget, Callable[[], str]]


class FindBar(ttk.Frame):
    """Not there until it is opened. Enter goes to older lines, Shift+Enter to newer ones, Escape closes it."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        messages: MessageArea,
        *,
        place: Callable[[FindBar], None],
        closed: Callable[[], None],
    ) -> None:
        """`place` puts it where it belongs, `closed` is called when it has gone."""
        super().__init__(parent, style="Card.TFrame", padding=theme.px(6))
        self._messages = messages
        self._finding: Finding = messages.finding()
        self._place = place
        self._closed = closed
        self._words = tk.StringVar(self)
        self._words.trace_add("write", lambda *_: self._seek())
        self.entry = ttk.Entry(self, textvariable=self._words, style="Field.TEntry", width=24)
        self.note = ttk.Label(self, style="SurfaceMuted.TLabel")
        gap = theme.px(6)
        self.older = ttk.Button(self, style="PlainSurface.TButton", text="↑", width=3, command=self._older)
        self.newer = ttk.Button(self, style="PlainSurface.TButton", text="↓", width=3, command=self._newer)
        self.close_button = ttk.Button(self, style="PlainSurface.TButton", text=texts.DONE, command=self.close)
        self.close_button.pack(side="right", padx=(gap, 0))
        for button in (self.newer, self.older):
            button.pack(side="right", padx=(gap, 0))
        self.note.pack(side="right", padx=(gap, gap))
        self.entry.pack(side="left", fill="x", expand=True)
        self.entry.bind("<Return>", lambda _event: self._older())
        self.entry.bind("<KP_Enter>", lambda _event: self._older())
        self.entry.bind("<Shift-Return>", lambda _event: self._newer())
        for part in (self.entry, self.older, self.newer, self.close_button):
            part.bind("<Escape>", self._escape)

    @property
    def is_open(self) -> bool:
        """Whether it is there."""
        return bool(self.winfo_manager())

    def open(self) -> None:
        """Come, with what was looked for before to be typed over."""
        self._place(self)
        self.entry.focus_set()
        self.entry.selection_range(0, "end")
        self._seek()

    def close(self) -> None:
        """Go; the view stays where it is."""
        self.pack_forget()
        self._messages.mark_words("", "")
        self._closed()

    def refresh(self) -> None:
        """Lines have come in."""
        if self.is_open:
            self._tell()

    def tips(self) -> Iterator[Tip]:
        """What each part does."""
        yield self.entry, lambda: texts.TIP_FIND
        yield self.older, lambda: texts.TIP_FIND_OLDER
        yield self.newer, lambda: texts.TIP_FIND_NEWER

    def _seek(self) -> None:
        self._finding.seek(self._words.get())
        self._go()

    def _older(self) -> None:
        self._finding.step(back=True)
        self._go()

    def _newer(self) -> None:
        self._finding.step(back=False)
        self._go()

    def _go(self) -> None:
        self._messages.mark_words(self._finding.words, self._finding.at)
        self._tell()

    def _tell(self) -> None:
        number, count = self._finding.count()
        self.note.configure(text=texts.found(number, count) if self._finding.words else "")

    def _escape(self, _event: object) -> str:
        self.close()
        return "break"
