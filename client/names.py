"""Names and texts made safe to show: strangers chose them, and a terminal or a label must not obey them.

Pure. Cleaning happens where a body was opened, so that no user interface ever holds a raw name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Final

from common import limits
from common.errors import LocalError, TooLong

_NAMELESS: Final = "?"
# Cc control, Cf format (bidi marks, zero width), Cs surrogate, Co private use, Cn unassigned, Zl/Zp line breaks
_NEVER_IN_NAMES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_KEPT_IN_TEXT: Final = "\n\t"
_BIDI_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class BadName(LocalError):
    """The name that was typed cannot be used."""


def clean_name(name: str) -> str:
    """A name without control, format and bidi characters, blanks single, at most `limits.NAME_BYTES`; never empty."""
    kept = "".join(
        " " if unicodedata.category(character) in {"Zs", "Zl", "Zp"} or character in "\n\t\r" else character
        for character in unicodedata.normalize("NFC", name)
        if unicodedata.category(character) not in _NEVER_IN_NAMES or character in "\n\t\r\u2028\u2029"
    )
    short = " ".join(kept.split()).encode()[: limits.NAME_BYTES]
    return short.decode(errors="ignore").strip() or _NAMELESS


def check_name(name: str) -> str:
    """The user's own name, cleaned. Raises `BadName` or `TooLong` instead of changing what others will read."""
    if not name.strip():
        raise BadName("The name is missing: type the name that the others will see.")
    if len(unicodedata.normalize("NFC", name.strip()).encode(errors="replace")) > limits.NAME_BYTES:
        raise TooLong(f"The name is too long: {limits.NAME_BYTES} bytes are allowed, about 20 to 60 characters.")
    cleaned = clean_name(name)
    if cleaned == _NAMELESS and name.strip() != _NAMELESS:
        raise BadName("The name has no letter that can be shown: type another one.")
    return cleaned


def clean_text(text: str) -> str:
    """A text without what would steer a terminal or turn the line around; line breaks and tabs stay."""
    return "".join(
        character
        for character in text.replace("\r\n", "\n").replace("\r", "\n")
        if character in _KEPT_IN_TEXT
        or (unicodedata.category(character) not in {"Cc", "Cs"} and character not in _BIDI_OVERRIDES)
    )


def unique_name(name: str, taken: Collection[str]) -> str:
    """`name`, or `name (2)`, `name (3)`… where the name is taken by somebody else in the room."""
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"
