"""What waits in a queue between threads, taken without waiting."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import TypeVar

_T = TypeVar("_T")


def drain(waiting: queue.SimpleQueue[_T]) -> Iterator[_T]:
    """Everything that is in it now. One by one: what a fault leaves behind stays there."""
    for _ in range(waiting.qsize()):
        yield waiting.get_nowait()
