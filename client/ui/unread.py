"""Where the lines begin that came while nobody was looking, and how many they are. Pure.

A line of others that comes while the user is away, or has scrolled away from the end, is unread; so is one that was
missed and fetched later. The mark stands until the user has reached the end and then writes, or is away again.
"""

from __future__ import annotations

from client.ui.transcript import BEGINNING, Place


class Unread:
    """Of one room. Places are those of a transcript."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another room: nothing of it is known."""
        self._here = False  # the user looks at the end
        self._seen: Place | None = None  # the last line that the user had before the eyes, now or in an earlier run
        self._fetched = BEGINNING  # the last line that was said before I was ever here
        self._all_seen = True  # that the mark is about
        self.after: Place | None = None  # the mark stands behind this place; None: there is none
        self.count = 0
        self._met = False  # the mark itself was before the eyes

    @property
    def offered(self) -> bool:
        """Whether there is a mark that the user has not seen: a way there is of use."""
        return self.after is not None and not self._met

    def met(self) -> None:
        """The user has the mark before the eyes."""
        self._met = True

    def looked(self, place: Place, *, at_end: bool) -> None:
        """The user has the lines up to this place before the eyes; none (the beginning) where none can be seen."""
        self._here = at_end
        self._all_seen |= at_end
        if place != BEGINNING:
            self.known(place)

    def away(self) -> None:
        """Nobody looks at the window."""
        self._here = False

    def known(self, place: Place) -> None:
        """A line that was seen, now or in an earlier run, or my own."""
        self._seen = max(self._seen or BEGINNING, place)

    def came(self, place: Place, *, late: bool) -> bool:
        """A line of others; whether the mark has changed. A late one is new where it stands behind what was seen."""
        if self.after is not None and not self._all_seen and place > self.after:
            self.count += 1
            return True
        if self._here and not late:
            self.known(place)
            return False
        if late and (self._seen is None or place <= self._seen):
            self._fetched = max(self._fetched, place)
            return self._more_of_the_same(place)
        self.after, self.count = max(self._seen or BEGINNING, self._fetched), 1
        self._all_seen = self._met = False
        return True

    def wrote(self) -> bool:
        """The user has sent a line, which brings the end into view; whether the mark goes."""
        self._here = True
        if self.after is None or not self._all_seen:
            return False
        self.after, self.count = None, 0
        return True

    def _more_of_the_same(self, place: Place) -> bool:
        """What was missed comes newest first: older lines of it may come when the newest are seen already."""
        if self.after is None or place <= self.after:
            return False
        self.count += 1
        return True
