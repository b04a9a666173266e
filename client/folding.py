"""Lines for a terminal, broken between words: the terminal itself breaks them wherever it ends. Pure.

What is longer than a line without a blank in it (a link, an address) stays whole, so that it can be copied.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_INK: Final = re.compile(r"\x1b\[[0-9;]*m")  # colours take no room
_DEEPER: Final = 4  # further lines stand so much to the right of the first


def folded(line: str, columns: int, cells: Callable[[str], int]) -> list[str]:
    """The lines that one line becomes on a screen of so many columns; `cells` is the width of a text in columns."""

    def wide(text: str) -> int:
        return cells(_INK.sub("", text))

    if wide(line) <= columns:
        return [line]
    start = line[: len(line) - len(line.lstrip(" "))]
    further = start + " " * _DEEPER
    lines, row, empty = [], start, True
    for word in line[len(start) :].split(" "):
        if not empty and wide(row) + 1 + wide(word) > columns:
            lines.append(row)
            row, empty = further, True
        row, empty = (row if empty else f"{row} ") + word, False
    return [*lines, row]
