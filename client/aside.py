"""What is done with a file of ours that cannot be read: it is put aside under another name, and the user is told.

So a damaged file never stops the program, and nothing that was in it is lost: the next one is written afresh.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

_BROKEN: Final = ".broken"


def set_aside(path: Path, what: str, error: BaseException, instead: str) -> str:
    """Rename the file; returns the sentence for the user. `what` it is, and what holds `instead` of it from now on."""
    aside = next(place for place in _places(path) if not place.exists())
    try:
        path.replace(aside)
    except OSError as trouble:
        return f"{path} cannot be used ({reason(error)}), nor be renamed ({reason(trouble)}): {instead}."
    return f"{what} could not be read ({reason(error)}): it was renamed to {aside.name}, {instead}."


def _places(path: Path) -> Iterator[Path]:
    """Names for a broken file: one that was put aside earlier stays."""
    yield path.with_name(path.name + _BROKEN)
    yield from (path.with_name(f"{path.name}{_BROKEN}-{number}") for number in count(2))


def reason(error: BaseException) -> str:
    """In one line, for a sentence in brackets or before a full stop."""
    said = (
        error.strerror if isinstance(error, OSError) else "it is no text" if isinstance(error, UnicodeError) else None
    )
    return (said or str(error)).splitlines()[0].rstrip(".")
