"""The right-to-left lines of one row of the message area: as they are seen, and as they were written."""

from __future__ import annotations

from typing import Any

from client.ui import bidi
from client.ui.theme import Theme


class RightToLeft:
    """`lines` holds pairs, seen and written; empty where nothing in the row runs from right to left."""

    def __init__(self, theme: Theme, width: int) -> None:
        """`width` is the room for a line, in pixels."""
        self._theme = theme
        self._width = width
        self.lines: list[tuple[str, str]] = []

    def pieces(self, chunk: str, look: str, tag: str) -> list[Any]:
        """What `insert` takes for a chunk of the row `tag`: text and tags in turns."""
        if self._theme.draws_right_to_left or not bidi.is_needed(chunk):
            return [chunk, (tag, look)]
        own = "own-" if look.startswith("own-") else ""
        words = chunk.strip(" \n")
        begin, end = chunk.split(words)  # the blanks that keep it off its neighbours stay where they are
        lines = bidi.broken(words, self._width, self._theme.fonts.plain.measure)
        self.lines += lines
        pieces: list[Any] = [begin, (tag, look)] if begin else []
        for number, (seen, written) in enumerate(lines):
            after = "\n" if number < len(lines) - 1 else end
            aside = (f"{own}right",) if bidi.begins_right(written) and look.endswith(("body", "waiting")) else ()
            pieces += [seen + after, (tag, look, *aside)]
        return pieces

    def as_written(self, chosen: str) -> str:
        """A copied text with the lines of this row that are whole in it as they were written."""
        for seen, written in self.lines:
            chosen = chosen.replace(seen, written)
        return chosen
