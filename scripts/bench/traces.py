"""Networks made up for the jitter buffer, and a listener who pulls a block each 10 ms. Pure.

Two sets: the buffer's numbers were chosen on `TUNING`; `HELD_OUT` has other shapes, and nothing was chosen on it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from client.voice.counters import Counters
from client.voice.jitter import Conceal, JitterBuffer, Play
from client.voice.packet import BLOCK_SAMPLES, MEDIA_TIMES, SLIM_BLOCKS, VoicePacket
from common.limits import SAMPLE_RATE

Arrivals = list[tuple[float, VoicePacket]]
OPUS = b"\xf8sound"
_STEP_SECONDS: Final = 0.01


def talk(
    count: int,
    delay: Callable[[int, random.Random], float | None],
    *,
    start: int = 1_000,
    ppm: float = 0.0,
    seed: int = 1,
    in_order: bool = True,
    at: float = 10.0,
    slim: bool = False,
) -> Arrivals:
    """`count` packets sent from `at` on, each delayed by `delay(index, random)` seconds, or lost for None.

    The index counts packets of 10 ms; one that is slim is sent with the last of its four.
    """
    blocks = SLIM_BLOCKS if slim else 1
    rng = random.Random(seed)  # noqa: S311 - not for keys
    arrivals: Arrivals = []
    latest = 0.0
    for index in range(blocks - 1, count * blocks, blocks):
        took = delay(index, rng)
        if took is None:
            continue
        arrived = at + index * _STEP_SECONDS * (1 + ppm * 1e-6) + took
        if in_order:  # as TCP delivers
            arrived = latest = max(latest, arrived)
        media = (start + (index + 1 - blocks) * BLOCK_SAMPLES) % MEDIA_TIMES
        arrivals.append((arrived, VoicePacket(media, OPUS, end_of_talk=index == count * blocks - 1, slim=slim)))
    return sorted(arrivals, key=lambda arrival: arrival[0])


@dataclass
class Heard:
    """What a listener heard: for each played packet its media time, when, and how long after its arrival."""

    counters: Counters = field(default_factory=Counters)
    media: list[int] = field(default_factory=list)
    delays: list[float] = field(
        default_factory=list
    )  # seconds from sending (slim: from when 10 ms alone would be sent) to hearing
    waits: list[float] = field(default_factory=list)  # seconds from arrival to hearing
    left: int = 0

    @property
    def mean_ms(self) -> float:
        """From sending to hearing."""
        return 1000 * sum(self.delays) / len(self.delays)

    def percentile_ms(self, share: float) -> float:
        """So much or less for this share (0..1) of the packets."""
        return 1000 * sorted(self.delays)[int(len(self.delays) * share)]


def listen(arrivals: Arrivals, *, at: float = 10.0, start: int = 1_000, ppm: float = 0.0) -> Heard:
    """Put everything into a jitter buffer and pull until it is over. Stretching does exactly as is wished."""
    heard = Heard()
    buffer = JitterBuffer(heard.counters)
    coming = iter(arrivals)
    ahead = next(coming, None)
    held, now = 0, at
    arrived_at: dict[int, float] = {}
    end = (arrivals[-1][0] if arrivals else at) + 1.0
    while now < end:
        while ahead is not None and ahead[0] <= now:
            arrived_at.setdefault(ahead[1].media_time, ahead[0])
            buffer.put(ahead[1], ahead[0])
            ahead = next(coming, None)
        while held < BLOCK_SAMPLES:
            step = buffer.next(now, held)
            if isinstance(step, Play):
                for packet in step.packets:
                    index = ((packet.media_time - start) % MEDIA_TIMES) / BLOCK_SAMPLES
                    spoken = at + index * _STEP_SECONDS * (1 + ppm * 1e-6)
                    heard.media.append(packet.media_time)
                    heard.delays.append(now + held / SAMPLE_RATE - spoken)
                    heard.waits.append(now - arrived_at[packet.media_time])
                    held += packet.samples
                held += max(-BLOCK_SAMPLES, min(step.change, BLOCK_SAMPLES))
            elif isinstance(step, Conceal):
                held += step.samples
            else:
                held = BLOCK_SAMPLES
        held -= BLOCK_SAMPLES
        now += 0.01
    heard.left = round(buffer.queued_ms / 10)
    return heard


def lan(_index: int, rng: random.Random) -> float:
    """A quiet network in the house."""
    return 0.002 + rng.random() * 0.003


def jittery(_index: int, rng: random.Random) -> float:
    """Anything between 30 and 60 ms."""
    return 0.030 + rng.random() * 0.030


def stalling(index: int, rng: random.Random) -> float:
    """A stall of 200 ms every 5 s: all that is sent in it comes at its end."""
    into = index % 500
    return jittery(index, rng) + (0.2 - into * 0.01 if into < 20 else 0.0)


def _held_up(share: float, wait: float, longest: int) -> Delay:
    """TCP on a line that loses packets: what is lost comes `wait` seconds later, and what follows waits for it."""

    def delay(_index: int, rng: random.Random) -> float:
        took = 0.025 + rng.random() * 0.006
        if rng.random() < share:
            took += wait * 2 ** rng.randrange(longest)  # a retransmission may be lost as well
        return took

    return delay


def gamma(_index: int, rng: random.Random) -> float:
    """A long tail: most packets are quick, a few take ten times as long."""
    return 0.020 + min(0.2, rng.gammavariate(1.2, 0.006))


def wireless(index: int, rng: random.Random) -> float:
    """A quiet line on which somebody else loads something for two seconds of every ten."""
    busy = 300 <= index % 1_000 < 500
    return 0.004 + rng.random() * (0.040 if busy else 0.003)


def swelling(index: int, rng: random.Random) -> float:
    """A queue that fills over 15 s to 120 ms, and empties at once."""
    return 0.015 + 0.120 * (index % 1_500) / 1_500 + rng.random() * 0.004


def another_way(index: int, rng: random.Random) -> float:
    """A route that takes 60 ms longer from the middle of each minute on."""
    return 0.018 + (0.060 if index % 6_000 >= 3_000 else 0.0) + rng.random() * 0.008


Delay: TypeAlias = Callable[[int, random.Random], float | None]
TUNING: Final[dict[str, Delay]] = {
    "LAN, 0-3 ms": lan,
    "30 + 0-30 ms": jittery,
    "and a stall of 200 ms every 5 s": stalling,
}
HELD_OUT: Final[dict[str, Delay]] = {
    "long tail": gamma,
    "busy wireless": wireless,
    "queue that fills to 120 ms": swelling,
    "route 60 ms longer and back": another_way,
    "TCP, 1 % lost, 40 ms to mend": _held_up(0.01, 0.04, 2),
    "TCP, 5 % lost, 60 ms to mend": _held_up(0.05, 0.06, 2),
}


def fastest(delay: Delay) -> float:
    """Milliseconds that the quickest of many packets takes."""
    rng = random.Random(2)  # noqa: S311 - not for keys
    return 1_000 * min(took for index in range(6_000) if (took := delay(index, rng)) is not None)
