"""The queue of what has happened, with a bell: who must not wait at it is told that something came."""

from __future__ import annotations

import queue
from collections.abc import Callable

from client.events import Event


class Inbox(queue.SimpleQueue[Event]):
    """Filled by the network thread, emptied by one user interface."""

    def __init__(self) -> None:
        super().__init__()
        self._told: tuple[Callable[[Event], None], ...] = ()

    def tell(self, told: Callable[[Event], None]) -> None:
        """Call `told` with each event from now on, when it is in the queue: on the thread that put it, so briefly."""
        self._told = (*self._told, told)

    def put(self, item: Event, block: bool = True, timeout: float | None = None) -> None:
        """Never blocks."""
        super().put(item, block, timeout)
        for told in self._told:
            told(item)
