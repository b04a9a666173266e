"""The words that are looked for, marked wherever they stand in what is built of the messages."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterable

from client.ui.transcript import Row

_FOUND, _HERE = "found", "here"  # tags of their look


class FoundWords:
    """Over a text widget in which each row has a tag of its own."""

    def __init__(self, text: tk.Text) -> None:
        self._text = text
        self._words = ""
        self._here = ""  # the key of the line where one has got to

    def choose(self, words: str, here: str) -> None:
        """Others from now on; empty: none."""
        self._words, self._here = words, here

    def mark(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Mark the words in these rows, each with its tag, and stronger in the one where one has got to."""
        for look in (_FOUND, _HERE):
            self._text.tag_remove(look, "1.0", "end")
        if not self._words:
            return
        for tag, row in rows:
            if self._words.casefold() in row.text.casefold():
                self._mark_row(tag, _HERE if row.key == self._here else _FOUND)

    def _mark_row(self, tag: str, look: str) -> None:
        begin = f"{tag}.first"
        while found := self._text.search(self._words, begin, f"{tag}.last", nocase=True):
            end = f"{found} + {len(self._words)} chars"
            self._text.tag_add(look, found, end)
            begin = end
