"""Five people who talk and write while a broker is under siege, as one process; how they fared, in numbers.

Real CURVE clients without a session: the frames are made up and carry the time at which they were sent.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import zmq

from common import limits
from common import messages as wire
from common.voice_frame import topic
from scripts.bench.member import Member, Where

PEOPLE: Final = 5
_FRAME_SECONDS: Final = 0.01
_TEXT_SECONDS: Final = 0.5
_PING_SECONDS: Final = 1.0
_PAYLOAD: Final = 100
_STAMP: Final = struct.Struct("=d")


@dataclass(slots=True)
class Fared:
    """What came of it. `delays` are one-way, in seconds, with the moment at which each frame was sent."""

    frames_due: int = 0
    delays: list[tuple[float, float]] = field(default_factory=list)
    texts_due: int = 0
    texts: int = 0

    @property
    def frames_lost(self) -> float:
        """The share of frames that did not come, 0..1."""
        return 1 - len(self.delays) / self.frames_due if self.frames_due else 0.0


class Group:
    """The five, in a room; each hears all others."""

    def __init__(self, where: Where, room_id: bytes) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._members = [Member(self._context, where, room_id) for _ in range(PEOPLE)]
        for member in self._members:
            member.listen([other.handle for other in self._members if other is not member], PEOPLE)
        self._posted = 0

    def talk(self, seconds: float, each: Callable[[], None]) -> Fared:
        """Talk and write for so long; `each` is called ten times a second."""
        fared = Fared()
        begun = now = time.monotonic()
        frame_due = text_due = ping_due = look_due = now
        while now - begun < seconds:
            if now >= frame_due:
                frame_due += _FRAME_SECONDS
                self._speak(fared)
            if now >= text_due:
                text_due += _TEXT_SECONDS
                self._write(fared)
            if now >= ping_due:
                ping_due += _PING_SECONDS
                for member in self._members:
                    member.ping()
            if now >= look_due:
                look_due += 0.1
                each()
            self._hear(fared)
            time.sleep(max(0.0, min(frame_due - time.monotonic(), 0.002)))
            now = time.monotonic()
        until = time.monotonic() + 1.0  # the last ones are still on their way
        while time.monotonic() < until:
            self._hear(fared)
            time.sleep(0.002)
        return fared

    def close(self) -> None:
        """Leave."""
        for member in self._members:
            member.close()
        self._context.destroy(linger=0)

    def _speak(self, fared: Fared) -> None:
        for member in self._members:
            stamp = _STAMP.pack(time.monotonic())
            member.control.send(topic(member.room, member.handle) + stamp.ljust(_PAYLOAD, b"x"))
            fared.frames_due += PEOPLE - 1

    def _write(self, fared: Fared) -> None:
        for number, member in enumerate(self._members):
            self._posted += 1
            token = b"line %d of %d " % (self._posted, number)
            member.control.send(wire.encode(wire.Post(token)))
            fared.texts_due += PEOPLE - 1

    def _hear(self, fared: Fared) -> None:
        for member in self._members:
            while member.voice.poll(0):
                frame = member.voice.recv()
                (sent,) = _STAMP.unpack_from(frame, 7)
                fared.delays.append((sent, time.monotonic() - sent))
            while member.control.poll(0):
                fared.texts += isinstance(wire.decode_from_broker(member.control.recv()), wire.Posted)


def percentile(delays: list[float], part: float) -> float:
    """The delay that this part (0..1) of all stays under, in milliseconds; 0.0 where there is none."""
    ranked = sorted(delays)
    return ranked[min(len(ranked) - 1, int(len(ranked) * part))] * 1_000 if ranked else 0.0


assert limits.VOICE_FRAME_MIN_BYTES <= 7 + _PAYLOAD <= limits.VOICE_FRAME_BYTES  # noqa: S101
