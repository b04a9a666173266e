"""Links in messages. Strangers write them: what stands there is opened, and where it leads is said before. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

_LONGEST: Final = 2_000
_FOUND: Final = re.compile(r"https?://[^\s<>\"“”„«»\u0000-\u0020\u007f-\u009f]+", re.IGNORECASE)
_AFTER: Final = ".,;:!?'’…"  # ends a sentence, not an address
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


class Link(Struct, frozen=True):
    """An address as it stands in the text, and the host it leads to, in letters that cannot be taken for others."""

    address: str
    host: str


def links(text: str) -> list[Link]:
    """All addresses of the web in a text; what only looks like one is left out."""
    found = (_trimmed(match.group()) for match in _FOUND.finditer(text))
    known = ((address, _host(address)) for address in found if len(address) <= _LONGEST)
    return [Link(address, host) for address, host in known if host]


def _trimmed(address: str) -> str:
    """Without the marks that belong to the sentence around it."""
    while address and (address[-1] in _AFTER or _closes_nothing(address)):
        address = address[:-1]
    return address


def _closes_nothing(address: str) -> bool:
    opening = _PAIRS.get(address[-1])
    return opening is not None and address.count(opening) < address.count(address[-1])


def _host(address: str) -> str:
    """In ASCII: look-alikes of other alphabets give themselves away. Empty where there is none."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:  # what urlsplit, the port or IDNA will not take
        return ""
