"""Names and texts of strangers, made harmless to look at.

Whoever has the key can send any characters. This file makes those visible that would steer the screen (control
characters, bidirectional overrides, invisible marks) and bounds what would grow without limit. It knows
nothing of widgets; widgets show what it returns as plain text and never interpret it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from client.ui.bidi import is_needed

NAME_CELLS: Final = 28  # what a row of the people list holds
SENTENCE_CELLS: Final = 400  # a reason from the broker: some lines of the problem bar
_MARKS: Final = 4  # combining marks on one character; Vietnamese and Hebrew need three
_JOINERS: Final = "\u200c\u200d\ufe0f"  # Persian and joined emoji need them
# Of one direction each, and they end with the line: they turn only signs without a direction beside them.
_TURN: Final = {turn: turn for turn in "\u061c\u200e\u200f"}
_LEAVE_OUT: Final = dict.fromkeys(_TURN, "")
_BLANKS: Final = "\u3164\uffa0\u115f\u1160\u2800"  # letters that look like nothing: a name of them is no name


def safe_text(text: str) -> str:
    """A text of several lines: all line ends become newlines, everything that steers the screen becomes visible.

    The marks of direction that keyboards for Arabic and Hebrew type stay beside such letters; elsewhere they are left
    out, since nothing is turned by them there.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "\n".join(_safe_line(line, _TURN if is_needed(line) else _LEAVE_OUT) for line in text.split("\n"))


def safe_name(name: str, cells: int = NAME_CELLS) -> str:
    """A name in one line of at most `cells` characters' width; one that shows nothing becomes “(no name)”."""
    shown = bounded(" ".join(_safe_line(" ".join(name.splitlines())).split()), cells)
    return shown if any(letter not in _BLANKS + _JOINERS + " " for letter in shown) else "(no name)"


def safe_sentence(sentence: str, cells: int = SENTENCE_CELLS) -> str:
    """A sentence from outside (a reason, an error) in one line of bounded width."""
    return bounded(" ".join(_safe_line(" ".join(sentence.splitlines())).split()), cells)


def bounded(text: str, cells: int) -> str:
    """The text, cut with an ellipsis where it would take more than `cells` of a letter's width."""
    used = 0
    for index, letter in enumerate(text):
        used += _cells(letter)
        if used > cells:
            return text[: max(index - 1, 0)].rstrip() + "…"
    return text


def _cells(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _safe_line(line: str, turns: Mapping[str, str] = MappingProxyType({})) -> str:
    if line.isascii() and line.isprintable():
        return line  # by far the most lines: history comes by the thousand
    shown = []
    marks = 0
    for letter in line:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _MARKS:
            shown.append(turns[letter] if letter in turns else _safe_letter(letter))
    return "".join(shown)


@lru_cache(4096)
def _safe_letter(letter: str) -> str:
    if letter == "\t":
        return "    "
    category = unicodedata.category(letter)
    if category == "Cc":
        return chr(0x2400 + ord(letter)) if ord(letter) < 0x20 else "�"  # ␀, ␛, …
    if category == "Cf" and letter not in _JOINERS:
        return f"⟨U+{ord(letter):04X}⟩"
    return "�" if category == "Cs" else letter
