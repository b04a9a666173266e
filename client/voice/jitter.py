"""The jitter buffer of one speaker: what to play next, so that packets which come unevenly are heard evenly.

Theory. `Transit` knows how long the fastest packet was under way. The *delay* of what is being played is how
much later it is heard than that fastest packet would allow: `now - media time - base`. A packet comes in time
if it was under way no more than `delay` longer than the fastest. How long a packet had to be collected
for is no part of either: a speaker may change between packets of 10 and of 40 ms. The delay is steered, by media time
and not by how full the buffer is, to a *target*: what 95 % of the packets needed, and a floor; or, where that is more,
what it is worth to wait for rarer ones, each of which would have to be made up.

===========================  =====================================================================
what there is                what is done
===========================  =====================================================================
the next packet              played; with it a wish to shorten or lengthen, if the delay is off
only later packets           a hole of up to 3 packets (slim: of one) is concealed, a longer one is a pause
nothing                      3 packets are concealed, then silence; what comes later is played later
a packet whose time passed   discarded, counted
a delay over the cap         the oldest packets are skipped
end of talk, 300 ms nothing  pause; the next talk starts anew at the target
===========================  =====================================================================

Pure: no thread, no clock, and no sound; it moves packets and never looks into them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from client.voice.counters import Counters
from client.voice.lane_count import LaneCount
from client.voice.packet import BLOCK_SAMPLES, MEDIA_TIMES, SLIM_SAMPLES, VoicePacket
from client.voice.transit import Transit
from common.limits import SAMPLE_RATE

MS: Final = SAMPLE_RATE // 1000
THREADS: Final = 2 * MS
FLOOR: Final = BLOCK_SAMPLES + THREADS
UNSURE: Final = 10 * MS  # on top while a speaker has been heard for less than LEARNT
LEARNT: Final = SAMPLE_RATE
CAP: Final = 250 * MS  # beyond it people start to talk at the same time
CONCEALED_MOST: Final = 3  # blocks: after 30 ms made-up voice sounds worse than silence
PAUSE: Final = 300 * MS
TOO_HIGH: Final = 6 * MS  # off the target by this much: worth a stretch, which may overshoot by 3 ms
TOO_LOW: Final = 4 * MS
UNHEARD: Final = 2 * MS  # off by this much: worth a stretch that nobody hears
HASTE: Final = 40 * MS  # from here on stretch as often as possible, else
CALM: Final = 60 * MS  # no more often than this
JUMP: Final = 2 * SAMPLE_RATE  # a media clock that jumps by this is another clock
QUEUE_PACKETS: Final = 100
NOWHERE: Final = -(2**62)  # a media time before all others


class Play(NamedTuple):
    """Decode these, one after another. `change`: samples to put in (> 0) or take out (< 0), about; 0 as a rule.

    `unheard`: only if they are so soft that nobody hears it.
    """

    packets: tuple[VoicePacket, ...]
    change: int = 0
    unheard: bool = False


class Conceal(NamedTuple):
    """Make up this many samples from what was heard last. `last`: silence follows, so fade out."""

    samples: int
    last: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing to hear from this speaker now."""


Step: TypeAlias = Play | Conceal | Silence
_SILENCE: Final = Silence()
_SLIM_LONGER: Final = SLIM_SAMPLES - BLOCK_SAMPLES


def _longer(packet: VoicePacket) -> int:
    """By how many samples it had to be collected for longer than one of 10 ms."""
    return _SLIM_LONGER if packet.slim else 0


