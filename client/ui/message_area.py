"""The messages: a read-only text widget that applies the changes of an excerpt.

Names and texts are inserted as plain text, whatever they hold. The view follows new lines only while its end is
visible; otherwise a button says how many are below, another leads to where new ones begin, and what is read stays
where it is.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterable
from itertools import count
from tkinter import ttk
from typing import Any, Final, Protocol

from client.ui import texts
from client.ui.bidi_rows import RightToLeft
from client.ui.empty_view import EmptyView
from client.ui.excerpt import Change, Excerpt, Insert, Remove, Replace
from client.ui.finding import Finding
from client.ui.found_words import FoundWords
from client.ui.link_tags import LinkTags
from client.ui.message_look import make_tags, text_options
from client.ui.theme import Theme
from client.ui.transcript import UNREAD, Delivery, Row
from client.ui.ways import Ways

_ROWS_ABOVE: Final = 3  # of a line that was found: what it answers
_AGAIN_MS: Final = 10  # between two updates, where one would take too long


_TIPPED: Final = frozenset({"note", "own-note", "notice", "link"})


class Tip(Protocol):
    """A tooltip that is asked to come and go."""

    def on_enter(self, _event: object = None) -> None:
        """Show soon."""

    def on_leave(self) -> None:
        """Hide."""


Chunk = tuple[str, str]  # text and the tag of its look; a text of "" stands for the sender's sign


class MessageArea(ttk.Frame):
    """The lines of the room around those that are looked at, and what stands there while there is none."""

    def __init__(self, parent: tk.Misc, theme: Theme, excerpt: Excerpt) -> None:
        super().__init__(parent, style="Card.TFrame", padding=theme.px(6))
        self._theme = theme
        self._excerpt = excerpt
        self._tags: list[str] = []  # one for each built row, in order: where it stands in the text
        self._rows: dict[str, Row] = {}  # by tag
        self._numbers = count()
        self._title_shown: tuple[str, str] | None = None
        self._again = ""
        self._turned: dict[str, RightToLeft] = {}  # by tag
        self._width = 0  # for which they were broken into lines
        self.text = tk.Text(self, **text_options(theme))
        self.bar = ttk.Scrollbar(self, orient="vertical", command=self._scroll)
        self.text.configure(yscrollcommand=self._scrolled)
        self.text.pack(side="left", fill="both", expand=True)
        self.ways = Ways(self, theme, unread=self.go_to_unread, end=self.go_to_end, focus=self.text)
        self._offers_unread = False
        self._empty = EmptyView(self, theme)
        make_tags(self.text, theme)
        self._found_words = FoundWords(self.text)
        self.links = LinkTags(self.text)
        # A disabled text takes no focus by itself, and without focus nothing can be copied by keyboard.
        self.text.bind("<Button-1>", lambda _event: self.text.focus_set(), add="+")
        self.text.bind("<FocusIn>", lambda _event: self.state(["focus"]))
        self.text.bind("<FocusOut>", lambda _event: self.state(["!focus"]))
        self.text.bind("<Configure>", self._resized)
        self.text.bind("<<Copy>>", self._copy)
        self.text.bind("<Control-Home>", self._first_key)
        self.text.bind("<Control-End>", self._last_key)

    def show(self, empty_title: str, empty_text: str) -> None:
        """Title and text are shown instead of messages while not empty."""
        if (empty_title, empty_text) != self._title_shown:
            self._title_shown = (empty_title, empty_text)
            self._empty.show(empty_title, empty_text)

    def refresh(self) -> None:
        """Bring the text to the excerpt; cheap where nothing has changed."""
        self._look()
        self._bring()

    def go_to_end(self) -> None:
        """Show the newest line, and follow from here on."""
        self._excerpt.follow()
        self._bring()
        self.text.see("end")

    def go_to_unread(self) -> None:
        """Show where new messages begin, if there is a mark."""
        index = self._excerpt.index_of(UNREAD)
        if index is not None:
            self._jump(max(0, index - 1))
            self._show_ways()

    def offer_unread(self, offers: bool) -> None:
        """Whether a button leads to where new messages begin, while that is out of sight."""
        self._offers_unread = offers
        self._show_ways()

    def unread_in_view(self) -> bool:
        """Whether the mark where new messages begin can be seen."""
        return self._excerpt.index_of(UNREAD) is not None and self._in_view(UNREAD)

    def resume(self) -> None:
        """Show what the excerpt stands at."""
        self._bring()
        if self._tags and not self._excerpt.follows:
            self.text.yview(f"{self._tags[self._excerpt.top()]}.first")

    def finding(self) -> Finding:
        """A search through all lines, also those that are not built."""
        return self._excerpt.finding()

    def mark_words(self, words: str, key: str) -> None:
        """Mark these words wherever they stand, and bring the line with this key before the eyes. Empty: none."""
        self._found_words.choose(words, key)
        index = self._excerpt.index_of(key) if key else None
        if index is not None and not self._in_view(key):
            self._jump(max(0, index - _ROWS_ABOVE))
        self._mark()

    def rows(self) -> list[str]:
        """What each built row says, for tests."""
        return [self.text.get(f"{tag}.first", f"{tag}.last").rstrip("\n") for tag in self._tags]

    def lowest(self) -> str:
        """The key of the lowest row that is whole in view, empty where there is none."""
        high = self.text.winfo_height()
        below = self._index_at(self.text.winfo_width(), high) + 1
        for tag in reversed(self._tags[:below]):
            line = self.text.dlineinfo(f"{tag}.last - 1 chars")
            if line is None:
                break
            if line[1] + line[3] <= high:
                return self._rows[tag].key
        return ""

    def add_tip(self, tip: Tip) -> None:
        """Show this tooltip over what stands small behind a line, and over what is said of missing lines."""
        for look in _TIPPED:
            self.text.tag_bind(look, "<Enter>", tip.on_enter, add="+")
            self.text.tag_bind(look, "<Leave>", lambda _event: tip.on_leave(), add="+")

    def tip(self) -> str:
        """What there is to say of the link or the row under the pointer."""
        link = self.links.at_pointer()
        if link is not None:
            return texts.tip_link(link.host)
        x, y = self.text.winfo_pointerxy()
        names = self.text.tag_names(f"@{x - self.text.winfo_rootx()},{y - self.text.winfo_rooty()}")
        tag = next((name for name in names if name in self._rows), None)
        return self._rows[tag].tip if tag and not _TIPPED.isdisjoint(names) else ""

    # --- applying -------------------------------------------------------------------------------------------

    def _bring(self) -> None:
        changes = self._excerpt.changes()
        if changes:
            self._apply(changes)
            self._mark()
        if self._excerpt.unfinished and not self._again:
            self._again = self.after(_AGAIN_MS, self._go_on)
        self._show_ways()

    def _go_on(self) -> None:
        self._again = ""
        self.refresh()

    def _apply(self, changes: list[Change]) -> None:
        """What stands at the upper edge stays there to the pixel, unless the view follows the end."""
        self.text.mark_set("edge", "@0,0")
        before = self.text.dlineinfo("edge")
        self.text.configure(state="normal")
        for change in changes:
            match change:
                case Insert(index, rows):
                    self._insert(index, rows)
                case Replace(index, row):
                    self._replace(index, row)
                case Remove(index, many):
                    self._remove(index, many)
        self.text.configure(state="disabled")
        if self._excerpt.follows:
            self.text.see("end")
        elif before is not None and self.text.dlineinfo("edge") != before:
            self.text.yview("edge")
            self.text.yview_scroll(-before[1], "pixels")

    def _insert(self, index: int, rows: Iterable[Row]) -> None:
        place = f"{self._tags[index]}.first" if index < len(self._tags) else "end-1c"
        self.text.mark_set("at", place)  # right gravity: it stays behind what is inserted
        tags = []
        for row in rows:
            tag = f"row{next(self._numbers)}"
            tags.append(tag)
            self._write(tag, row)
        self._tags[index:index] = tags

    def _replace(self, index: int, row: Row) -> None:
        tag = self._tags[index]
        self.text.mark_set("at", f"{tag}.first")
        self.text.delete(f"{tag}.first", f"{tag}.last")
        self._write(tag, row)

    def _write(self, tag: str, row: Row) -> None:
        """A row before the mark `at`, in as few words to Tk as there can be."""
        self._rows[tag] = row
        pieces: list[Any] = []
        turned = self._turned[tag] = RightToLeft(self._theme, self._room())
        for chunk, look in _chunks(row, self._theme):
            if chunk:
                pieces += turned.pieces(chunk, look, tag)
                continue
            if pieces:
                self.text.insert("at", *pieces)
                pieces = []
            self.text.image_create("at", image=self._theme.mark(row.who), padx=0, pady=self._theme.px(1))
            for name in (tag, look):
                self.text.tag_add(name, "at-1c")
        self.text.insert("at", *pieces)
        if row.who or row.own:
            self.links.mark(tag, row.text)

    def _remove(self, index: int, many: int) -> None:
        tags = self._tags[index : index + many]
        self.text.delete(f"{tags[0]}.first", f"{tags[-1]}.last")
        self.text.tag_delete(*tags)
        for tag in tags:
            del self._rows[tag], self._turned[tag]
        del self._tags[index : index + many]

    def _show_ways(self) -> None:
        self.ways.show(unread=self._way_to_unread(), below=self._excerpt.below())

    def _way_to_unread(self) -> int:
        """Below 0 where it is up, over 0 where it is down, 0 where there is none to offer."""
        index = self._excerpt.index_of(UNREAD)
        if not self._offers_unread or index is None or self._in_view(UNREAD):
            return 0
        return -1 if index < self._excerpt.span()[0] + self._index_at(0, 0) else 1

    def _in_view(self, key: str) -> bool:
        tag = next((tag for tag in self._tags if self._rows[tag].key == key), None)
        return tag is not None and self.text.dlineinfo(f"{tag}.last - 1 chars") is not None

    def _mark(self) -> None:
        self._found_words.mark((tag, self._rows[tag]) for tag in self._tags)

    # --- size and place -------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Tell the excerpt what the view shows: its end, or another row at the upper edge."""
        if self.text.winfo_height() <= 1 or not self._tags:
            return
        if self._excerpt.reaches_end and self.text.dlineinfo("end-1c - 1 chars") is not None:
            self._excerpt.follow()
        else:
            self._excerpt.look_at(self._rows[self._tags[self._index_at(0, 0)]].key)

    def _index_at(self, x: int, y: int) -> int:
        """The index of the built row at this point, or nearest to it; -1 where nothing is built."""
        names = self.text.tag_names(f"@{x},{y}")
        tag = next((name for name in names if name in self._rows), None)
        return self._tags.index(tag) if tag else len(self._tags) - 1

    def _scrolled(self, first: float, last: float) -> None:
        """The text shows another part of what is built: `first` and `last` are fractions of that."""
        begin, built, total = self._excerpt.span()
        whole = max(total, 1)
        first, last = (begin + float(first) * built) / whole, (begin + float(last) * built) / whole
        self.bar.set(first, last)
        if not total or (first <= 0 and last >= 1):
            self.bar.pack_forget()
        elif not self.bar.winfo_ismapped():
            self.bar.pack(side="right", fill="y", padx=(0, self._theme.px(2)), pady=self._theme.px(4))
        if not self._again:
            self._again = self.after(_AGAIN_MS, self._go_on)

    def _scroll(self, how: str, amount: str, unit: str = "") -> None:
        """The scroll bar was moved."""
        if how != "moveto":
            self.text.yview(how, amount, unit)
            return
        begin, built, total = self._excerpt.span()
        row = float(amount) * total
        if begin <= row < begin + built:
            self.text.yview_moveto((row - begin) / built)
        else:
            self._jump(int(row))

    def _jump(self, index: int) -> None:
        """Show the line with this index among all lines at the upper edge."""
        self._excerpt.jump(index)
        self.resume()

    def _first_key(self, _event: object) -> str:
        """To the first line of all; Tk would stop at the first that is built."""
        self._jump(0)
        return "break"

    def _last_key(self, _event: object) -> str:
        self.go_to_end()
        return "break"

    def _resized(self, _event: object) -> None:
        """A smaller window must not hide the line that was just read."""
        if self._excerpt.follows:
            self.text.see("end")
        if self._room() != self._width:
            self._width = self._room()
            self.after_idle(self._turn_again)

    def _room(self) -> int:
        """The width that a line of a message has, in pixels."""
        edges = sum(int(str(self.text.tag_cget("body", side))) for side in ("lmargin1", "rmargin"))
        return max(self.text.winfo_width() - edges - 2 * self._theme.px(4), 1)

    def _turn_again(self) -> None:
        """What runs from right to left is broken into lines by us: into others, where the width is another."""
        changes: list[Change] = [
            Replace(index, self._rows[tag]) for index, tag in enumerate(self._tags) if self._turned[tag].lines
        ]
        if changes:
            self._apply(changes)

    def _copy(self, _event: object) -> str | None:
        """What runs from right to left is copied as it was written, not as it is seen."""
        if not self.text.tag_ranges("sel"):
            return None
        chosen = self.text.get("sel.first", "sel.last")
        for turned in self._turned.values():
            chosen = turned.as_written(chosen)
        self.clipboard_clear()
        self.clipboard_append(chosen)
        return "break"


def _chunks(row: Row, theme: Theme) -> Iterable[Chunk]:
    """The pieces of a row, each with the tag of its look."""
    if row.day:
        yield f"{row.day}\n", "day"
    if not (row.who or row.own):
        yield f"{row.text}\n", "unread" if row.key == UNREAD else "notice"
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
