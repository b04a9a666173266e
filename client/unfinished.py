"""Whether a broker sends a message that never ends. libzmq bounds a part of a message, not the message. Pure.

What the kernel has received and what was taken as messages differ by what waits inside libzmq. Looked at when no
whole message waits there, it is the one that has begun.
"""

from __future__ import annotations

from typing import Final

from common import limits

ENVELOPE: Final = 64  # what CURVE and ZMTP put around a part, and some
_MOST: Final = 32 * limits.FROM_BROKER_BYTES  # 16 MiB: more than waits in the kernel where libzmq's thread comes late
_OTHER_PER_SECOND: Final = 1_024.0  # heartbeats, which nobody but libzmq sees, take a tenth


class Unfinished:
    """The bytes of one connection that have not become messages."""

    def __init__(self, now: float) -> None:
        self._bytes = 0.0
        self._looked_at = now
        self._received = self._taken = 0

    def too_much(self, received: int, taken: int, now: float) -> bool:
        """Whether more waits than any honest message has. Both count from the start, `taken` with envelopes."""
        came = received - self._received - (taken - self._taken) - (now - self._looked_at) * _OTHER_PER_SECOND
        self._bytes = max(0.0, self._bytes + came)
        self._received, self._taken, self._looked_at = received, taken, now
        return self._bytes > _MOST