class JitterBuffer:
    """`put` packets as they come; ask `next` whenever there is less than a block left to play."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._queue: dict[int, tuple[int, VoicePacket]] = {}  # unwrapped media time → (arrived, packet)
        self._transit = Transit()
        self._newest = 0  # unwrapped media time of the last packet put
        self._latest = NOWHERE  # of all that were put
        self._lanes = LaneCount()  # over which the latest came
        self._last_transit: int | None = None
        self._jumped_to: int | None = None  # the transit of a packet that was off by a jump, until the next one
        self._place = NOWHERE  # media time of the next sample to decode; before it all has been played
        self._paused = True
        self._made_up = 0  # samples concealed or silent since the last packet, for which `_place` stood still
        self._run = 0  # concealed packets since the last real one
        self._starved = 0  # blocks without a packet: concealment if the talk goes on, its end if it does not
        self._stalled = 0  # the same where there were so many that it looked like the end
        self._stretched_at = 0

    def put(self, packet: VoicePacket, arrived: float) -> None:
        """A packet came at `arrived` (seconds). Packets of other sizes, late or double ones are no error."""
        when = round(arrived * SAMPLE_RATE)
        media = self._unwrap(packet.media_time)
        # What it waited for at the sender, its own length among it, says nothing of the way.
        transit = when - media - packet.held * BLOCK_SAMPLES - _longer(packet)
        if self._jumps(transit):
            self._counters.late += 1
            self._counters.discarded += 1
            return
        self._newest, self._last_transit = media, transit
        if media > self._latest:
            self._latest = media
            if self._lanes.rose(packet.lanes, arrived):
                self.lanes_rose()
        if packet.lanes == self._lanes.count:  # not what fewer lanes still bring
            self._transit.add(when, transit)
        self._keep(media, when, packet)

    def lanes_rose(self) -> None:
        """Lanes were opened, here or there: late packets of before are no reason to wait, if they mend it."""
        self._transit.lanes_rose()

    def next(self, now: float, held: int = 0, *, quiet: Callable[[], bool] = lambda: False) -> Step:
        """What to play at `now` (seconds), after `held` samples that are decoded and not yet played.

        `quiet` tells whether what was heard last is so soft that a stretch of what comes next may stay unheard.
        """
        when = round(now * SAMPLE_RATE)
        first = self._first(when, held)
        if first is None:
            return self._nothing()
        hole = 0 if self._paused else first - self._place
        if hole > self._made_up:
            most = max(CONCEALED_MOST, self._queue[first][1].samples // BLOCK_SAMPLES)
            if hole <= most * BLOCK_SAMPLES and self._run < most:
                return self._conceal_hole(hole)
            if hole <= PAUSE:  # what is longer is a pause whose beginning was lost
                self._counters.concealed += (hole - self._made_up) // BLOCK_SAMPLES
            self._paused = True
        off = self.target(when) - self._delay(when, first, held)
        if self._paused and off > BLOCK_SAMPLES // 2:
            return self._silence()  # its time has not come: a talk starts at the target delay
        return self._play(first, when, off, quiet=quiet)

    def target(self, when: int) -> int:
        """The delay to steer to, in samples, at a time in samples. Valid after the first `put`."""
        unsure = UNSURE if self._transit.watched(when) < LEARNT else 0
        usual, worth = self._transit.spread + FLOOR, self._transit.worth + THREADS
        return min(max(usual, worth) + unsure, CAP - BLOCK_SAMPLES)

    @property
    def place(self) -> int:
        """The media time after all that was given to play; it goes on beyond 2^32."""
        return self._place

    @property
    def spread_ms(self) -> float:
        """The jitter that is reckoned with, in ms; 0 before the first packet."""
        return self._transit.spread / MS if self._last_transit is not None else 0.0

    @property
    def starving(self) -> bool:
        """Whether a talk is under way whose next packet is only late as yet."""
        return not (self._paused or self._queue or self._run)

    @property
    def queued_ms(self) -> float:
        """How much voice waits here, in ms."""
        return sum(packet.samples for _, packet in self._queue.values()) / MS

    def _jumps(self, transit: int) -> bool:
        """Whether this is off by a jump. One alone may be seconds old: whoever holds one back could stop the talk.

        With the next one that agrees all begins anew.
        """
        if self._last_transit is not None and abs(transit - self._last_transit) > JUMP:
            if self._jumped_to is None or abs(transit - self._jumped_to) > JUMP:
                self._jumped_to = transit
                return True
            self._start_anew()
        self._jumped_to = None
        return False

    def _keep(self, media: int, when: int, packet: VoicePacket) -> None:
        """Put it where it belongs, if its time has not passed."""
        if media in self._queue:
            self._counters.duplicated += 1
        elif media < self._place:
            self._counters.late += 1
            self._counters.discarded += 1
        else:
            if self._made_up and media == self._place:
                self._counters.late += 1
            self._queue[media] = (when, packet)
            if len(self._queue) > QUEUE_PACKETS:
                self._skip(min(self._queue))

    def _delay(self, when: int, media: int, held: int) -> int:
        """By how much later than the fastest way the packet of this time will be heard; its length is no delay."""
        return when - (media - held) - self._transit.base - _longer(self._queue[media][1])

    def _play(self, first: int, when: int, off: int, *, quiet: Callable[[], bool]) -> Play:
        """The first packet. `off`: samples by which its delay is short of the target."""
        packets = [self._take(first)]
        change = self._wish(off, when)
        unheard = not change and abs(off) >= UNHEARD and quiet()
        if unheard:
            change = off
        # To shorten takes more than one block: the longest pitch period is 15 ms.
        if change < 0 and packets[0].samples == BLOCK_SAMPLES:
            if not packets[0].end_of_talk and self._place in self._queue:
                packets.append(self._take(self._place))
            else:
                change = 0
        if change and not unheard:
            self._stretched_at = when
        self._paused = packets[-1].end_of_talk
        return Play(tuple(packets), change, unheard)

    def _take(self, media: int) -> VoicePacket:
        _, packet = self._queue.pop(media)
        if media - self._place <= PAUSE:  # the talk goes on where it was: that was none of its pauses
            self._counters.concealed += self._stalled
        self._place = media + packet.samples
        self._counters.concealed += self._starved
        self._made_up = self._run = self._starved = self._stalled = 0
        self._counters.played += 1
        return packet

    def _wish(self, off: int, when: int) -> int:
        if abs(off) < HASTE and when - self._stretched_at < CALM:
            return 0
        return off if off <= -TOO_HIGH or off >= TOO_LOW else 0

    def _nothing(self) -> Step:
        if self._paused:
            return self._silence()
        self._made_up += BLOCK_SAMPLES
        if self._made_up >= PAUSE:
            self._paused = True
            self._stalled = self._starved
            self._made_up = self._starved = 0
            return self._silence()
        self._starved += 1
        self._run += 1
        if self._run > CONCEALED_MOST:
            return _SILENCE
        return Conceal(BLOCK_SAMPLES, last=self._run == CONCEALED_MOST)

    def _silence(self) -> Silence:
        """Nothing is heard: a pause, or more of a stall that looks like one."""
        if self._stalled:
            self._stalled += 1
        return _SILENCE

    def _conceal_hole(self, hole: int) -> Conceal:
        """Something is lost: what follows it is here already, so go past it."""
        samples = min(hole - self._made_up, BLOCK_SAMPLES)
        self._place += samples
        self._run += 1
        self._counters.concealed += 1
        return Conceal(samples)

    def _first(self, when: int, held: int) -> int | None:
        """The media time of the first packet that waits. What is too old is skipped."""
        while self._queue:
            first = min(self._queue)
            if first < self._place:  # a longer packet covered its time
                del self._queue[first]
                self._counters.discarded += 1
                continue
            waited = when - self._queue[first][0]
            # The newest is played however long it was under way, or a way that became longer would be mute.
            if waited <= CAP and (len(self._queue) == 1 or self._delay(when, first, held) <= CAP):
                return first
            self._skip(first)
        return None

    def _skip(self, media: int) -> None:
        _, packet = self._queue.pop(media)
        self._place = media + packet.samples
        self._counters.skipped += 1
        if packet.end_of_talk:
            self._paused = True

    def _unwrap(self, media_time: int) -> int:
        half = MEDIA_TIMES // 2
        return self._newest + (media_time - self._newest + half) % MEDIA_TIMES - half

    def _start_anew(self) -> None:
        for media in sorted(self._queue):
            self._skip(media)
        self._transit = Transit()
        self._latest = self._place = NOWHERE
        self._paused = True
        self._made_up = self._run = self._starved = self._stalled = 0
