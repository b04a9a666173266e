"""When to say whom I see, and what it means when somebody else says so.

`Present` signals name the sessions that their sender sees. One that names mine proves that its sender is
here now (nobody can have signed my session id before I made it). Two clients that go on naming different
people were shown different rosters by the broker. Pure: `now` and jitter are arguments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Final

from common import limits
from common.crypto.sealing import PresentSignal

_DIFFERENT_SECONDS: Final = 10.0  # longer than any honest delay between two rosters and the refresh that mends it


def roster_digest(sessions: Iterable[bytes]) -> bytes:
    """16 bytes that are equal for two clients that see the same people (each including itself)."""
    return hashlib.sha256(b"".join(sorted(sessions))).digest()[:16]


class Presence:
    """The schedule of my `Present` signals, and the watch for rosters that differ."""

    def __init__(self, own_session: bytes, jitter: Callable[[], float]) -> None:
        """`jitter` gives a number of 0..1, so that a room does not answer a newcomer in one breath."""
        self._own = own_session
        self._jitter = jitter
        self._due: float | None = None
        self._last = float("-inf")
        self._differs_since: dict[bytes, float] = {}
        self._reported: set[bytes] = set()

    def start(self, now: float) -> None:
        """I have joined: say at once whom I see."""
        self._due = now

    def stop(self) -> None:
        """I am in no room: nothing to say."""
        self._due = None
        self._differs_since.clear()

    def newcomer(self, now: float) -> None:
        """Somebody came and waits to be told that I see them."""
        earliest = max(now, self._last + limits.PRESENT_MIN_SECONDS)
        self._bring_forward(earliest + self._jitter() * limits.PRESENT_MIN_SECONDS)

    def next_tick(self) -> float | None:
        """When `take_due` has something to say; None: never."""
        return self._due

    def take_due(self, others: tuple[bytes, ...], now: float) -> PresentSignal | None:
        """The signal to send now, if it is time; `others` are the sessions that I see."""
        if self._due is None or now < self._due:
            return None
        self._last = now
        self._forget_all_but(others)
        # A big room repeats itself less often: the cost of a refresh grows with the square of the room.
        spread = max(limits.PRESENT_REFRESH_SECONDS, len(others) / 8)
        self._due = now + spread * (0.75 + 0.25 * self._jitter())
        # The digest tells of all; the list has room for as many as an honest broker lets in.
        return PresentSignal(others[: limits.ROOM_MEMBERS_MAX], roster_digest((*others, self._own)))

    def heard(self, sender: bytes, signal: PresentSignal, others: tuple[bytes, ...], now: float) -> bool:
        """Note a confirmed sender's roster. True (once for each stay) if it has differed from mine too long."""
        if signal.digest == roster_digest((*others, self._own)):
            self._differs_since.pop(sender, None)
            return False
        since = self._differs_since.setdefault(sender, now)
        if now - since < _DIFFERENT_SECONDS or sender in self._reported:
            return False
        self._reported.add(sender)
        return True

    def _forget_all_but(self, here: tuple[bytes, ...]) -> None:
        """Whoever has gone and comes back is judged anew."""
        self._differs_since = {sender: since for sender, since in self._differs_since.items() if sender in here}
        self._reported &= set(here)

    def _bring_forward(self, due: float) -> None:
        self._due = due if self._due is None else min(self._due, due)
