"""The messages: a read-only text widget that applies the presenter's changes.

Names and texts are inserted as plain text, whatever they hold. The view follows new lines only while its end is
visible; otherwise a button says how many are below.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterable
from itertools import count
from tkinter import ttk
from typing import Any

from client.ui import texts
from client.ui.theme import Theme
from client.ui.transcript import Change, Delivery, Insert, Remove, Replace, Row

_AT_END = 0.9995
Chunk = tuple[str, str]  # text and the tag of its look; a text of "" stands for the sender's sign


class MessageArea(ttk.Frame):
    """All lines of the room, and what stands there while there is none."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent, style="Card.TFrame", padding=theme.px(6))
        self._theme = theme
        self._tags: list[str] = []  # one for each row, in order: where it stands in the text
        self._numbers = count()
        self._below = 0
        self._title_shown: tuple[str, str] | None = None
        self.text = tk.Text(self, **_text_options(theme))
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self.text.yview)
        self.text.configure(yscrollcommand=self._scrolled)
        self.text.pack(side="left", fill="both", expand=True)
        self.below_button = ttk.Button(self, style="PlainSurface.TButton", command=self.go_to_end, cursor="hand2")
        self._empty = _EmptyView(self, theme)
        _make_tags(self.text, theme)
        # A disabled text takes no focus by itself, and without focus nothing can be copied by keyboard.
        self.text.bind("<Button-1>", lambda _event: self.text.focus_set(), add="+")
        self.text.bind("<FocusIn>", lambda _event: self.state(["focus"]))
        self.text.bind("<FocusOut>", lambda _event: self.state(["!focus"]))
        self.text.bind("<Configure>", self._resized)
        self._followed = True

    def show(self, changes: Iterable[Change], empty_title: str, empty_text: str) -> None:
        """Apply the changes in order; title and text are shown instead of messages while not empty."""
        changes = list(changes)
        if changes:
            self._apply(changes)
        if (empty_title, empty_text) != self._title_shown:
            self._title_shown = (empty_title, empty_text)
            self._empty.show(empty_title, empty_text)

    def go_to_end(self) -> None:
        """Show the newest line, and follow from here on."""
        self._below = 0
        self.text.see("end")
        self.below_button.place_forget()

    def rows(self) -> list[str]:
        """What each row says, for tests and for copying."""
        return [self.text.get(f"{tag}.first", f"{tag}.last").rstrip("\n") for tag in self._tags]

    # --- applying -------------------------------------------------------------------------------------------

    def _apply(self, changes: list[Change]) -> None:
        follow = self.text.yview()[1] >= _AT_END
        self.text.configure(state="normal")
        for change in changes:
            match change:
                case Insert(index, row):
                    self._insert(index, row)
                    self._below += 0 if follow or row.own else 1
                case Replace(index, row):
                    self._remove(index)
                    self._insert(index, row)
                case Remove(index):
                    self._remove(index)
        self.text.configure(state="disabled")
        own = any(isinstance(change, Insert) and change.row.delivery is Delivery.WAITING for change in changes)
        if follow or own:
            self.go_to_end()
        elif self._below:
            self.below_button.configure(text=texts.new_below(self._below))
            self.below_button.place(relx=0.5, rely=1.0, y=-self._theme.px(12), anchor="s")

    def _insert(self, index: int, row: Row) -> None:
        tag = f"row{next(self._numbers)}"
        place = f"{self._tags[index]}.first" if index < len(self._tags) else "end-1c"
        self.text.mark_set("at", place)  # right gravity: it stays behind what is inserted
        for chunk, look in _chunks(row, self._theme):
            if chunk:
                self.text.insert("at", chunk, (tag, look))
            else:
                self.text.image_create("at", image=self._theme.mark(row.who), padx=0, pady=self._theme.px(1))
                for name in (tag, look):
                    self.text.tag_add(name, "at-1c")
        self._tags.insert(index, tag)

    def _remove(self, index: int) -> None:
        tag = self._tags.pop(index)
        self.text.delete(f"{tag}.first", f"{tag}.last")
        self.text.tag_delete(tag)

    # --- size and place -------------------------------------------------------------------------------------

    def _scrolled(self, first: float, last: float) -> None:
        self._bar.set(first, last)
        self._followed = float(last) >= _AT_END
        if self._followed and self._below:
            self._below = 0
            self.below_button.place_forget()
        if float(first) <= 0 and float(last) >= 1:
            self._bar.pack_forget()
        elif not self._bar.winfo_ismapped():
            self._bar.pack(side="right", fill="y", padx=(0, self._theme.px(2)), pady=self._theme.px(4))

    def _resized(self, _event: object) -> None:
        """A smaller window must not hide the line that was just read."""
        if self._followed:
            self.text.see("end")


