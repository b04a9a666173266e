"""Which name stands for which device, for as long as this program runs: nobody speaks under a name that was another's.

The first device that is met under a name keeps it, also when it has gone; whoever else uses the same one, or one that
looks the same, is shown with a number. Pure; names come in cleaned.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_MOST: Final = 10_000  # names: an insider can invent devices; then numbers are given anew, and none is remembered


class NameBook:
    """Starts with my own name, which stays mine."""

    def __init__(self, own_name: str) -> None:
        self._owners: dict[str, bytes] = {_looks(own_name): b""}
        self._shown: dict[tuple[bytes, str], str] = {}
        self._next: dict[str, int] = {}  # the number to try for the next device of a name

    def shown(self, device: bytes, name: str) -> str:
        """The name to show for somebody else's device that calls itself `name`: `name`, `name (2)`, …"""
        known = self._shown.get((device, name))
        if known is not None:
            return known
        looks = _looks(name)
        shown, number = name, self._next.get(looks, 2)
        while self._owners.get(_looks(shown), device) != device:
            shown = f"{name} ({number})"
            number += 1
        if len(self._shown) < _MOST:
            self._next[looks] = number
            self._owners[_looks(shown)] = device
            self._shown[device, name] = shown
        return shown


def _looks(name: str) -> str:
    """What names have in common that are easily taken for one another: case, width, and marks around letters."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if unicodedata.category(character) != "Me")
