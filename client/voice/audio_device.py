"""Sound cards, through PyAudio, which is brought in only when a device is opened.

Streams are looked at every 5 ms, a microphone also when its next piece is due, by the voice thread, which takes what is
there and gives what there is room for: neither ever waits. With callbacks it was twice the work for 20 ms more delay
(docs/decisions/0024-polled-cards.md).
PyAudio closes a stream behind our back after an error, and so it would if asked to tell of gaps: they are found by the
clock.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

import numpy as np
import soxr

from client.voice.card_clock import Beat, FillTarget, Pieces
from client.voice.card_stream import CardStream
from client.voice.cards import Side, View
from client.voice.device import BLOCK_SECONDS, Block, DeviceUnfit, silence
from client.voice.packet import BLOCK_SAMPLES
from client.voice.portaudio import INPUTS, OUTPUTS, Facts, OpenStream, PortAudio
from common.limits import SAMPLE_RATE

BLOCKS_PER_SECOND: Final = 100
BACKLOG_SECONDS: Final = 0.5  # of the microphone, after the program stood still: nobody wants to hear older speech
SAMPLE_BYTES: Final = 2
PAUSE_SECONDS: Final = 0.3  # longer than within a sentence: then hardly anybody hears that a speaker is opened anew
PAUSE_PEAK: Final = 0.01  # -40 dB of full scale: rooms are softer than that, voices louder
_SAMPLE: Final = np.dtype("<i2")
_LOUDEST: Final = np.float32(32_768.0)


class AudioMicrophone(CardStream):
    """Captures while it exists."""

    KIND = "microphone"
    CHANNELS = INPUTS
    VARIABLE = "PULSE_SOURCE"
    ended = False
    _stream: OpenStream
    _taken: int  # samples, at the rate of the card
    _given: int  # samples, at ours: what is between the two waits here, or in the resampling
    _looked_at: float
    _held: Block
    _resample: soxr.ResampleStream | None
    _beat: Beat

    def due(self, now: float) -> float:
        """When the next piece comes."""
        return self._beat.due(now) if self.ready else super().due(now)

    def read(self, now: float) -> Block | None:
        """The next block, if it is there. The card is looked at once for each `now`."""
        self._check(now)
        if not self.ready:
            return None
        if self._held.size < BLOCK_SAMPLES and now != self._looked_at:
            self._looked_at = now
            self._fetch(now)
        if self._held.size < BLOCK_SAMPLES:
            return None
        block, self._held = self._held[:BLOCK_SAMPLES], self._held[BLOCK_SAMPLES:]
        self._given += BLOCK_SAMPLES
        self.latency = self._taken / self.rate - self._given / SAMPLE_RATE
        return block

    def _prepare(self, stream: OpenStream) -> None:
        self._stream = stream
        self._taken = self._given = 0
        self._beat = Beat()
        self._looked_at = float("-inf")
        self._held = silence(0)
        self._resample = None if self.rate == SAMPLE_RATE else soxr.ResampleStream(self.rate, SAMPLE_RATE, 1, "float32")

    def _fetch(self, now: float) -> None:
        sound = self._take_all()
        if sound:
            self._moved_at = now
            fetched = len(sound) // SAMPLE_BYTES
            self._taken += fetched
            self._beat.note(now, self._taken / self.rate, fetched / self.rate)
            samples: Block = np.divide(np.frombuffer(sound, _SAMPLE), _LOUDEST, dtype=np.float32)
            if self._resample is not None:
                samples = self._resample.resample_chunk(samples)
            self._held = np.concatenate([self._held, samples]) if self._held.size else samples
        if self._taken and self._pace.note(now, self._taken / self.rate):
            self._counters.overflows += 1

    def _take_all(self) -> bytes:
        """What waits in the card: after a halt of the program more than it tells of at a time."""
        pieces = []
        full = 2 * round(self.rate * self._period.seconds)
        for _ in range(round(BACKLOG_SECONDS * BLOCKS_PER_SECOND)):
            count = self._there(self._stream.get_read_available())
            if count:
                pieces.append(self._read(count))
            if count < full:
                break
        return b"".join(pieces)

    def _read(self, count: int) -> bytes:
        try:
            return self._stream.read(count, exception_on_overflow=False)
        except OSError as error:
            raise self._lost() from error

    def _seen(self, view: View | None) -> Side | None:
        return None if view is None else view.microphones

    def _default(self, portaudio: PortAudio) -> Facts:
        return portaudio.get_default_input_device_info()

    def _format(self, library: ModuleType, index: int) -> dict[str, int]:
        return {"input_device": index, "input_channels": 1, "input_format": library.paInt16}

    def _direction(self, index: int) -> dict[str, int | bool]:
        return {"input": True, "input_device_index": index}


class AudioSpeaker(CardStream):
    """Plays while it exists."""

    KIND = "speaker"
    CHANNELS = OUTPUTS
    VARIABLE = "PULSE_SINK"
    patient = False
    _stream: OpenStream
    _target: FillTarget
    _pieces: Pieces
    _room: int  # samples that the card has room for when it is empty
    _spare: int  # samples by which a block may be longer than reckoned with
    _fed: int  # samples, at our rate: what is between this and the next waits in the resampling
    _given: int  # samples, at the rate of the card, as all that follow
    _played: int
    _silent: int  # samples, the last ones given
    _resample: soxr.ResampleStream | None

    def wanted(self, now: float) -> int:
        """What the card is short of."""
        self._check(now)
        if not self.ready:
            return 0
        room = self._there(self._stream.get_write_available())
        self._room = max(self._room, room)
        fill = self._room - room
        played = self._given - fill
        if self._given:
            self._note(now, played, fill / self.rate)
        self.patient = fill >= self.rate // BLOCKS_PER_SECOND
        missing = min(round(self._target.seconds * self.rate), self._room) - fill
        per_block = self.rate // BLOCKS_PER_SECOND
        return max(0, min(-(-missing // per_block), (room - self._spare) // per_block))

    def write(self, block: Block) -> None:
        """Into the card. Raises `DeviceLost`."""
        self._fed += block.size
        if self._resample is not None:  # what was loud to the limit may ring a little beyond it, and would wrap
            block = np.clip(self._resample.resample_chunk(block), -1.0, 1.0)
        self._given += block.size
        self._silent = 0 if np.abs(block).max(initial=0.0) > PAUSE_PEAK else self._silent + block.size
        self.latency += BLOCK_SECONDS
        try:
            self._stream.write((block * 32767.0).astype(_SAMPLE).tobytes(), exception_on_underflow=False)
        except OSError as error:
            raise self._lost() from error

    def _note(self, now: float, played: int, fill: float) -> None:
        if played != self._played:
            self._moved_at, self._played = now, played
        self._target.note(now, fill)
        self.latency = self._fed / SAMPLE_RATE + self._pieces.latest(now - played / self.rate, now) - now
        if played and self._pace.note(now, played / self.rate, fill):  # until it has begun, it is only late
            self._counters.underflows += 1
            self._target.gap(now)
            if round(self._target.seconds * self.rate) > self._room and self._period.lengthen():
                raise DeviceUnfit
        elif self._silent > PAUSE_SECONDS * self.rate and self._period.shorten(self._target.calm(now)):
            raise DeviceUnfit

    def _prepare(self, stream: OpenStream) -> None:
        self._stream = stream
        self._target = FillTarget(self._period.seconds)
        self._pieces = Pieces()
        self._room = self._fed = self._given = self._played = self._silent = 0
        self._resample = None if self.rate == SAMPLE_RATE else soxr.ResampleStream(SAMPLE_RATE, self.rate, 1, "float32")
        self._spare = 0 if self._resample is None else self.rate // BLOCKS_PER_SECOND

    def _seen(self, view: View | None) -> Side | None:
        return None if view is None else view.speakers

    def _default(self, portaudio: PortAudio) -> Facts:
        return portaudio.get_default_output_device_info()

    def _format(self, library: ModuleType, index: int) -> dict[str, int]:
        return {"output_device": index, "output_channels": 1, "output_format": library.paInt16}

    def _direction(self, index: int) -> dict[str, int | bool]:
        return {"output": True, "output_device_index": index}
