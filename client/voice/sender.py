"""My own voice: block → packet → sealed frame.

Knows when my words count (in a room, heard by somebody) and what media time it is. Pure: the codec and the
random start are given to it, and it hands finished frames back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from client.voice import packet
from client.voice.device import Block, silence
from client.voice.mixer import peak
from client.voice.packet import BLOCK_SAMPLES, HELD_MOST, MEDIA_TIMES, VoicePacket
from common.limits import SAMPLE_RATE

_SILENT: Final = 0.01  # of the loudest: softer than the softest consonant
PRE_ROLL: Final = 6  # blocks from before it is known that somebody speaks: no first syllable is cut


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
    """Call `begin` when the microphone opens, `send`, `hold` or `drop` for each block, `end` when it closes.

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
        self._held: deque[Block] = deque(maxlen=min(PRE_ROLL, HELD_MOST))

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
        self._held.clear()

    def set_audience(self, heard: bool) -> bytes | None:
        """Whether anybody listens. May return a frame to send: the end of a talk that nobody hears any more."""
        self._heard = heard
        return None if heard else self.end()

    def send(self, block: Block) -> list[bytes]:
        """The frames to send for a block, those held back before it first; [] where nobody would hear them."""
        coder, sealer = self._coder, self._sealer
        if coder is None or sealer is None or not self._heard:
            self.drop()
            return []
        if not self._talking:
            coder.reset()
        frames = []
        self._forget_silence(block)
        held = len(self._held)
        self._media -= held * BLOCK_SAMPLES
        for waited, earlier in zip(range(held, 0, -1), self._held, strict=True):
            frames.append(self._frame(coder.encode(earlier), sealer, held=waited))
        self._held.clear()
        return [*frames, self._frame(coder.encode(block), sealer)]

    def hold(self, block: Block) -> bytes | None:
        """Nobody speaks: keep the block in case it is the beginning of a word. The frame that ends a talk, if any."""
        last = self.end()
        if last is None:
            self._media += BLOCK_SAMPLES
            self._held.append(block)
        return last

    def drop(self) -> bytes | None:
        """A block that is nobody's business. The frame that ends a talk, if one was under way."""
        last = self.end()
        if last is None:
            self._media += BLOCK_SAMPLES
            self._held.clear()
        return last

    def _forget_silence(self, block: Block) -> None:
        """What was held back from before the word began: each block of it would have to be caught up with."""
        if not self._held:
            return
        loudest = max(map(peak, (*self._held, block)))
        while self._held and peak(self._held[0]) < loudest * _SILENT:
            self._held.popleft()

    def end(self) -> bytes | None:
        """Nothing more is sent. The frame that says so, if a talk was under way: 10 ms of silence."""
        if self._coder is None or self._sealer is None or not self._talking:
            return None
        return self._frame(self._coder.encode(silence()), self._sealer, end_of_talk=True)

    def _frame(self, opus: bytes, sealer: Sealer, *, end_of_talk: bool = False, held: int = 0) -> bytes:
        plaintext = packet.encode(VoicePacket(self._media % MEDIA_TIMES, opus, end_of_talk, held=held))
        self._media += BLOCK_SAMPLES
        self._talking = not end_of_talk
        return self._topic + sealer.seal(plaintext)
