"""Who has seen what: the newest line that I have before my eyes, told to others; theirs, counted for my lines.

A seen signal names a post by its id, which nobody can re-label; its place among the others is looked up in my own
order, so a broker that renumbers changes nothing. It stands for all lines above it. Counted are devices, not
sessions: whoever starts the program twice has still two eyes. Pure: `now` and jitter are arguments.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Set
from typing import Final, TypeAlias

from client.events import TextSeen
from common import limits
from common.crypto.sealing import SeenSignal

_SPREAD_SECONDS: Final = 0.25  # a room does not answer a line in one breath
_SETTLE_SECONDS: Final = 1.0  # after a join: the others show that they are here, one by one
_COUNT_SECONDS: Final = 0.25  # between two counts: a room that comes back together is counted few times
_OWN_LINES: Final = 200  # my newest ones are counted
_POSTS: Final = 4_096  # the newest ones, whose places are known (up to twice as many between two clean-ups)
_DEVICES: Final = 1_000  # who has the key can come as ever new devices

_Place: TypeAlias = tuple[int, int]  # epoch, seq


class Receipts:
    """One device's marks in one room, and those of the others."""

    def __init__(self, own_device: bytes, jitter: Callable[[], float], *, tell: bool, epoch: int = 0) -> None:
        """Without `tell` nothing is said of what I have seen; what others say is counted all the same."""
        self._own_device = own_device
        self._jitter = jitter
        self._tell = tell
        self._epoch = epoch
        self._places: dict[bytes, _Place] = {}
        # My mark, and when to tell it.
        self._marked: tuple[_Place, bytes] | None = None
        self._due: float | None = None
        self._next_allowed = float("-inf")
        self._newcomer = False
        # The marks of others, and what they come to.
        self._seen: dict[bytes, _Place] = {}
        self._awaits: dict[bytes, bytes] = {}  # device: the post that it has seen and I do not know yet
        self._awaited: dict[bytes, set[bytes]] = {}
        self._own: list[int] = []  # numbers of my lines in the present log, rising
        self._told: dict[int, tuple[int, int]] = {}
        self._changed = False
        self._count_at = float("-inf")

    def tell(self, on: bool) -> None:
        """The user wants others to know what was seen, from now on, or not any more."""
        self._tell = on
        if not on:
            self._marked = self._due = None

    # --- the room -------------------------------------------------------------------------------------------

    def opened(self, epoch: int, now: float) -> None:
        """In the room (again): the others do not know yet what I have seen meanwhile."""
        if epoch != self._epoch:  # numbers count anew: those of earlier lines say nothing any more
            self._epoch = epoch
            self._own.clear()
            self._told.clear()
        self._newcomer = True
        self._changed = True
        self._count_at = now + _SETTLE_SECONDS

    def closed(self) -> None:
        """In no room: nobody to tell."""
        self._due = None

    def newcomer(self) -> None:
        """Somebody came who has heard none of my signals. It takes them once I have said that I see it."""
        self._newcomer = True

    def introduced(self, now: float) -> None:
        """I have just said whom I see: newcomers take my signals from here on."""
        if self._newcomer and self._marked is not None:
            soonest = max(now, self._next_allowed)
            self._due = soonest if self._due is None else min(self._due, soonest)
        self._newcomer = False

    def people_changed(self) -> None:
        """Somebody was confirmed, or has gone."""
        self._changed = True

    # --- lines ----------------------------------------------------------------------------------------------

    def shown(self, post: bytes, place: _Place, *, own: bool) -> None:
        """A line has its place now."""
        epoch, seq = place
        self._places[post] = place
        if len(self._places) > 2 * _POSTS:
            newest = sorted(self._places, key=self._places.__getitem__)[-_POSTS:]
            self._places = {kept: self._places[kept] for kept in newest}
        if own and epoch == self._epoch:
            insort(self._own, seq)
            self._changed = True
            if len(self._own) > _OWN_LINES:
                self._told.pop(self._own.pop(0), None)
        for device in self._awaited.get(post, set()).copy():
            self._has_seen(device, place)

    # --- mine -----------------------------------------------------------------------------------------------

    def mark(self, post: bytes, now: float) -> None:
        """I have this line and all above it before my eyes."""
        place = self._places.get(post)
        if not self._tell or place is None or (self._marked is not None and place <= self._marked[0]):
            return
        self._marked = (place, post)
        if self._due is None:
            self._due = max(now, self._next_allowed) + self._jitter() * _SPREAD_SECONDS

    def take_due(self, others: int, now: float) -> SeenSignal | None:
        """The signal to send now, if it is time; `others` is how many take it."""
        if self._due is None or now < self._due or self._marked is None:
            return None
        self._due = None
        if not others:
            return None  # whoever comes will be told
        # A room's signals grow with the square of its size; beyond the usual size so does the time between two.
        self._next_allowed = now + limits.SEEN_MIN_SECONDS * max(1.0, (others / limits.ROOM_MEMBERS) ** 2)
        return SeenSignal(self._marked[1])

    # --- the others' ----------------------------------------------------------------------------------------

    def heard(self, device: bytes, post: bytes) -> None:
        """A confirmed session of this device has said what it sees."""
        if device == self._own_device:
            return
        known = device in self._seen or device in self._awaits
        if not known and len(self._seen.keys() | self._awaits.keys()) >= _DEVICES:
            return
        place = self._places.get(post)
        if place is not None:
            self._has_seen(device, place)
            return
        self._forget_awaited(device)
        self._awaits[device] = post
        self._awaited.setdefault(post, set()).add(device)

    def count(self, here: Callable[[], Set[bytes]], now: float) -> list[TextSeen]:
        """Which of my lines are seen by another number now; `here()` are the devices of those who are here."""
        if not self._changed or now < self._count_at:
            return []
        self._changed = False
        self._count_at = now + _COUNT_SECONDS
        present = here() - {self._own_device}
        marks = sorted(self._seen.values())
        marks_here = sorted(place for device, place in self._seen.items() if device in present)
        changed = []
        for seq in self._own:
            place = (self._epoch, seq)
            count = len(marks) - bisect_left(marks, place)
            of = count + len(present) - (len(marks_here) - bisect_left(marks_here, place))
            if (count or seq in self._told) and self._told.get(seq) != (count, of):
                self._told[seq] = (count, of)
                changed.append(TextSeen(seq, count, of, self._epoch))
        return changed

    def next_tick(self) -> float:
        """When `take_due` or `count` is worth another call; infinity: only after something has happened."""
        return min(
            self._due if self._due is not None else float("inf"),
            self._count_at if self._changed else float("inf"),
        )

    def _has_seen(self, device: bytes, place: _Place) -> None:
        self._forget_awaited(device)
        if place > self._seen.get(device, (-1, 0)):
            self._seen[device] = place
            self._changed = True

    def _forget_awaited(self, device: bytes) -> None:
        post = self._awaits.pop(device, None)
        if post is not None:
            devices = self._awaited[post]
            devices.discard(device)
            if not devices:
                del self._awaited[post]
