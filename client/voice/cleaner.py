"""Echo, noise and rumble taken out of a microphone's sound, where there are any.

The WebRTC audio processing module does the work (docs/decisions/0019). It costs time, delay and some of the voice, so
what decides is whether there is anything to take away: `Need`, which is pure.
"""

from __future__ import annotations

from collections import deque
from types import ModuleType
from typing import Final, Protocol

import numpy as np

from client.commands import SetProcessing
from client.voice.device import Block
from client.voice.loudness import LEVEL_BLOCKS, decibels
from client.voice.packet import BLOCK_SAMPLES
from common.limits import SAMPLE_RATE

QUIET_DB: Final = -55.0  # below it nothing is speech, whatever it sounds like

_FULL: Final = np.float32(32_767.0)  # the library counts in 16 bits
_FADE: Final = np.linspace(0.0, 1.0, BLOCK_SAMPLES, dtype=np.float32)
_CLEAN_DB: Final = -60.0  # a room that is softer has nothing to take away
_FLOOR_LEVELS: Final = 30  # of 100 ms each: nobody speaks for three seconds without a breath
_BESIDE: Final = 4  # blocks: longer than either way holds anything back
_ECHO_BLOCKS: Final = 50  # as long as a room may answer, and a card takes
_POP: Final = 0.03  # the mean of a block: a breath at the microphone, a knock on the table, but no voice
_POP_BLOCKS: Final = 300
# Seconds that the library adds, by what it takes away (docs/decisions/0019): echo and noise, echo, noise, rumble.
_BOTH_DELAY, _ECHO_DELAY, _NOISE_DELAY, _RUMBLE_DELAY = 0.0149, 0.0089, 0.0069, 0.0009


class Need:
    """What there is to take away: the room is noisy, the speaker plays what the microphone hears, it rumbles."""

    def __init__(self, *, echo: bool, noise: bool) -> None:
        self._echo, self._noise = echo, noise
        self._levels: deque[float] = deque(maxlen=_FLOOR_LEVELS)
        self._loudest = -float("inf")
        self._heard = 0  # blocks
        self._played = 0  # blocks for which an echo of what was played may still come
        self._popped = 0  # blocks for which another pop is likely
        self._noisy = True  # until it is known

    def hear(self, played: Block) -> None:
        """What the speaker plays now."""
        if self._echo and decibels(played) > QUIET_DB:
            self._played = _ECHO_BLOCKS

    @property
    def echoes(self) -> bool:
        """Whether an echo may come, and is to be taken away."""
        return self._echo and self._played > 0

    @property
    def rumbles(self) -> bool:
        """Whether there is, or was a moment ago, anything too deep for a voice."""
        return self._noisy or self._popped > 0

    def of(self, block: Block) -> bool:
        """Told for each block of the microphone: whether echo or noise has to be taken away."""
        self._loudest = max(self._loudest, decibels(block))
        self._heard += 1
        if self._heard % LEVEL_BLOCKS == 0:
            self._levels.append(self._loudest)
            self._loudest = -float("inf")
            self._noisy = min(self._levels) > _CLEAN_DB
        self._played = max(0, self._played - 1)
        popped = abs(float(np.add.reduce(block))) > _POP * block.size
        self._popped = _POP_BLOCKS if popped else max(0, self._popped - 1)
        return (self._noise and self._noisy) or self.echoes


