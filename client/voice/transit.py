"""How long one speaker's packets are under way, and how much that varies.

Fed with arrival time minus media time, which is the delay but for an unknown constant: two clocks that were
never compared. The least of it over 20 s stands for an undisturbed way; it slides, so that clocks which drift
apart do not matter. In a pause nothing comes: what was learnt before a short one holds after it. All numbers are
samples at 48 kHz.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from typing import Final

from client.voice.trial import ONE_STALL, Arrival, Trial
from common.limits import SAMPLE_RATE

BASE_SAMPLES: Final = 20 * SAMPLE_RATE  # 100 ppm of drift are 2 ms in it
SPREAD_SAMPLES: Final = 30 * SAMPLE_RATE
SPREAD_PACKETS: Final = 1_000  # ten seconds of speech
QUANTILE: Final = 0.95
LATE_COSTS: Final = 5 * SAMPLE_RATE  # what all packets being late would be worth in delay: each percent 50 ms
NEAR_SAMPLES: Final = SAMPLE_RATE * 6 // 100  # delay beyond these 60 ms costs twice as much
LATE_MOST: Final = 0.1  # of the packets
EACH: Final = 8  # packets: so often it is found out anew
LATE_SAMPLES: Final = SAMPLE_RATE * 3 // 100  # slower than the fastest by more than 30 ms
OVER_STALLS: Final = 6  # times as many packets as lie between two, without one: by chance once in four hundred
FEWEST_STALLS: Final = 4  # fewer tell nothing of how often they come
OVER_ONCE: Final = 120 * SAMPLE_RATE  # what is over more often than this comes back, and is better remembered
LOOKED: Final = 25  # packets: so often it is looked whether they are over
MOVED_SAMPLES: Final = SAMPLE_RATE // 4  # a way that got this much longer for SETTLED is another way
SETTLED_SAMPLES: Final = SAMPLE_RATE


class Transit:
    """Call `add` for each packet; the properties are valid after the first."""

    def __init__(self) -> None:
        self._low: deque[Arrival] = deque()  # (arrived, transit), both rising: the first is the minimum
        self._recent: deque[Arrival] = deque()
        self._sorted: list[int] = []
        self._since = 0
        self._worth = 0  # the transit of the slowest packet that is worth waiting for
        self._news = 0  # packets since that was found
        self._looked = 0  # packets since it was looked whether the stalls are over
        self._over_at: int | None = None  # when they were, the last time
        self._trial = Trial()

    def add(self, arrived: int, transit: int) -> None:
        """Take note of one packet. `arrived` never falls by more than reordering of threads makes it."""
        if not self._recent or self._recent[-1][0] <= arrived - SPREAD_SAMPLES:
            self._since = arrived  # all that was known is forgotten below
        self._add_low(arrived, transit)
        self._recent.append((arrived, transit))
        insort(self._sorted, transit)
        self._forget(arrived - SPREAD_SAMPLES)
        if len(self._recent) > SPREAD_PACKETS:
            self._forget_first()
        if self._trial.on:
            forgotten = self._trial.failed(arrived, late=transit > self.base + LATE_SAMPLES)
            if forgotten:
                self._know(sorted([*forgotten, *self._recent])[-SPREAD_PACKETS:])
        if self._low[-1][1] - self._low[0][1] > MOVED_SAMPLES:  # it rises: no other one of them is further off
            self._notice_another_way(arrived)
        self._news += 1
        self._looked += 1
        if self._looked >= LOOKED:
            self._notice_calm(arrived)
        if self._news >= min(EACH, len(self._sorted) // EACH):
            self._find_worth()

    def _add_low(self, arrived: int, transit: int) -> None:
        while self._low and self._low[-1][1] >= transit:
            self._low.pop()
        self._low.append((arrived, transit))
        while self._low[0][0] <= arrived - BASE_SAMPLES:
            self._low.popleft()

    @property
    def base(self) -> int:
        """The least transit of the last 20 s."""
        return self._low[0][1]

    @property
    def spread(self) -> int:
        """By how much 95 % of the last packets were slower than the fastest, at most."""
        return max(0, self._sorted[int(len(self._sorted) * QUANTILE)] - self.base)

    @property
    def worth(self) -> int:
        """How much slower than the fastest a packet may be, and be worth waiting for.

        To wait makes all that is heard late; not to wait, some of it made up. This is where both together cost least.
        """
        return max(0, self._worth - self.base)

    def lanes_rose(self) -> None:
        """Packets come over more lanes from now on: forget those that were late, on trial."""
        if not self._recent:
            return
        late = self.base + LATE_SAMPLES
        kept = [one for one in self._recent if one[1] <= late] or [self._recent[-1]]
        newest = self._recent[-1][0]
        self._trial.begin((one for one in self._recent if one[1] > late and one is not kept[0]), newest)
        self._know(kept)

    def _know(self, packets: list[Arrival]) -> None:
        """These, and no others."""
        self._recent = deque(packets)
        self._sorted = sorted(transit for _, transit in packets)
        self._find_worth()

    def _find_worth(self) -> None:
        self._news = 0
        count = len(self._sorted)
        each = LATE_COSTS / count
        slowest = range(int(count * (1 - LATE_MOST)), count)
        far = self.base + NEAR_SAMPLES
        best = min(
            slowest,
            key=lambda place: self._sorted[place] + max(0, self._sorted[place] - far) + each * (count - 1 - place),
        )
        self._worth = self._sorted[best]

    def watched(self, now: int) -> int:
        """For how long this speaker has been watched."""
        return now - self._since

    def _forget(self, before: int) -> None:
        """What came before; never the newest, also where a whole burst came at that moment."""
        while len(self._recent) > 1 and self._recent[0][0] <= before:
            self._forget_first()

    def _forget_first(self) -> None:
        _, transit = self._recent.popleft()
        del self._sorted[bisect_left(self._sorted, transit)]

    def _notice_another_way(self, arrived: int) -> None:
        """Without this a route that became 300 ms longer would count as 300 ms of lateness for 20 s."""
        settled = next((low for low in self._low if low[0] > arrived - SETTLED_SAMPLES), None)
        if settled is None or settled[1] - self.base <= MOVED_SAMPLES:
            return
        since = next(when for when, _ in self._recent if when > arrived - SETTLED_SAMPLES)
        if arrived - since < SETTLED_SAMPLES * 3 // 4:
            return  # all that came is one burst after a pause
        while self._low[0] != settled:
            self._low.popleft()
        self._forget(arrived - SETTLED_SAMPLES)
        self._find_worth()

    def _notice_calm(self, arrived: int) -> None:
        """Forget stalls that came again and again, and do so no more: the network has recovered, or was mended.

        Without this they would be waited for until ten seconds of speech have pushed them out.
        """
        self._looked = 0
        late = self.base + LATE_SAMPLES
        if self._sorted[-1] <= late or (self._over_at is not None and arrived - self._over_at < OVER_ONCE):
            return
        stalls: list[int] = []  # how many packets came after each of them; in a pause nothing can stall
        latest = then = arrived
        for since, (when, transit) in enumerate(reversed(self._recent)):
            if transit > late and (not stalls or then - when > ONE_STALL):
                if not stalls:
                    latest = when
                stalls.append(since)
                then = when
        if len(stalls) < FEWEST_STALLS:
            return
        usually = (stalls[-1] - stalls[0]) / (len(stalls) - 1)
        if stalls[0] > OVER_STALLS * usually:
            self._over_at = arrived
            self._forget(latest)
            self._find_worth()
