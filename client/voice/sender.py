"""My own voice: blocks → packet → sealed frame.

Knows when my words count (in a room, heard by somebody) and what media time it is. Pure: the codec and the
random start are given to it, and it hands finished frames back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from client.commands import VoiceMode
from client.voice import packet
from client.voice.device import Block, silence
from client.voice.mixer import peak
from client.voice.packet import BLOCK_SAMPLES, HELD_MOST, MEDIA_TIMES, SLIM_BLOCKS, VoicePacket
from common.limits import SAMPLE_RATE

_SILENT: Final = 0.01  # of the loudest: softer than the softest consonant
_SOFT: Final = 0.1  # of the loudest: where a listener does not hear that the talk goes on in another mode
_QUIET: Final = 0.003  # of full scale (-50 dB): nobody hears it
_SWITCH_BLOCKS: Final = 200  # so long a softer place is waited for
PRE_ROLL: Final = 6  # blocks from before it is known that somebody speaks: no first syllable is cut


class Sealer(Protocol):
    """The seal of one session's voice: `common.crypto.sframe.FrameSealer`."""

    def seal(self, plaintext: bytes) -> bytes:
        """An SFrame with the next counter."""
        ...


class Coder(Protocol):
    """`client.voice.codec.Encoder`: of one mode."""

    def encode(self, block: Block) -> bytes:
        """An Opus packet for 10 ms, slim for 40 ms."""
        ...

    def reset(self) -> None:
        """Forget the past."""
        ...


