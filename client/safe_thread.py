"""The system's keyring on a thread of its own: loading it takes a while, and it may wait for the user to unlock it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

from client.events import KeyFound, KeyRemembered, KeyringFound, Part, ProblemReported
from client.inbox import Inbox
from client.safe import KeyringTrouble, Safe
from client.visited import Visit

_log: Final = logging.getLogger(__name__)


class SafeThread:
    """Ask from any thread; the answers are events. Without a keyring, nothing is ever answered.

    Where `open_safe` raises `KeyringTrouble`, that is the answer to all that was asked, and `begin` tries once more.
    """

    def __init__(self, inbox: Inbox, open_safe: Callable[[], Safe | None]) -> None:
        self._inbox = inbox
        self._open = open_safe
        self._jobs: queue.SimpleQueue[Callable[[Safe], None] | None] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None  # while it works

    def begin(self) -> None:
        """Load it now, if that was not done. `KeyringFound` tells that there is one."""
        with self._turn:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="keyring", daemon=True)
                self._thread.start()

    def finish(self, seconds: float) -> None:
        """Wait until all that was asked for is done, but not longer. Nothing more may be asked for."""
        with self._turn:
            thread = self._thread
        if thread is not None:
            self._jobs.put(None)
            thread.join(seconds)

    def find(self, visit: Visit) -> None:
        """Answered by `KeyFound` where the key is there."""
        self._jobs.put(lambda safe: self._found(visit, safe.key_of(visit)))

    def keep(self, visit: Visit, key: str) -> None:
        """From now on the key is in the keyring. Answered by `KeyRemembered`."""

        def kept(safe: Safe) -> None:
            safe.keep(visit, key)
            self._inbox.put(KeyRemembered(visit.server, visit.room, on=True))

        self._jobs.put(kept)

    def forget(self, visit: Visit) -> None:
        """And from now on it is not. Answered by `KeyRemembered`."""

        def forgotten(safe: Safe) -> None:
            safe.forget(visit)
            self._inbox.put(KeyRemembered(visit.server, visit.room, on=False))

        self._jobs.put(forgotten)

    def _found(self, visit: Visit, key: str) -> None:
        if key:
            self._inbox.put(KeyFound(visit.server, visit.room, key))

    def _work(self) -> None:
        try:
            safe = self._open()
        except KeyringTrouble as error:
            with self._turn:
                self._thread = None
                while not self._jobs.empty():
                    self._jobs.get()
            self._tell(error)
            return
        except Exception:  # noqa: BLE001 - whatever a desktop lacks, the window goes on without a keyring
            _log.exception("the system's keyring could not be opened")
            return
        if safe is None:
            return
        self._inbox.put(KeyringFound())
        while True:
            job = self._jobs.get()
            if job is None:
                return
            try:
                job(safe)
            except KeyringTrouble as error:
                self._tell(error)

    def _tell(self, error: KeyringTrouble) -> None:
        self._inbox.put(ProblemReported(Part.KEY, "keyring", str(error)))
