"""The lines of the log: event, member handle, address, reason; never a name, a phrase or content.

Lines that strangers can cause at will are limited for each event, and the next one says how many were left out.
Pure: whoever owns the log file gives it a line and `now`.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.actions import Note
from broker.quota import Bucket

_LINES_PER_SECOND: Final = 5.0
_LINES_BURST: Final = 200.0


class Journal:
    """Turns notes into lines, and holds back a flood of them."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}
        self._left_out: Counter[str] = Counter()

    def line(self, note: Note, now: float) -> str | None:
        """The line of a note without its time, or None if this event has had too many."""
        bucket = self._buckets.get(note.event)
        if bucket is None:
            bucket = self._buckets[note.event] = Bucket(_LINES_PER_SECOND, _LINES_BURST, now)
        if not bucket.take(now):
            self._left_out[note.event] += 1
            return None
        left_out = self._left_out.pop(note.event, 0)
        more = f" left-out={left_out}" if left_out else ""
        return _plain(
            f"{note.event} member={note.member or '-'} address={note.address or '-'} reason={note.reason or '-'}{more}"
        )


def _plain(text: str) -> str:
    """One line of printable characters, whatever comes in."""
    return text if text.isascii() and text.isprintable() else text.encode("unicode_escape").decode("ascii")
