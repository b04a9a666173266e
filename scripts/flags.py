"""Flags of the scripts, complained about in one line.

Standard library only: they are read before anything is installed.
"""

from __future__ import annotations

import argparse
from typing import NoReturn

_PORT_MAX = 65_535


class Flags(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage in front of it, and ends with code 2."""

    def __init__(self, description: str | None) -> None:
        super().__init__(
            description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
        )

    def error(self, message: str) -> NoReturn:
        """End the script with this complaint."""
        self.exit(2, f"{message[:1].upper()}{message[1:]}. See --help.\n")


def port(text: str) -> str:
    """A port as the broker takes it, 0 for any; as text, since it is only handed on."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_PORT_MAX)) and int(text) <= _PORT_MAX):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is no port: it must be a number from 0 to {_PORT_MAX}")
    return text