class Sender:
    """Call `begin` when the microphone opens, `send`, `hold` or `drop` for each block, then `end` and `pause`.

    Media time goes on while the microphone is closed, as the clock does: so listeners know after a pause how late
    a packet is. While it is open it counts samples.
    """

    def __init__(self, make_coder: Callable[[VoiceMode], Coder], start: int) -> None:
        """`start` is the first media time, random, 0..2^32-1."""
        self._make_coder = make_coder
        self._coders: dict[VoiceMode, Coder] = {}
        self._wanted = self.mode = VoiceMode.LOW_DELAY
        self.lanes = 1  # over how many it goes: listeners are told
        self._media = start  # of the microphone's next sample
        self._ahead = 0  # blocks that were sent before the microphone gave them: the silence that ends a talk
        self._anchor: tuple[float, int] | None = None  # a moment, and the media time then
        self._topic = b""
        self._sealer: Sealer | None = None
        self._heard = False
        self._talk: Sealer | None = None  # what seals the talk under way: something was said, and no end of it
        self._loudest = 0.0  # since another mode is wanted
        self._waited = 0  # blocks since then
        self._collected: list[Block] = []  # of a packet that is not full
        self._held: deque[Block] = deque(maxlen=min(PRE_ROLL, HELD_MOST))

    @property
    def media(self) -> int:
        """The media time of the next block; it goes on beyond 2^32."""
        return self._media

    def enter(self, topic: bytes, sealer: Sealer) -> None:
        """In a room: frames start with this topic (7 bytes)."""
        self.leave()
        self._topic, self._sealer = topic, sealer

    def leave(self) -> None:
        """In no room: nothing is sent."""
        self._topic, self._sealer, self._talk = b"", None, None
        self._collected.clear()

    def begin(self, now: float) -> None:
        """The microphone was opened at `now`, in seconds. Raises `DeviceError` where there is no codec."""
        self._coder()
        if self._anchor is None:
            self._anchor = (now, self._media)
        moment, media = self._anchor
        self._media = max(self._media, media + round((now - moment) * SAMPLE_RATE))
        self._ahead = 0
        self._held.clear()

    def pause(self, moment: float) -> None:
        """The microphone closed; its last sample came at `moment`: from there media time goes on as the clock does.

        It does not go back to the first opening: over hours a card runs ahead of the clock, or behind, by a second.
        The silence that ended a talk was not spoken, and counts for nothing.
        """
        self._anchor = (moment, self._media - self._ahead * BLOCK_SAMPLES)

    def set_mode(self, mode: VoiceMode) -> None:
        """What voice is made for: from the next talk on, or from a soft place in this one, within two seconds."""
        self._wanted, self._waited, self._loudest = mode, 0, 0.0
        if self._talk is None:
            self.mode = mode

    def set_audience(self, heard: bool) -> bytes | None:
        """Whether anybody listens. May return a frame to send: the end of a talk that nobody hears any more."""
        self._heard = heard
        return None if heard else self.end()

    @property
    def audible(self) -> bool:
        """Whether what is said now reaches anybody."""
        return self._audience() is not None

    def send(self, block: Block) -> list[bytes]:
        """The frames to send for a block, those held back before it first; [] where nobody would hear them."""
        sealer = self._audience()
        if sealer is None:
            self.drop()
            return []
        if self._talk is None:
            self._begin_talk()
        self._talk = sealer
        self._forget_silence(block)
        held = len(self._held)
        self._media -= held * BLOCK_SAMPLES
        frames = [self._add(one, sealer, held=held - place) for place, one in enumerate((*self._held, block))]
        self._held.clear()
        return [frame for frame in frames if frame is not None]

    def hold(self, block: Block) -> bytes | None:
        """Nobody speaks: keep the block in case it is the beginning of a word. The frame that ends a talk, if any."""
        if self._talk is not None:
            return self._finish(block, self._talk)
        if not self._pass_by():
            self._held.append(block)
        return None

    def drop(self) -> bytes | None:
        """A block that is nobody's business. The frame that ends a talk, if one was under way."""
        if self._talk is not None:
            return self._finish(silence(), self._talk)
        self._pass_by()
        self._held.clear()
        return None

    def end(self) -> bytes | None:
        """Nothing more is sent. The frame that says so, if a talk was under way: it is filled up with silence."""
        if self._talk is None:
            return None
        missing = self._packet_blocks - len(self._collected)
        self._collected += [silence()] * missing
        self._media += missing * BLOCK_SAMPLES
        self._ahead += missing
        return self._frame(self._talk, end_of_talk=True)

    def _audience(self) -> Sealer | None:
        """What to seal with, where anybody would hear it."""
        return self._sealer if self._heard and self._anchor is not None else None

    def _begin_talk(self) -> None:
        self.mode = self._wanted
        self._coder().reset()

    def _forget_silence(self, block: Block) -> None:
        """What was held back from before the word began: each block of it would have to be caught up with."""
        if not self._held:
            return
        loudest = max(map(peak, (*self._held, block)))
        while self._held and peak(self._held[0]) < loudest * _SILENT:
            self._held.popleft()

    def _finish(self, block: Block, sealer: Sealer) -> bytes | None:
        """Nothing is said any more: fill the packet that is begun, and end the talk with 10 ms of silence."""
        last = len(self._collected) + 1 == self._packet_blocks
        return self._add(silence() if last else block, sealer, end_of_talk=True)

    def _add(self, block: Block, sealer: Sealer, *, end_of_talk: bool = False, held: int = 0) -> bytes | None:
        """The next block of the talk. The frame that it fills."""
        if self.mode is not self._wanted and not self._collected:
            self._switch(block)
        self._collected.append(block)
        self._media += BLOCK_SAMPLES
        full = len(self._collected) == self._packet_blocks
        return self._frame(sealer, end_of_talk=end_of_talk, held=held) if full else None

    def _switch(self, block: Block) -> None:
        """Go on in the mode that is wanted, if that is not heard here, or was waited for too long."""
        loud = peak(block)
        self._loudest = max(self._loudest, loud)
        self._waited += self._packet_blocks
        if loud <= max(self._loudest * _SOFT, _QUIET) or self._waited > _SWITCH_BLOCKS:
            self.mode = self._wanted
            self._coder().reset()

    def _frame(self, sealer: Sealer, *, end_of_talk: bool, held: int = 0) -> bytes:
        media = (self._media - len(self._collected) * BLOCK_SAMPLES) % MEDIA_TIMES
        opus = self._coder().encode(np.concatenate(self._collected))
        self._collected.clear()
        if end_of_talk:
            self._talk = None
        slim = self.mode is VoiceMode.SLIM
        return self._topic + sealer.seal(packet.encode(VoicePacket(media, opus, end_of_talk, slim, held, self.lanes)))

    def _pass_by(self) -> bool:
        """A block outside of talks. True where its time has been sent already."""
        if self._ahead:
            self._ahead -= 1
            return True
        self._media += BLOCK_SAMPLES
        return False

    @property
    def _packet_blocks(self) -> int:
        return SLIM_BLOCKS if self.mode is VoiceMode.SLIM else 1

    def _coder(self) -> Coder:
        coder = self._coders.get(self.mode)
        if coder is None:
            coder = self._coders[self.mode] = self._make_coder(self.mode)
        return coder
