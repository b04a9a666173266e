"""Colours of the text client, where a terminal has them and its user wants them. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_NAMES: Final = (36, 32, 35, 34, 33)  # cyan, green, magenta, blue, yellow: seen on light and on dark; red is trouble
_RED, _DIM, _BOLD = "31", "2", "1"


@dataclass(frozen=True, slots=True)
class Ink:
    """Words in their colour, or as they are. Colours say nothing that the words do not say."""

    coloured: bool = False

    def name(self, name: str, member: str) -> str:
        """Somebody's name, in the same colour wherever this device is met."""
        colour = _NAMES[zlib.crc32(member.encode()) % len(_NAMES)]
        return self._in(f"{_BOLD};{colour}", name)

    def aside(self, words: str) -> str:
        """What nobody has said: times, notes."""
        return self._in(_DIM, words)

    def trouble(self, words: str) -> str:
        """What did not work."""
        return self._in(_RED, words)

    def _in(self, code: str, words: str) -> str:
        return f"\x1b[{code}m{words}\x1b[0m" if self.coloured else words


def colours_wanted(environment: Mapping[str, str]) -> bool:
    """Whether to use colours in a terminal: https://no-color.org."""
    return not environment.get("NO_COLOR") and environment.get("TERM", "dumb") != "dumb"
