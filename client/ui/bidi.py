"""Text that runs from right to left, for a toolkit that draws letter after letter from left to right.

Tk does so on X11: Hebrew comes out backwards, and Arabic letters do not join. There a text is broken into lines here,
and each line is given to Tk in the order in which it is to be seen. Windows and macOS need none of it. Pure; the
libraries are loaded when the first such text comes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

# Hebrew to Arabic and their neighbours, their presentation forms, and those beyond the first plane.
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_UNSEEN: Final = dict.fromkeys(map(ord, "\u061c\u200e\u200f"))  # marks of direction have done their work


def is_needed(text: str) -> bool:
    """Whether anything in it runs from right to left."""
    return bool(_RIGHT_TO_LEFT.search(text))


def begins_right(text: str) -> bool:
    """Whether a paragraph as a whole runs from right to left: its first letter with a direction decides."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def shown(line: str, *, right: bool | None = None) -> str:
    """One line as it is to be seen from left to right; `right` is the direction of its paragraph, if not its own."""
    if not is_needed(line):
        return line
    from bidi.algorithm import get_display  # noqa: PLC0415 - seldom needed; `bidi` itself mirrors no bracket

    base = begins_right(line) if right is None else right
    ordered = get_display(_joined(line), base_dir="R" if base else "L")
    return (ordered if isinstance(ordered, str) else ordered.decode()).translate(_UNSEEN)


def broken(text: str, width: int, measure: Callable[[str], int]) -> list[tuple[str, str]]:
    """A text as lines of at most `width`, each as it is to be seen and as it was written.

    `measure` gives the width of a string. A single word that is too wide stays whole.
    """
    lines: list[tuple[str, str]] = []
    for paragraph in text.split("\n"):
        right = begins_right(paragraph)
        lines += [(shown(line, right=right), line) for line in _wrapped(paragraph, width, measure)]
    return lines


def _wrapped(paragraph: str, width: int, measure: Callable[[str], int]) -> list[str]:
    lines: list[str] = []
    line, used, space = "", 0, measure(" ")
    for word in paragraph.split(" "):
        wide = measure(_joined(word))
        if line and used + space + wide > width:
            lines.append(line)
            line, used = word, wide
        else:
            line, used = (f"{line} {word}", used + space + wide) if line else (word, wide)
    return [*lines, line]


def _joined(text: str) -> str:
    """Arabic letters in the forms that they take beside each other."""
    joined: str = _shaper()(text)
    return joined


@lru_cache(1)
def _shaper() -> Callable[[str], str]:
    from arabic_reshaper import ArabicReshaper  # noqa: PLC0415 - as above

    reshape: Callable[[str], str] = ArabicReshaper({"delete_harakat": False}).reshape
    return reshape
