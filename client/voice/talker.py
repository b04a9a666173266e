"""One speaker as it is heard: jitter buffer, codec and stretching joined into blocks of 10 ms.

Knows no keys and no devices.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from client.voice import stretch
from client.voice.counters import Counters
from client.voice.device import Block, silence
from client.voice.jitter import HASTE, Conceal, JitterBuffer, Play
from client.voice.packet import BLOCK_SAMPLES, VoicePacket
from common.errors import Malformed

_FADE: Final = np.linspace(0.0, 1.0, BLOCK_SAMPLES // 4, dtype=np.float32)  # against clicks at silence


class VoiceDecoder(Protocol):
    """`client.voice.codec.Decoder`."""

    def decode(self, packet: bytes) -> Block:
        """The samples of a packet. Raises `Malformed`."""
        ...

    def conceal(self, samples: int) -> Block:
        """Made-up samples."""
        ...


class Talker:
    """`put` packets, ask for a `block` each 10 ms."""

    def __init__(self, decoder: VoiceDecoder, counters: Counters) -> None:
        self._decoder = decoder
        self._counters = counters
        self.jitter = JitterBuffer(counters)
        self._held = silence(0)  # decoded, not yet played
        self._past = (silence(0), silence(0))  # the last two that were played: more than `stretch` needs
        self._silent = True
        self._decoded: Block | None = None  # the last one
        self._real = False  # what was given to play last is what was said, and not made up
        self.heard: int | None = None  # media time at which the last block begins; None: silence, or made up

    def put(self, packet: VoicePacket, arrived: float) -> None:
        """A packet that may be played came at `arrived`, in seconds."""
        self.jitter.put(packet, arrived)

    @property
    def starving(self) -> bool:
        """Whether the next block would have to be made up, for a packet that is a little late."""
        return self._held.size < BLOCK_SAMPLES and self.jitter.starving

    def block(self, now: float) -> Block | None:
        """The next 10 ms; None for silence."""
        self.heard = None
        while self._held.size < BLOCK_SAMPLES:
            step = self.jitter.next(now, self._held.size, quiet=self._was_quiet)
            if isinstance(step, Play):
                self._append(self._play(step))
                self._real = True
            elif isinstance(step, Conceal):
                self._append(self._conceal(step))
                self._real = False
            else:
                return self._rest()
        if self._real:
            self.heard = self.jitter.place - self._held.size
        return self._cut(BLOCK_SAMPLES)

    def _play(self, step: Play) -> Block:
        blocks = [self._decode(packet) for packet in step.packets]
        block = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        self._decoded = blocks[-1]
        if not step.change or (step.unheard and not stretch.quiet(block)):
            return block
        force = abs(step.change) > HASTE
        if step.change < 0:
            shorter = stretch.shorten(block, -step.change, force=force)
            self._counters.shortened += block.size - shorter.size
            return shorter
        past = np.concatenate([*self._past, self._held])
        longer = stretch.lengthen(past, block, step.change, force=force)
        self._counters.lengthened += longer.size - block.size
        return longer

    def _was_quiet(self) -> bool:
        return self._decoded is not None and stretch.quiet(self._decoded)

    def _decode(self, packet: VoicePacket) -> Block:
        try:
            block = self._decoder.decode(packet.opus)
        except Malformed:  # sealed by a member, and yet no Opus: heard as a loss
            self._counters.refused += 1
            block = self._decoder.conceal(packet.samples)
        return block

    def _conceal(self, step: Conceal) -> Block:
        block = self._decoder.conceal(step.samples)
        if step.last:
            block = block * np.linspace(1.0, 0.0, block.size, dtype=np.float32)
        return block

    def _append(self, block: Block) -> None:
        if self._silent:
            size = min(_FADE.size, block.size)
            block = np.concatenate([block[:size] * _FADE[:size], block[size:]])
            self._silent = False
        self._held = np.concatenate([self._held, block]) if self._held.size else block

    def _rest(self) -> Block | None:
        """What is held, faded out and filled up with silence."""
        self._silent = True
        if not self._held.size:
            return None
        size = min(_FADE.size, self._held.size)
        tail = self._held[-size:] * _FADE[:size][::-1]
        padded = np.concatenate([self._held[:-size], tail, silence(BLOCK_SAMPLES - self._held.size)])
        self._held = padded
        return self._cut(BLOCK_SAMPLES)

    def _cut(self, samples: int) -> Block:
        block, self._held = self._held[:samples], self._held[samples:]
        self._past = (self._past[1], block)
        return block
