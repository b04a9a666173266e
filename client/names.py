"""Names and texts made safe to show: strangers chose them, and a terminal or a label must not obey them.

Pure. Cleaning happens where a body was opened, so that no user interface ever holds a raw name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

from common import limits
from common.errors import LocalError, TooLong

_NAMELESS: Final = "?"
_NEVER_IN_NAMES: Final = frozenset(
    {"Cc", "Cf", "Cs", "Co", "Cn"}
)  # control, format (bidi too), surrogate, private, none
# Letters and marks that nobody sees: with one of them behind it, somebody else's name looks the same.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_LINE_BREAK: Final = re.compile("\r\n|[\r\u2028\u2029]")
_COLONS: Final = frozenset(":\u02d0\u0589\u05c3\u2236\ua789\ufe13\ufe55\uff1a")
_KEPT_IN_TEXT: Final = "\n\t"
_NO_CODE: Final = re.compile("[^a-z_]")
_BIDI_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class BadName(LocalError):
    """The name that was typed cannot be used."""


def clean_name(name: str) -> str:
    """A name without control, format and bidi characters, blanks single, at most `limits.NAME_BYTES`; never empty.

    Nor with a colon: `Ann: yes. Ben` would read as a line of Ann's.
    """
    return _visible(name).encode()[: limits.NAME_BYTES].decode(errors="ignore").strip() or _NAMELESS


def check_name(name: str) -> str:
    """The user's own name, cleaned. Raises `BadName` if nothing of it can be seen, `TooLong` instead of cutting it."""
    if not name.strip():
        raise BadName("The name is missing: type the name that the others will see.")
    visible = _visible(name)
    if not visible:
        raise BadName("The name has no letter that can be shown: type another one.")
    if len(visible.encode()) > limits.NAME_BYTES:
        raise TooLong(f"The name is too long: {limits.NAME_BYTES} bytes are allowed, about 20 to 60 characters.")
    return visible


def clean_text(text: str) -> str:
    """A text without what would steer a terminal or turn the line around; line breaks and tabs stay."""
    return "".join(
        character
        for character in _LINE_BREAK.sub("\n", text)
        if character in _KEPT_IN_TEXT
        or (unicodedata.category(character) not in {"Cc", "Cs"} and character not in _BIDI_OVERRIDES)
    )


def clean_sentence(text: str) -> str:
    """One line of a text of the broker's: with a line break in it, it could pass for somebody's message."""
    return " ".join(clean_text(text).split())


def clean_code(code: str) -> str:
    """The letters of a code of the broker's."""
    return _NO_CODE.sub("", code) or "unknown"


def unique_name(name: str, taken: Collection[str]) -> str:
    """`name`, or `name (2)`, `name (3)`… where the name is taken by somebody else in the room."""
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


def _visible(name: str) -> str:
    kept = "".join(
        " " if character.isspace() or character in _COLONS else character
        for character in _INVISIBLE.sub("", name)
        if character.isspace() or unicodedata.category(character) not in _NEVER_IN_NAMES
    )
    # Composed after the cleaning: what was left out may have kept a letter and its accent apart.
    return " ".join(unicodedata.normalize("NFC", kept).split())