class _EmptyView(ttk.Frame):
    """The emblem, a title and a sentence in the middle of the area."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent, style="Surface.TFrame")
        self._title = ttk.Label(self, style="Title.TLabel")
        self._text = ttk.Label(self, style="SurfaceMuted.TLabel", justify="center", wraplength=theme.px(360))
        self._text.configure(font=theme.fonts.plain)
        ttk.Label(self, style="Surface.TLabel", image=theme.emblem(72)).pack()
        self._title.pack(pady=(theme.px(14), theme.px(6)))
        self._text.pack()

    def show(self, title: str, text: str) -> None:
        """Show these, or nothing where the title is empty."""
        if title:
            self._title.configure(text=title)
            self._text.configure(text=text)
            self.place(relx=0.5, rely=0.47, anchor="center")
        else:
            self.place_forget()


def _chunks(row: Row, theme: Theme) -> Iterable[Chunk]:
    """The pieces of a row, each with the tag of its look."""
    if row.day:
        yield f"{row.day}\n", "day"
    if not (row.who or row.own):
        yield f"{row.text}\n", "notice"
        return
    own = "own-" if row.own else ""
    if row.head:
        yield "", f"{own}head"
        yield f"  {row.name}", f"{own}name{theme.palette.people.index(theme.colour_of(row.who))}"
        when = f"{row.time} · {texts.EARLIER}" if row.late else row.time
        yield f"   {when}\n", f"{own}time"
    waiting = "waiting" if row.delivery is Delivery.WAITING else "body"
    yield row.text, own + waiting
    if row.note:
        bad = row.delivery is Delivery.REFUSED or row.note == texts.COPIED_DEVICE
        yield f"   {row.note}", f"{own}{'bad' if bad else 'note'}"
    yield "\n", own + "body"


def _text_options(theme: Theme) -> dict[str, Any]:
    colours = theme.palette
    return {
        "state": "disabled",
        "wrap": "word",
        "font": theme.fonts.plain,
        "background": colours.surface,
        "foreground": colours.text,
        "selectbackground": colours.accent,
        "selectforeground": colours.on_accent,
        "inactiveselectbackground": colours.border,
        "borderwidth": 0,
        "highlightthickness": 0,
        "padx": theme.px(2),
        "pady": theme.px(6),
        "width": 30,
        "height": 5,
        "cursor": "xterm",
        "takefocus": True,
        "insertwidth": 0,
    }


def _make_tags(text: tk.Text, theme: Theme) -> None:
    colours, fonts, px = theme.palette, theme.fonts, theme.px
    indent, edge = px(12), px(14)
    column = indent + px(28) + 2 * fonts.plain.measure(" ")
    text.tag_configure("day", justify="center", foreground=colours.muted, font=fonts.small_strong)
    text.tag_configure("day", spacing1=px(16), spacing3=px(6))
    text.tag_configure("notice", justify="center", foreground=colours.muted, font=fonts.small)
    text.tag_configure("notice", spacing1=px(6), spacing3=px(6), lmargin1=indent, lmargin2=indent, rmargin=edge)
    small = {"font": fonts.small}
    strong = {"font": fonts.small_strong}
    for own, ground in (("", colours.surface), ("own-", colours.own)):
        shared: dict[str, Any] = {"background": ground, "lmargincolor": ground, "rmargincolor": ground, "rmargin": edge}
        head = shared | {"lmargin1": indent, "lmargin2": indent, "spacing1": px(10), "spacing3": 0}
        body = shared | {
            "lmargin1": column,
            "lmargin2": column,
            "spacing1": px(1),
            "spacing2": px(2),
            "spacing3": px(4),
        }
        text.tag_configure(f"{own}head", head)
        text.tag_configure(f"{own}time", head | small | {"foreground": colours.muted})
        text.tag_configure(f"{own}body", body)
        text.tag_configure(f"{own}waiting", body | {"foreground": colours.muted})
        text.tag_configure(f"{own}note", body | small | {"foreground": colours.muted})
        text.tag_configure(f"{own}bad", body | strong | {"foreground": colours.danger})
        for number, colour in enumerate(colours.people):
            text.tag_configure(f"{own}name{number}", head | {"font": fonts.strong, "foreground": colour})
    text.tag_raise("sel")
