"""Where the text client reads and writes: two streams, each line a line (`--json`, pipes, `--text --plain`).

The other console, a prompt for people, is `client.prompt`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Final, Protocol, TextIO

LINE_CHARACTERS: Final = 1_000_000  # of standard input; a text may have 16,000 bytes


class Console(Protocol):
    """Lines in, lines out."""

    def read(self, told: Callable[[str], None]) -> None:
        """Call `told` with each line, until there are no more. On a thread of its own."""

    def write(self, lines: list[str]) -> None:
        """From any thread. Raises `OSError` where nobody takes them any more."""

    def close(self) -> None:
        """Leave the terminal as it was found; `read` ends where that is needed for it."""


class Streams:
    """Standard input and output as they are."""

    def __init__(self, stdin: TextIO, stdout: TextIO) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._writing = threading.Lock()

    def read(self, told: Callable[[str], None]) -> None:
        """Of a line that is too long comes one piece, without a line break, and no second."""
        for line in _lines(self._stdin):
            told(line)

    def write(self, lines: list[str]) -> None:
        """Each with a line break behind it."""
        with self._writing:
            self._stdout.writelines(line + "\n" for line in lines)
            self._stdout.flush()

    def close(self) -> None:
        """They stay open, and a read that waits goes on waiting: the process ends."""


def is_cut(line: str) -> bool:
    """Whether this is a piece of a line that was too long."""
    return len(line) >= LINE_CHARACTERS and not line.endswith("\n")


def _lines(stdin: TextIO) -> Iterator[str]:
    try:
        while line := stdin.readline(LINE_CHARACTERS):
            yield line
            while len(line) == LINE_CHARACTERS and not line.endswith("\n"):
                line = stdin.readline(LINE_CHARACTERS)
    except OSError:  # the terminal was closed
        return
