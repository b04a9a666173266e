"""When the window calls for its user: a number in its title and a bell, while somebody else has the focus. Pure."""

from __future__ import annotations

from typing import Final

from client.events import Event, TextReceived
from client.ui import texts
from client.ui.safe_text import bounded, safe_name, safe_text

OFF, FULL = "off", "full"  # of the setting; all else: without the message
_BELL_SECONDS: Final = 10.0  # between two: a lively room rings no church
_CELLS: Final = 60  # of a message in the title


class Attention:
    """What was said since the user last looked."""

    def __init__(self) -> None:
        self._count = 0
        self._last: TextReceived | None = None
        self._new = False
        self._rang_at = float("-inf")

    def receive(self, event: Event) -> None:
        """Something happened. What was said earlier, or by this user elsewhere, calls nobody."""
        if isinstance(event, TextReceived) and not event.own and not event.late:
            self._count += 1
            self._last = event
            self._new = True

    def looked(self) -> None:
        """The window has the focus."""
        self._count, self._new = 0, False

    def rings(self, setting: str, now: float) -> bool:
        """Whether to ring now, for what came since the last question. `now` in seconds of one clock."""
        new, self._new = self._new, False
        if not new or setting == OFF or now - self._rang_at < _BELL_SECONDS:
            return False
        self._rang_at = now
        return True

    def title(self, setting: str) -> str:
        """What the window is called: on desktops that is its button in the bar."""
        if not self._count or setting == OFF:
            return texts.APP
        words = texts.APP
        if setting == FULL and self._last is not None:
            line = bounded(" ".join(safe_text(self._last.text).split()), _CELLS)
            words = f"{safe_name(self._last.name)}: {line}"
        return texts.unread(self._count, words)
