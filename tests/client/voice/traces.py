"""Networks made up for the jitter buffer, and a listener who pulls a block each 10 ms."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from client.voice.counters import Counters
from client.voice.jitter import Conceal, JitterBuffer, Play
from client.voice.packet import BLOCK_SAMPLES, MEDIA_TIMES, VoicePacket
from common.limits import SAMPLE_RATE

Arrivals = list[tuple[float, VoicePacket]]
OPUS = b"\xf8sound"


def talk(
    count: int,
    delay: Callable[[int, random.Random], float | None],
    *,
    start: int = 1_000,
    ppm: float = 0.0,
    seed: int = 1,
    in_order: bool = True,
    at: float = 10.0,
) -> Arrivals:
    """`count` packets sent from `at` on, each delayed by `delay(index, random)` seconds, or lost for None."""
    rng = random.Random(seed)
    arrivals: Arrivals = []
    latest = 0.0
    for index in range(count):
        took = delay(index, rng)
        if took is None:
            continue
        arrived = at + index * 0.01 * (1 + ppm * 1e-6) + took
        if in_order:  # as TCP delivers
            arrived = latest = max(latest, arrived)
        media = (start + index * BLOCK_SAMPLES) % MEDIA_TIMES
        arrivals.append((arrived, VoicePacket(media, OPUS, end_of_talk=index == count - 1)))
    return sorted(arrivals, key=lambda arrival: arrival[0])


@dataclass
class Heard:
    """What a listener heard: for each played packet its media time, when, and how long after its arrival."""

    counters: Counters = field(default_factory=Counters)
    media: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)  # seconds from sending to hearing
    waits: list[float] = field(default_factory=list)  # seconds from arrival to hearing
    left: int = 0

    @property
    def mean_ms(self) -> float:
        return 1000 * sum(self.delays) / len(self.delays)

    def percentile_ms(self, share: float) -> float:
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
                    spoken = at + index * 0.01 * (1 + ppm * 1e-6)
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
    return 0.002 + rng.random() * 0.003


def jittery(_index: int, rng: random.Random) -> float:
    return 0.030 + rng.random() * 0.030


def stalling(index: int, rng: random.Random) -> float:
    """A stall of 200 ms every 5 s: all that is sent in it comes at its end."""
    into = index % 500
    return jittery(index, rng) + (0.2 - into * 0.01 if into < 20 else 0.0)


def every(arrivals: Arrivals) -> Iterator[VoicePacket]:
    return (packet for _, packet in arrivals)
