"""Which lines have some words in them, and which of these one looks at. Pure."""

from __future__ import annotations

from client.ui.transcript import Transcript


class Finding:
    """A search through all lines of a transcript; new lines are found as they come in."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._version = -1
        self._hits: list[str] = []
        self.words = ""
        self.at = ""  # the key of the line that one looks at, empty for none

    def seek(self, words: str) -> None:
        """Look for other words, from the newest line back; empty words end the search."""
        self.words = words.strip()
        self._version = -1
        hits = self._found()
        self.at = hits[-1] if hits else ""

    def step(self, *, back: bool) -> None:
        """Go to the next older line with the words, or to the next newer one; round and round."""
        hits = self._found()
        if not hits:
            self.at = ""
        elif self.at not in hits:
            self.at = hits[-1]
        else:
            self.at = hits[(hits.index(self.at) + (-1 if back else 1)) % len(hits)]

    def count(self) -> tuple[int, int]:
        """The number of the line that one looks at, counted from the oldest, and how many there are."""
        hits = self._found()
        return (hits.index(self.at) + 1 if self.at in hits else 0), len(hits)

    def _found(self) -> list[str]:
        if self._version != self._transcript.version:
            self._version = self._transcript.version
            self._hits = self._transcript.find(self.words) if self.words else []
        return self._hits
