"""Who is writing a line just now: told to others while my user does, and known of them for a short while.

Pure: `now` is an argument.
"""

from __future__ import annotations

from typing import Final

from client.events import WritingChanged
from client.roster import Member
from common import limits
from common.crypto.sealing import WritingSignal

_NEVER: Final = float("inf")


class Writing:
    """In one room. Of others it knows at most one moment for each confirmed member."""

    def __init__(self, *, tell: bool) -> None:
        """Without `tell` nothing is said of my user; what others say is known all the same."""
        self._tell = tell
        self._due = _NEVER
        self._next_allowed = float("-inf")
        self._others: dict[bytes, tuple[float, Member]] = {}  # by session: until when it counts

    def tell(self, on: bool) -> None:
        """The user wants others to know, from now on, or not any more."""
        self._tell = on
        if not on:
            self._due = _NEVER

    def wrote(self, now: float) -> None:
        """My user has a line in the making, and has changed it."""
        if self._tell:
            self._due = min(self._due, max(now, self._next_allowed))

    def said(self, fingerprint: str, *, own: bool) -> list[WritingChanged]:
        """A line of this device has come: it is written."""
        if own:
            self._due = _NEVER
        done = [key for key, (_, member) in self._others.items() if member.fingerprint == fingerprint]
        return [self._ended(key) for key in done]

    def closed(self) -> None:
        """In no room."""
        self._due = _NEVER
        self._others.clear()

    def gone(self, session: bytes) -> None:
        """Somebody's session has left."""
        self._others.pop(session, None)

    def take_due(self, others: int, now: float) -> WritingSignal | None:
        """The signal to send now, if it is time; `others` is how many take it."""
        if now < self._due:
            return None
        self._due = _NEVER
        if not others:
            return None
        # As for what was seen: the signals of a large room grow with the square of its size.
        self._next_allowed = now + limits.WRITING_MIN_SECONDS * max(1.0, (others / limits.ROOM_MEMBERS) ** 2)
        return WritingSignal()

    def heard(self, member: Member, now: float) -> list[WritingChanged]:
        """A confirmed member says that its user is writing."""
        known = member.session.id in self._others
        self._others[member.session.id] = (now + limits.WRITING_HOLDS_SECONDS, member)
        return [] if known else [WritingChanged(member.person(), on=True)]

    def expire(self, now: float) -> list[WritingChanged]:
        """Those who have not said so again for a while."""
        done = [key for key, (until, _) in self._others.items() if until <= now]
        return [self._ended(key) for key in done]

    def next_tick(self) -> float:
        """When `take_due` or `expire` is worth another call; infinity: only after something has happened."""
        return min([self._due, *(until for until, _ in self._others.values())])

    def _ended(self, session: bytes) -> WritingChanged:
        _, member = self._others.pop(session)
        return WritingChanged(member.person(), on=False)
