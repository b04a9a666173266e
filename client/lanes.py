"""When further lanes are worth it: while frames stall on the first one, in either direction, and no longer.

Lane 0 alone is watched, whatever the others mend: so it is known when the network is good again. Three stalls open a
second lane; where they go on at a rate at which both will often stall together, all lanes are opened. A link that is
full is left alone, since copies would fill it more. If a lane made it worse, or brought nothing, all further ones are
closed, and tried again after pauses that grow. Where nobody speaks nothing can stall, so how often it does is reckoned
by the seconds in which voice goes that way. `uplink` tells how the way up does, for whoever can send less. Pure.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import Final

from client.commands import Lanes
from client.copies import Copies
from client.lateness import STALL_SECONDS, Delay, Stalls, VoiceTime
from client.ways_of_voice import LaneChanged, LaneReason
from common import limits

_UP: Final = "up"
_DOWN: Final = "down"
_WAYS: Final = {_UP: LaneReason.LOSS_UP, _DOWN: LaneReason.LOSS_DOWN}
_OPENS: Final = 3  # stalls within _OPENS_SECONDS, in one direction
_OPENS_SECONDS: Final = 10.0
_ALL_OPEN: Final = 8  # within _ALL_SECONDS: over 2 % of the packets lost; two lanes are enough for 1 %
_ALL_SECONDS: Final = 3.5  # of voice, in _OPENS_SECONDS at most
_ALL_AFTER: Final = 0.5  # seconds of a second one
_GOOD_SECONDS: Final = 30.0  # of voice
_GOOD_AT_REST: Final = 300.0  # or so long, where there is less voice than that
_GOOD: Final = 1  # stalls within _GOOD_SECONDS that are nobody's concern
_BETTER: Final = 40  # and that two lanes mend
_ONE_STALL: Final = 0.15  # seconds in which Pongs, frames and the kernel tell of the same one
_TRIAL_SECONDS: Final = 10.0
_WORSE: Final = 3.0  # times as many stalls a second
_FIRST_PAUSE: Final = 60.0
_LONGEST_PAUSE: Final = 1_800.0
_FLOWING_SECONDS: Final = 2.0  # after the last frame in either direction: no need to look closely
_CLOCKS: Final = 1e9  # seconds: what a broker's clock may be off by and still be reckoned with


class Uplink(Enum):
    """How the way up to the broker does."""

    GOOD = auto()
    LOSSY = auto()  # it stalls and recovers: send twice
    FULL = auto()  # a queue stays: send less


class LaneWatch:
    """Tell it what comes; ask `turn` every now and then. `count` lanes are wanted now."""

    def __init__(self, lanes: Lanes = Lanes.AUTO) -> None:
        self.lanes = lanes
        self.count = 1
        self.counters: Final = dict.fromkeys(
            ("lane_stalls_up", "lane_stalls_down", "lane_opened", "lane_given_up", "lane_copies", "lane_first"), 0
        )
        self._stalls = {way: deque[tuple[float, float]](maxlen=256) for way in _WAYS}  # (moment, time of voice)
        self._voice = {way: VoiceTime() for way in _WAYS}
        self._copies = Copies()
        self._opened_at = 0.0  # the last one
        self._opened_in = dict.fromkeys(_WAYS, 0.0)  # by the time of voice
        self._opened_for = _UP
        self._on_trial = False
        self._held_up = 0  # how often voice from others was, since that
        self._before = 0.0  # stalls in a second of voice before that
        self._not_before = float("-inf")
        self._in_vain = 0
        self.connected()

    def connected(self) -> None:
        """A new connection: what was known of the old one's delays does not hold."""
        self._delay = {way: Delay() for way in _WAYS}
        self._on_lane_0 = Stalls()
        self._resent: int | None = None
        self._flowed = float("-inf")
        for stalls in self._stalls.values():
            stalls.clear()

    # --- what comes -----------------------------------------------------------------------------------------

    def pong(self, asked: float, answered: float, now: float) -> None:
        """A Ping of `asked` was answered: `answered` is the broker's clock then."""
        if not 0.0 <= answered <= _CLOCKS or not 0.0 <= now - asked <= _CLOCKS:
            return
        delays = {_UP: answered - asked, _DOWN: now - answered}
        if self._a_clock_stood_still(delays):
            self._delay = {way: Delay() for way in _WAYS}
        for way, delay in delays.items():
            if self._delay[way].add(delay, now):
                self._stalled(way, now)

    def _a_clock_stood_still(self, delays: dict[str, float]) -> bool:
        """A computer was halted: one way looks slower, the other as much quicker, and both together are as before."""
        moved = [delays[way] - delay.base for way, delay in self._delay.items() if delay.known]
        apart = bool(moved) and min(moved) < -STALL_SECONDS and max(moved) > STALL_SECONDS
        return apart and abs(sum(moved)) < STALL_SECONDS

    def frame(self, lane: int, frame: bytes, arrived: float) -> bool:
        """A voice frame came by a lane. True: it is the copy of one that another lane has brought."""
        self._flowed = arrived
        if not lane:
            self._voice[_DOWN].goes(arrived)
            if self._on_lane_0.add(frame, arrived):
                self._voice[_DOWN].was_held_up()
                self._held_up += 1
                self._stalled(_DOWN, arrived)
        if self.count == 1:
            return False
        copy = self._copies.copy(lane, frame)
        self.counters["lane_copies"] += copy
        return copy

    def sent(self, now: float) -> None:
        """A voice frame went up."""
        self._voice[_UP].goes(now)

    def resent(self, count: int, now: float) -> None:
        """How many segments of lane 0 the kernel has sent again by now, asked while voice goes up."""
        self._flowed = now
        if self._resent is not None and count > self._resent and not self._delay[_UP].raised():
            self._stalled(_UP, now)
        self._resent = count

    # --- what follows ---------------------------------------------------------------------------------------

    def close_look(self, now: float) -> bool:
        """Whether Pings should come often: voice flows."""
        return now - self._flowed < _FLOWING_SECONDS

    @property
    def spoken(self) -> float:
        """Seconds for which voice went up."""
        return self._voice[_UP].seconds

    def uplink(self, now: float) -> Uplink:
        """How the way up does."""
        if self._delay[_UP].full():
            return Uplink.FULL
        return Uplink.LOSSY if self._count(_UP, now, _OPENS_SECONDS) >= _OPENS else Uplink.GOOD

    def turn(self, now: float) -> LaneChanged | None:
        """Decide; what is to be told if that changes anything."""
        if self.lanes is not Lanes.AUTO:
            return self._switch(now, LaneReason.ASKED, int(self.lanes))
        if self.count > 1:
            return self._still_worth_it(now) or self._all(now)
        if now < self._not_before or any(delay.waiting() for delay in self._delay.values()):
            return None
        for way, reason in _WAYS.items():
            if self._count(way, now, _OPENS_SECONDS) >= _OPENS:
                return self._switch(now, reason, 2)
        return None

    def _all(self, now: float) -> LaneChanged | None:
        """Where one lane stalls so often, two often do at once."""
        if self.count == 2 and now - self._opened_at >= _ALL_AFTER:
            for way, reason in _WAYS.items():
                often = self._count(way, now, _OPENS_SECONDS, of_voice=_ALL_SECONDS) >= _ALL_OPEN
                if often and not self._delay[way].waiting():
                    return self._switch(now, reason, 1 + limits.FURTHER_LANES)
        return None

    def _still_worth_it(self, now: float) -> LaneChanged | None:
        if any(delay.full() for delay in self._delay.values()):
            return self._give_up(LaneReason.FULL, now)
        if self._on_trial and now - self._opened_at >= _TRIAL_SECONDS:
            self._on_trial = False
            talked = min(_TRIAL_SECONDS, max(1.0, *self._since_opened().values()))
            if sum(self._count(way, now, _TRIAL_SECONDS) for way in _WAYS) > self._before * _WORSE * talked:
                return self._give_up(LaneReason.WORSE, now)
            if self._held_up >= _OPENS and not self._copies.further_first:
                return self._give_up(LaneReason.NO_HELP, now)
        if self._since_opened()[self._opened_for] < _GOOD_SECONDS and now - self._opened_at < _GOOD_AT_REST:
            return None
        most = max(self._count(way, now, _GOOD_AT_REST, of_voice=_GOOD_SECONDS) for way in _WAYS)
        if most <= _GOOD:
            self._in_vain = 0
            return self._switch(now, LaneReason.GOOD, 1)
        return self._switch(now, LaneReason.GOOD, 2) if most <= _BETTER else None

    def _give_up(self, reason: LaneReason, now: float) -> LaneChanged | None:
        self.counters["lane_given_up"] += 1
        self._not_before = now + min(_FIRST_PAUSE * 2**self._in_vain, _LONGEST_PAUSE)
        self._in_vain = min(self._in_vain + 1, 10)
        return self._switch(now, reason, 1)

    def _switch(self, now: float, reason: LaneReason, count: int) -> LaneChanged | None:
        before, self.count = self.count, count
        if count == before:
            return None
        if count > before:
            self.counters["lane_opened"] += count - before
            self._before = self._rate(now)
            self._opened_at, self._on_trial, self._held_up = now, True, 0
            self._opened_in = {way: voice.seconds for way, voice in self._voice.items()}
            self._opened_for = _DOWN if reason is LaneReason.LOSS_DOWN else _UP
        elif count == 1:
            self.counters["lane_first"] += self._copies.further_first
            self._copies = Copies()
        return LaneChanged(count, reason)

    def stats(self) -> dict[str, int | float]:
        """Counters since the start, and how many lanes are wanted."""
        first = self.counters["lane_first"] + self._copies.further_first
        return {**self.counters, "lane_first": first, "lanes": self.count}

    def _since_opened(self) -> dict[str, float]:
        """Seconds of voice, each way."""
        return {way: voice.seconds - self._opened_in[way] for way, voice in self._voice.items()}

    def _rate(self, now: float) -> float:
        """Stalls in a second of voice since the first of the latest: those that open a lane may all be of one second.

        Of both ways together.
        """
        rates = []
        for way, stalls in self._stalls.items():
            latest = [voice for moment, voice in stalls if moment > now - _OPENS_SECONDS]
            rates.append(len(latest) / max(1.0, self._voice[way].seconds - min(latest, default=0.0)))
        return sum(rates)

    def _stalled(self, way: str, now: float) -> None:
        stalls = self._stalls[way]
        if not stalls or now - stalls[-1][0] > _ONE_STALL:
            stalls.append((now, self._voice[way].seconds))
            self.counters[f"lane_stalls_{way}"] += 1

    def _count(self, way: str, now: float, seconds: float, of_voice: float = float("inf")) -> int:
        """Stalls in the last `seconds`, and in the last seconds `of_voice`."""
        since = self._voice[way].seconds - of_voice
        return sum(moment > now - seconds and voice > since for moment, voice in self._stalls[way])
