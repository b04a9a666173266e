"""What all command lines of the client have in common."""

from __future__ import annotations

import argparse
from typing import NoReturn


class Flags(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage in front of it."""

    def error(self, message: str) -> NoReturn:
        """End the program with code 2."""
        self.exit(2, f"{self.prog}: {message}; --help lists all flags.\n")
