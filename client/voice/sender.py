"""My own voice: block → packet → sealed frame.

Knows when my words count (in a room, heard by somebody) and what media time it is. Pure: the codec and the
random start are given to it, and it hands finished frames back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from client.voice import packet
from client.voice.device import Block, silence
from client.voice.packet import BLOCK_SAMPLES, MEDIA_TIMES, VoicePacket
from common.limits import SAMPLE_RATE


class Sealer(Protocol):
    """The seal of one session's voice: `common.crypto.sframe.FrameSealer`."""

    def seal(self, plaintext: bytes) -> bytes:
        """An SFrame with the next counter."""
        ...


class Coder(Protocol):
    """`client.voice.codec.Encoder`."""

    def encode(self, block: Block) -> bytes:
        """An Opus packet."""
        ...

    def reset(self) -> None:
        """Forget the past."""
        ...


class Sender:
    """Call `begin` when the microphone opens, `send` for each block, `end` when it closes.

    Media time goes on while the microphone is closed, as the clock does: so listeners know after a pause how late
    a packet is. While it is open it counts samples.
    """

    def __init__(self, make_coder: Callable[[], Coder], start: int) -> None:
        """`start` is the first media time, random, 0..2^32-1."""
        self._make_coder = make_coder
        self._coder: Coder | None = None
        self._media = start
        self._anchor: tuple[float, int] | None = None  # a moment, and the media time then
        self._topic = b""
        self._sealer: Sealer | None = None
        self._heard = False
        self._talking = False  # a frame was sent, and no end of talk after it

    def enter(self, topic: bytes, sealer: Sealer) -> None:
        """In a room: frames start with this topic (7 bytes)."""
        self._topic, self._sealer, self._talking = topic, sealer, False

    def leave(self) -> None:
        """In no room: nothing is sent."""
        self._topic, self._sealer, self._talking = b"", None, False

    def begin(self, now: float) -> None:
        """The microphone was opened at `now`, in seconds. Raises `DeviceError` where there is no codec."""
        self._coder = self._coder or self._make_coder()
        if self._anchor is None:
            self._anchor = (now, self._media)
        moment, media = self._anchor
        self._media = max(self._media, media + round((now - moment) * SAMPLE_RATE))

    def set_audience(self, heard: bool) -> bytes | None:
        """Whether anybody listens. May return a frame to send: the end of a talk that nobody hears any more."""
        self._heard = heard
        return None if heard else self.end()

    def send(self, block: Block) -> bytes | None:
        """The frame to send for a block; None where it is not to be sent."""
        if self._coder is None or self._sealer is None or not self._heard:
            self._media += BLOCK_SAMPLES
            return None
        if not self._talking:
            self._coder.reset()
        return self._frame(self._coder.encode(block), self._sealer, end_of_talk=False)

    def end(self) -> bytes | None:
        """The microphone is closed. The frame that says so, if a talk was under way: 10 ms of silence."""
        if self._coder is None or self._sealer is None or not self._talking:
            return None
        return self._frame(self._coder.encode(silence()), self._sealer, end_of_talk=True)

    def _frame(self, opus: bytes, sealer: Sealer, *, end_of_talk: bool) -> bytes:
        plaintext = packet.encode(VoicePacket(self._media % MEDIA_TIMES, opus, end_of_talk))
        self._media += BLOCK_SAMPLES
        self._talking = not end_of_talk
        return self._topic + sealer.seal(plaintext)
