"""What a sound card's pace tells: how much sound it lost or played as a gap, and how much to keep ready for it. Pure.

A card moves sound in pieces of its own size, and a machine that stands still for a moment makes it catch up. So the
card is held against the clock over a while: what it is behind at its best moment is real.
"""

from __future__ import annotations

from collections import deque
from typing import Final

LOOK_SECONDS: Final = 0.005  # half a period of a common card: a longer pause would miss every second one's end

WINDOW_SECONDS: Final = 0.2  # longer than the pieces of any card that is fit for talk
SLIP_SECONDS: Final = 0.002  # less than that is the difference between two clocks
NOTHING: Final = 0.001  # seconds

PIECES_SECONDS: Final = 1.0  # in so many looks one comes right before a piece is taken

BEAT_SECONDS: Final = 1.0  # the earliest piece of so long is the one that was late by nothing
LATE: Final = 0.0003  # a look so long after a piece is expected
EARLY: Final = 0.0005  # and now and then one so long before: it may be there already, as clocks drift apart
EARLY_PIECES: Final = 10
AGAIN: Final = 0.001  # then so often
GIVE_UP: Final = 0.003  # until it is so late that nobody knows when it comes

PERIODS: Final = (0.010, 0.020, 0.040)
FILL_FIRST: Final = 0.020  # two periods of a common card
FILL_MOST: Final = 0.080
RAISE: Final = 0.005  # after a gap that was not the only one for a while
STALL: Final = 0.5  # seconds within which all gaps are one halt of the machine
OFTEN: Final = 10.0  # seconds between two gaps of a block or two: rarer ones are worth less than 5 ms of delay
# Pieces twice as long make all voice 10 to 20 ms later: worth it only for FAST of them within FAST_SECONDS.
FAST: Final = 10
FAST_SECONDS: Final = 20.0
OFTEN_MOST: Final = 0.010  # seconds more than at first
SLACK: Final = 0.006  # what was always left beyond this is to spare
QUIET_FIRST: Final = 10.0  # seconds without a raise before it is lowered; after each spell of them twice as long
QUIET_MOST: Final = 160.0
CALM_FIRST: Final = 60.0  # seconds without gaps that came fast before shorter pieces; doubled by each lengthening
CALM_MOST: Final = 480.0


