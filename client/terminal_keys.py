"""What a person at a terminal has the system's keyring do: as the box *Remember this key* of the window, by words.

Nothing of the keyring is loaded before something is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from client.inbox import Inbox
from client.safe import KeyringTrouble, Safe
from client.safe_thread import SafeThread
from client.visited import Visit

_LAST_SECONDS: Final = 5.0  # at the end, for a keyring that is at work
MISSING: Final = (
    "There is no keyring of the system here that could keep a key: pip install keyring, and a desktop with one"
    " (GNOME, KDE, macOS, Windows)."
)


class TerminalKeys:
    """Answers with events, as all that takes its time."""

    def __init__(self, inbox: Inbox, open_safe: Callable[[], Safe | None], found: str) -> None:
        """`found` is the key that was taken out of the keyring at the start, empty where none was."""
        self._open = open_safe
        self._found = found
        self._safe = SafeThread(inbox, self._opened)

    def keep(self, visit: Visit, key: str) -> None:
        """From now on the key is in the keyring. The one that was found there is there already, the first time."""
        found, self._found = self._found, ""
        if key != found:
            self._safe.keep(visit, key)
            self._safe.begin()

    def forget(self, visit: Visit) -> None:
        """And from now on it is not."""
        self._safe.forget(visit)
        self._safe.begin()

    def close(self) -> None:
        """Let the keyring finish what was asked of it."""
        self._safe.finish(_LAST_SECONDS)

    def _opened(self) -> Safe:
        safe = self._open()
        if safe is None:
            raise KeyringTrouble(MISSING)
        return safe
