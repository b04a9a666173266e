"""Live voice in one piece: what the voice thread does, without the thread.

Moved by `step(now)`, so that two of these can talk to each other in a test on a fake clock, faster than real time.
Not for use by more than one thread: `client.voice.engine` puts the thread and the queues around it.
"""

from __future__ import annotations

from collections.abc import Callable

from client.voice.capture import Capture
from client.voice.codec import Decoder, Encoder
from client.voice.counters import Counters
from client.voice.device import Devices
from client.voice.front_end import MakeFrontEnd, plain
from client.voice.playback import Playback
from client.voice.reports import Report
from client.voice.sender import Sealer, Sender
from common.voice_frame import MARK, ROOM_TOPIC_BYTES


class Pipeline:
    """Microphone and speaker of one client."""

    def __init__(
        self,
        devices: Devices,
        counters: Counters,
        *,
        media_start: int,
        send: Callable[[bytes], None],
        report: Callable[[Report], None],
        front_end: MakeFrontEnd = plain,
    ) -> None:
        """`media_start` is the first media time: random, 0..2^32-1. `front_end` makes one for each opening."""
        self.counters = counters
        self._devices = devices
        sender = Sender(Encoder, media_start)
        self.capture = Capture(devices, sender, front_end, send, report, self.counters)
        self.playback = Playback(devices, Decoder, self.capture.hear, report, self.counters)

    def enter(self, topic: bytes, sealer: Sealer) -> None:
        """In a room, under this topic (7 bytes)."""
        self.capture.enter(topic, sealer)
        self.playback.enter(topic[len(MARK) : ROOM_TOPIC_BYTES])

    def leave(self) -> None:
        """In no room."""
        self.capture.leave()
        self.playback.leave()

    def step(self, now: float) -> float | None:
        """Move both sides up to `now`. In how many seconds to come again; None: only when something happens."""
        # The speaker first: its block is wanted now, the microphone's has a ring to wait in.
        waits = [wait for wait in (self.playback.step(now), self.capture.step(now)) if wait is not None]
        return min(waits, default=None)

    def close(self) -> None:
        """Close both devices."""
        self.capture.close()
        self.playback.close()
        self._devices.close()
