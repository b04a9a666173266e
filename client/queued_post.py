"""A post that waits in the outbox. In a file of its own: the store, with which the window starts, needs no more."""

from __future__ import annotations

from msgspec import Struct


class QueuedPost(Struct, frozen=True):
    """A finished token and the counter of this device that it carries."""

    counter: int
    token: bytes = b""
