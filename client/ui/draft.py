"""What is written in the input line and not sent: one text for each room, and when to tell the session of it. Pure.

The session seals it to disk (`KeepDraft`) after a pause in writing, and tells others that one writes (`TellWriting`).
"""

from __future__ import annotations

from typing import Final

from client.commands import Command, KeepDraft, TellWriting
from client.events import DraftOpened

_PAUSE_SECONDS: Final = 1.0  # without a key: it is put away
_PATIENCE_SECONDS: Final = 5.0  # whoever writes without a pause loses no more than this
_TELL_SECONDS: Final = 1.0  # between two words to the session that one writes; it tells others more seldom
_ROOMS: Final = 50


class Draft:
    """Of one window. Times are of one clock, in seconds."""

    def __init__(self) -> None:
        self._room = ""  # the one that was entered last
        self._text = ""
        self._stored = ""  # what the session was told last
        self._changed_at = self._unsaved_since = 0.0
        self._told_at = float("-inf")
        self._elsewhere: dict[str, str] = {}  # of other rooms of this run, also where nothing is kept
        self.kept = False  # whether what is written is there after the window has gone

    def opened(self, event: DraftOpened) -> str:
        """The room is known: what the input line is to hold now."""
        if event.room != self._room:
            self._text = self._change(event)
        self._room, self._stored, self.kept = event.room, event.text, event.kept
        return self._text

    def edited(self, text: str, now: float) -> list[Command]:
        """The input line holds this now."""
        if text == self._text:
            return []
        if self._text == self._stored:
            self._unsaved_since = now
        self._text, self._changed_at = text, now
        if not text.strip():
            return self.put_away()  # sent, or given up: at once
        if now - self._told_at < _TELL_SECONDS:
            return []
        self._told_at = now
        return [TellWriting()]

    def rest(self, now: float) -> list[Command]:
        """A moment without a key."""
        paused = now - self._changed_at >= _PAUSE_SECONDS or now - self._unsaved_since >= _PATIENCE_SECONDS
        return self.put_away() if paused else []

    def put_away(self) -> list[Command]:
        """Whatever is written is to be kept now."""
        text = self._text if self._text.strip() else ""
        if not self._room or text == self._stored:
            return []
        self._stored = text
        return [KeepDraft(self._room, text)]

    def _change(self, event: DraftOpened) -> str:
        """Another room than before: a word for the one is not shown, or sent, in the other."""
        if not self._room:  # written before there was any room: for this one
            both = [text for text in dict.fromkeys((event.text, self._text)) if text.strip()]
            return "\n".join(both)
        self._elsewhere.pop(self._room, None)
        self._elsewhere[self._room] = self._text
        if len(self._elsewhere) > _ROOMS:
            del self._elsewhere[next(iter(self._elsewhere))]
        return self._elsewhere.pop(event.room, event.text)
