"""Live voice in one piece: what the voice thread does, without the thread.

Moved by `step(now)`, so that two of these can talk to each other in a test on a fake clock, faster than real time.
Not for use by more than one thread: `client.voice.engine` puts the thread and the queues around it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from client.events import DevicesListed, Part, ProblemReported
from client.voice.capture import Capture
from client.voice.codec import Decoder, Encoder
from client.voice.counters import Counters
from client.voice.device import Devices
from client.voice.echo_test import EchoTest
from client.voice.front_end import MakeFrontEnd, plain
from client.voice.playback import Playback
from client.voice.reports import Report
from client.voice.sender import Sealer, Sender
from common.voice_frame import MARK, ROOM_TOPIC_BYTES

_SWITCH_OFF: Final = "Switch microphone and speaker off before the echo test."


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
        self._echo_test = EchoTest(devices, self.capture.new_front_end, report)
        self._report = report

    def enter(self, topic: bytes, sealer: Sealer) -> None:
        """In a room, under this topic (7 bytes)."""
        self.capture.enter(topic, sealer)
        self.playback.enter(topic[len(MARK) : ROOM_TOPIC_BYTES])

    def leave(self) -> None:
        """In no room."""
        self.capture.leave()
        self.playback.leave()

    def switch_microphone(self, on: bool, now: float) -> None:
        """Open or close it; an echo test makes way."""
        self._echo_test.stop()
        self.capture.switch(on, now)

    def switch_speaker(self, on: bool, now: float) -> None:
        """Begin or stop to play; an echo test makes way."""
        self._echo_test.stop()
        self.playback.switch(on, now)

    def choose(self, microphone: str | None, speaker: str | None, now: float) -> None:
        """Other devices: those that are on go on there."""
        other_microphone, other_speaker = self._devices.choose(microphone, speaker)
        if other_microphone:
            self.capture.renew(now)
        if other_speaker:
            self.playback.renew(now)

    def list_devices(self) -> None:
        """Answered by `DevicesListed`, once the system has told."""
        self._devices.list(lambda microphones, speakers: self._report(DevicesListed(microphones, speakers)))

    def test_echo(self, now: float) -> None:
        """Before talking: while microphone or speaker is on there is nothing to test that could not be heard."""
        if self.capture.on or self.playback.on:
            self._report(ProblemReported(Part.GENERAL, "echo_test", _SWITCH_OFF))
        else:
            self._echo_test.start(now)

    def step(self, now: float) -> float | None:
        """Move both sides up to `now`. In how many seconds to come again; None: only when something happens."""
        # The speaker first: its block is wanted now, the microphone's has a ring to wait in.
        moves = self.playback.step(now), self.capture.step(now), self._echo_test.step(now)
        waits = [wait for wait in moves if wait is not None]
        return min(waits, default=None)

    def close(self) -> None:
        """Close both devices."""
        self._echo_test.stop()
        self.capture.close()
        self.playback.close()
        self._devices.close()