class Cleaner:
    """Two ways for the sound: through all that is wanted, and, where there is nothing to take away, past it.

    What cleans costs 15 ms and some of the voice. Only the way that is taken costs time; before a change the other
    one runs beside it for a moment, or it would begin with what it heard last.
    """

    def __init__(self, rtc: ModuleType, wanted: SetProcessing) -> None:
        self._need = Need(echo=wanted.echo, noise=wanted.noise)
        self._past = _Rumble(rtc, self._need) if wanted.high_pass else None
        self._through = _Processor(rtc, wanted) if wanted.echo or wanted.noise else None
        self._clean = self._through is not None
        self._beside = 0  # blocks for which the other way has run too

    @property
    def delay(self) -> float:
        """Seconds that the way which is taken now adds."""
        if self._clean and self._through is not None:
            return self._through.delay
        return 0.0 if self._past is None else self._past.delay

    def hear(self, played: Block) -> None:
        """What the speaker plays now."""
        self._need.hear(played)
        if self._through is not None and (self._clean or self._need.echoes):
            self._through.hear(played)

    def process(self, block: Block, *, resting: bool) -> Block:
        """The block, cleaned where it has to be. `resting`: nobody speaks, so nobody hears a change of ways."""
        needed = self._need.of(block)
        if self._through is None:
            return self._pass(block, resting=resting)
        if needed == self._clean or not (needed or resting):
            self._beside = 0
            return self._through.process(block) if self._clean else self._pass(block, resting=resting)
        clean, past = self._through.process(block), self._pass(block, resting=resting)
        before, after = (past, clean) if needed else (clean, past)
        self._beside += 1
        if self._beside < _BESIDE:
            return before
        self._clean, self._beside = needed, 0
        return _faded(before, after)

    def _pass(self, block: Block, *, resting: bool) -> Block:
        return block if self._past is None else self._past.process(block, resting=resting)


class _Rumble:
    """Takes away what is too deep for a voice; while there is nothing of it, the sound passes as it is."""

    def __init__(self, rtc: ModuleType, need: Need) -> None:
        self._filter = _Processor(rtc, SetProcessing(echo=False, noise=False, high_pass=True, gain=False))
        self._need = need
        self._filters = True

    @property
    def delay(self) -> float:
        return self._filter.delay if self._filters else 0.0

    def process(self, block: Block, *, resting: bool) -> Block:
        needed = self._need.rumbles
        if not (needed or self._filters):
            return block
        filtered = self._filter.process(block)
        if needed == self._filters or not (needed or resting):
            return filtered
        self._filters = needed
        return _faded(block, filtered) if needed else _faded(filtered, block)


class _AudioFrame(Protocol):
    data: memoryview  # 16 bits


class _Processor:
    """livekit's binding of the WebRTC audio processing module. Adds 0.9 to 15 ms, by what is wanted."""

    def __init__(self, rtc: ModuleType, wanted: SetProcessing) -> None:
        # One frame for all blocks: the library works in place.
        self._frame: _AudioFrame = rtc.AudioFrame(bytearray(2 * BLOCK_SAMPLES), SAMPLE_RATE, 1, BLOCK_SAMPLES)
        self._samples = np.frombuffer(self._frame.data, np.int16)
        # Its own gain control lifts what is left of an echo by as much as speech: see `Gain`.
        self._module = rtc.AudioProcessingModule(
            echo_cancellation=wanted.echo,
            noise_suppression=wanted.noise,
            high_pass_filter=wanted.high_pass,
            auto_gain_control=False,
        )
        self._echo = wanted.echo
        self.delay = _added(wanted)
        if wanted.echo:
            self._module.set_stream_delay_ms(0)  # it finds out by itself, up to 200 ms were tried

    def hear(self, played: Block) -> None:
        if self._echo:
            self._samples[:] = _scaled(played)
            self._module.process_reverse_stream(self._frame)

    def process(self, block: Block) -> Block:
        self._samples[:] = _scaled(block)
        self._module.process_stream(self._frame)
        return np.divide(self._samples, _FULL, dtype=np.float32)


def _added(wanted: SetProcessing) -> float:
    if wanted.echo:
        return _BOTH_DELAY if wanted.noise else _ECHO_DELAY
    return _NOISE_DELAY if wanted.noise else _RUMBLE_DELAY


def sixteen_bits(block: Block) -> bytes:
    """As libraries take it that count in 16 bits."""
    return _scaled(block).astype(np.int16).tobytes()


def _scaled(block: Block) -> Block:
    scaled: Block = np.maximum(block, -1.0)
    np.minimum(scaled, 1.0, out=scaled)
    scaled *= _FULL
    return scaled


def _faded(before: Block, after: Block) -> Block:
    return before + (after - before) * _FADE
