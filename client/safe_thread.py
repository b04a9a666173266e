"""The system's keyring on a thread of its own: loading it takes a while, and it may wait for the user to unlock it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

from client.events import KeyFound, KeyringFound, Part, ProblemReported
from client.inbox import Inbox
from client.safe import KeyringTrouble, Safe
from client.visited import Visit

_log: Final = logging.getLogger(__name__)


class SafeThread:
    """Ask from any thread; the answers are events. Without a keyring, nothing is ever answered."""

    def __init__(self, inbox: Inbox, open_safe: Callable[[], Safe | None]) -> None:
        self._inbox = inbox
        self._open = open_safe
        self._jobs: queue.SimpleQueue[Callable[[Safe], None]] = queue.SimpleQueue()

    def begin(self) -> None:
        """Load it now. `KeyringFound` tells that there is one."""
        threading.Thread(target=self._work, name="keyring", daemon=True).start()

    def find(self, visit: Visit) -> None:
        """Answered by `KeyFound` where the key is there."""
        self._jobs.put(lambda safe: self._found(visit, safe.key_of(visit)))

    def keep(self, visit: Visit, key: str) -> None:
        """From now on the key is in the keyring."""
        self._jobs.put(lambda safe: safe.keep(visit, key))

    def forget(self, visit: Visit) -> None:
        """And from now on it is not."""
        self._jobs.put(lambda safe: safe.forget(visit))

    def _found(self, visit: Visit, key: str) -> None:
        if key:
            self._inbox.put(KeyFound(visit.server, visit.room, key))

    def _work(self) -> None:
        try:
            safe = self._open()
        except Exception:  # noqa: BLE001 - whatever a desktop lacks, the window goes on without a keyring
            _log.exception("the system's keyring could not be opened")
            return
        if safe is None:
            return
        self._inbox.put(KeyringFound())
        while True:
            job = self._jobs.get()
            try:
                job(safe)
            except KeyringTrouble as error:
                self._inbox.put(ProblemReported(Part.KEY, "keyring", str(error)))