class CardClock:
    """Feed `note` with how much sound the card has moved in all; it tells what is missing."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._window_ends = 0.0
        self._least = 0.0  # seconds behind the clock, at the best moment of this window
        self._behind: float | None = None  # the same of the window before
        self._dry = self._dry_before = False  # whether it may have had nothing left, in this window and the one before
        self._empty_at = float("-inf")  # when what the last look saw would be gone

    def note(self, now: float, moved: float, left: float = 0.0) -> float:
        """`moved` seconds of sound since the first call, whose own count is the start. Returns the seconds lost.

        `left`: seconds that lie ready to be played; a microphone has none. As long as there are some, none can have
        been lost: then the card is only looked at later after each piece than it was before.
        """
        # What the last look led to may have been given too late, and now hide that there was nothing.
        dry, self._empty_at = left < NOTHING or now > self._empty_at, now + left
        if self._start is None:
            self._start = now - moved
            self._begin(now, 0.0)
            return 0.0
        behind = now - self._start - moved
        self._least = min(self._least, behind)
        self._dry = self._dry or dry
        if now < self._window_ends:
            return 0.0
        before, self._behind = self._behind, self._least
        ran_dry = self._dry or self._dry_before
        self._begin(now, behind)
        if before is None or not ran_dry or self._behind - before < SLIP_SECONDS:
            return 0.0
        return self._behind - before

    def _begin(self, now: float, behind: float) -> None:
        self._window_ends = now + WINDOW_SECONDS
        self._least = behind
        self._dry, self._dry_before = False, self._dry


class Pieces:
    """When a card plays what it is given: it takes a piece at once, and plays it until it takes the next.

    So what it has taken runs ahead of what is heard, but for the moment before it takes a piece.
    """

    def __init__(self) -> None:
        self._looks: deque[tuple[float, float]] = deque()  # (moment, lag), the moments rising, the lags falling

    def latest(self, lag: float, now: float) -> float:
        """`lag` is now minus all that the card has taken, in seconds. The most that it was in the last while."""
        while self._looks and self._looks[-1][1] <= lag:
            self._looks.pop()
        self._looks.append((now, lag))
        while self._looks[0][0] < now - PIECES_SECONDS:
            self._looks.popleft()
        return self._looks[0][1]


class Beat:
    """When a microphone's next piece of sound comes: what is fetched as it comes has waited for nothing.

    Pieces come as evenly as the card's clock runs, and some are handed over late. So the earliest one of a while says
    when all are due.
    """

    def __init__(self) -> None:
        self._zeros: deque[tuple[float, float]] = deque()  # (moment, zero): both rising, the first is the earliest
        self._next: float | None = None
        self._pieces = 0
        self._early = True  # whether to look before the next one is expected

    def note(self, now: float, taken: float, piece: float) -> None:
        """A look found `piece` seconds of sound, which makes `taken` in all."""
        zero = now - taken
        while self._zeros and self._zeros[-1][1] >= zero:
            self._zeros.pop()
        self._zeros.append((now, zero))
        while self._zeros[0][0] < now - BEAT_SECONDS:
            self._zeros.popleft()
        self._pieces += 1
        self._early = self._next is None or now < self._next or self._pieces % EARLY_PIECES == 0
        self._next = self._zeros[0][1] + taken + piece

    def due(self, now: float) -> float:
        """In how many seconds to look again, `LOOK_SECONDS` at most."""
        if self._next is None:
            return LOOK_SECONDS
        ahead = self._next - now
        if ahead > EARLY and self._early:
            wait = ahead - EARLY
        elif ahead > -LATE:
            wait = ahead + LATE
        else:
            wait = AGAIN if ahead > -GIVE_UP else LOOK_SECONDS
        return min(LOOK_SECONDS, max(LATE, wait))


class Period:
    """The pieces in which a card is to take sound, in seconds: longer ones where it has too little room.

    They make voice late, so they are tried shorter once the machine was calm for a while: what made it late once, an
    update or a compiler, is over in most cases.
    """

    def __init__(self) -> None:
        self.seconds = PERIODS[0]
        self._calm = CALM_FIRST / 2

    def lengthen(self) -> bool:
        """Longer pieces from the next opening on; whether there are any."""
        longer = [seconds for seconds in PERIODS if seconds > self.seconds]
        self.seconds = min(longer, default=self.seconds)
        self._calm = min(CALM_MOST, 2 * self._calm)
        return bool(longer)

    def shorten(self, calm: float) -> bool:
        """Shorter pieces from the next opening on, if gaps were rare for long enough (`calm` seconds)."""
        shorter = [seconds for seconds in PERIODS if seconds < self.seconds]
        if not shorter or calm < self._calm:
            return False
        self.seconds = max(shorter)
        return True


class FillTarget:
    """How much sound should lie ready for the card, in seconds: learnt from gaps, where they come often.

    A gap that comes alone is heard once; what it would take to bridge the next one, everybody would hear in each answer
    that comes late. So it changes nothing, those that come now and then put on a little, only those that come fast
    whatever it takes; and what a bad spell has put on goes again. Less than at first is not tried: cards take whole
    pieces, so it would be one piece less, and a delay that jumps by one in the midst of a talk.
    """

    def __init__(self, period: float) -> None:
        """With less than a `period` (seconds) a card does not even start."""
        self.seconds = self._first = max(FILL_FIRST, 1.5 * period)
        self._quiet = QUIET_FIRST
        self._least = FILL_MOST
        self._until: float | None = None  # before the first look
        self._began = 0.0
        self._stalls: deque[float] = deque(maxlen=FAST)
        self._raised_at: float | None = None
        self._fast_at: float | None = None

    def calm(self, now: float) -> float:
        """For how many seconds gaps did not come fast."""
        return now - (self._began if self._fast_at is None else self._fast_at)

    def note(self, now: float, left: float) -> None:
        """`left` seconds lay ready when somebody looked."""
        if self._until is None:
            self._began = now
            self._watch_anew(now)
            return
        self._least = min(self._least, left)
        if now < self._until:
            return
        if self.seconds > self._first:
            # What a bad spell has put on must not stay for the rest of a talk: half of what is to spare at a time.
            lower = max(RAISE, (self._least - SLACK) / 2)
            self.seconds = max(self._first, self.seconds - lower)
            self._quiet = max(QUIET_FIRST, self._quiet / 2)
        self._watch_anew(now)

    def gap(self, now: float) -> None:
        """The card found too little."""
        apart = now - self._stalls[-1] if self._stalls else OFTEN
        if apart < STALL:
            return
        self._stalls.append(now)
        if apart >= OFTEN:
            return
        most = max(self.seconds, self._first + OFTEN_MOST)
        if len(self._stalls) == FAST and now - self._stalls[0] <= FAST_SECONDS:
            self._fast_at, most = now, FILL_MOST
        self.seconds = min(most, self.seconds + RAISE)
        if self._raised_at is None or now - self._raised_at > QUIET_FIRST:  # many in one bad spell teach nothing new
            self._quiet = min(QUIET_MOST, 2 * self._quiet)
        self._raised_at = now
        self._watch_anew(now)

    def _watch_anew(self, now: float) -> None:
        self._least, self._until = FILL_MOST, now + self._quiet
