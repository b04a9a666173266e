"""Sound cards, through PyAudio, which is brought in only when a device is opened.

PyAudio has edges (each was met): opening a device that does not exist, or anything after `terminate`, crashes the
process, so a device is always asked for its properties first; one stream for both directions starves, so each has
its own; an error closes the stream behind our back, and so would asking to be told of gaps, so they are found by the
clock; and a server that stands still raises nothing, so the time since the card last moved is watched.

Streams are looked at every 5 ms by the voice thread, which takes what is there and gives what there is room for:
neither ever waits. With callbacks it was twice the work for 20 ms more delay (docs/decisions/0024-polled-cards.md).
Only to open a stream takes long: each has a thread that opens it, and closes it when nobody looks at it any more.
"""

from __future__ import annotations

import itertools
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Final

import numpy as np
import soxr

from client.voice.card_clock import CardClock, FillTarget, Period
from client.voice.cards import Card, Side, View
from client.voice.counters import Counters
from client.voice.device import Block, DeviceLost, DeviceShort, silence
from client.voice.packet import BLOCK_SAMPLES
from client.voice.portaudio import INPUTS, OUTPUTS, Facts, OpenStream, PortAudio, found, label
from client.voice.sound_library import bring_in, devices_of, lock, quiet_stderr, variables
from client.voice.sound_server import TAG, SoundServer
from common.errors import DeviceError
from common.limits import SAMPLE_RATE

LOOK_SECONDS: Final = 0.005  # half a period of a common card: a longer pause would miss every second one's end
BLOCKS_PER_SECOND: Final = 100
BACKLOG_SECONDS: Final = 0.5  # of the microphone, after the program stood still: nobody wants to hear older speech
SILENT_SECONDS: Final = 1.0  # in which nothing moves: the card, or its server, has died
FIRST_SECONDS: Final = 5.0  # the first sound may be two seconds late
CLOSE_SECONDS: Final = 3.0
WAY_TO_SERVER: Final = "pulse"  # ALSA's name for the sound server
SAMPLE_BYTES: Final = 2

_numbers: Final = itertools.count()


class _Stream(ABC):
    """What both directions share: a thread that opens and closes, and the watch over a card that does not move."""

    KIND: str  # of a device, as users say it
    CHANNELS: str  # what PortAudio calls the number of channels in this direction
    VARIABLE: str  # the sound server's library takes a card's name from it

    def __init__(
        self,
        choice: str,
        wake: Callable[[], None],
        clock: Callable[[], float],
        counters: Counters,
        server: SoundServer,
        period: Period,
    ) -> None:
        """`choice` is part of a device's name, or empty for the default one. Begins to open."""
        self._period = period
        self.ready = False
        self._opened = choice  # the name by which it was opened
        self._led = False  # through the sound server, which may lead the stream elsewhere at any time
        self._server = server
        self._tag = f"{os.getpid()}-{next(_numbers)}"
        self._used = ""  # the name of the card that the sound server has put it on
        self._absent = False  # what was chosen, when the sound server last told
        self._view: View | None = None
        self.latency = 0.0
        self.rate = SAMPLE_RATE  # of the device
        self._choice = choice
        self._missing = ""
        self._wake = wake
        self._counters = counters
        self._problem: DeviceError | None = None
        self._moved_at = clock() + FIRST_SECONDS - SILENT_SECONDS
        self._pace = CardClock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"voice {self.KIND}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """What people call the device that it is on now."""
        side, used = self._whereabouts()
        return side.label(used) if side is not None and used else self._opened

    @property
    def missing(self) -> str:
        """What was chosen, while another device stands in for it; else empty."""
        side, used = self._whereabouts()
        if side is None or not used:
            return self._missing
        card = side.find(self._choice)
        return "" if not self._choice or (card is not None and card.name == used) else self._choice

    @property
    def alive(self) -> bool:
        """Whether its thread still has to open, or to close."""
        return self._thread.is_alive()

    def due(self, now: float) -> float:  # noqa: ARG002 - the interface of every device
        """Cards do not call: they are looked at."""
        return LOOK_SECONDS

    def close(self) -> None:
        """Stop, and look at it no more. Returns at once."""
        self._closing.set()

    def join(self) -> None:
        """After `close`: wait until the stream is closed."""
        self._thread.join(CLOSE_SECONDS)

    def _check(self, now: float) -> None:
        """Raises `DeviceError` once the stream did not open, `DeviceLost` once nothing moves any more."""
        if self._problem is not None:
            raise self._problem
        if not self.ready:
            return
        if self._server.view is not self._view:
            self._view = self._server.view
            self._look_around(now)
        if now - self._moved_at > SILENT_SECONDS:
            raise self._lost()

    def _look_around(self, now: float) -> None:
        """The sound server has told of a change."""
        side, used = self._whereabouts()
        if used != self._used:  # another card may take as long to begin as one that is opened
            self._used = used
            self._moved_at = now + FIRST_SECONDS - SILENT_SECONDS
            self._pace = CardClock()
        card = side.find(self._choice) if side is not None and self._choice else None
        if card is not None and self._absent and used != card.name:
            self._server.lead(self._tag, card)
        self._absent = card is None

    def _there(self, answer: int) -> int:
        """How many samples PortAudio can take or give. Its errors are negative numbers."""
        if answer < 0:
            raise self._lost()
        return answer

    def _live(self) -> None:
        try:
            library = bring_in()
            with lock, quiet_stderr():
                portaudio = library.PyAudio()
            try:
                self._run(library, portaudio)
            finally:
                with lock:
                    portaudio.terminate()
        except DeviceError as error:
            self._problem = error
        except (OSError, ValueError, SystemError) as error:  # all that PyAudio was seen to raise
            self._problem = DeviceError(f"The {self.KIND} could not be opened ({error}): choose another one.")
        self._wake()

    def _run(self, library: ModuleType, portaudio: PortAudio) -> None:
        device, card = self._find(portaudio, self._seen(self._server.watch()))
        self.rate = self._supported_rate(library, portaudio, device)
        with lock, quiet_stderr(), variables(self._wishes(card)):
            stream = portaudio.open(
                rate=self.rate,
                channels=1,
                format=library.paInt16,
                frames_per_buffer=round(self.rate * self._period.seconds),
                **self._direction(int(device["index"])),
            )
        try:
            self._prepare(stream)
            self.ready = True
            self._wake()
            self._closing.wait()
        finally:
            with lock, suppress(OSError):  # it has closed itself if it broke
                stream.close()

    def _whereabouts(self) -> tuple[Side | None, str]:
        """What the sound server tells of this side, and the name of the card that it has put this stream on."""
        side = self._seen(self._server.view) if self._led else None
        return side, "" if side is None else side.used.get(self._tag, "")

    def _wishes(self, card: Card | None) -> dict[str, str]:
        """For the sound server. Where nothing was chosen, the user's own variable counts, else the default."""
        tag = {f"PULSE_PROP_{TAG}": self._tag}
        return tag if card is None else {**tag, self.VARIABLE: card.name}

    def _find(self, portaudio: PortAudio, side: Side | None) -> tuple[Facts, Card | None]:
        """The device to open, and the sound server's card to lead it to: None for the default, or without a server."""
        devices = devices_of(portaudio, self.CHANNELS)
        card = side.find(self._choice) if side is not None and self._choice else None
        device = found(devices, self._choice) if self._choice and card is None else None
        if self._choice and card is None and device is None:
            self._missing = self._choice
        if device is not None:
            self._opened = label(device)
            return device, None
        return self._lead(portaudio, devices, side, card), card

    def _lead(self, portaudio: PortAudio, devices: list[Facts], side: Side | None, card: Card | None) -> Facts:
        """The way to the sound server, or the default device where there is none."""
        self._led = side is not None
        try:
            way = found(devices, WAY_TO_SERVER) if side is not None else None
            device = way if way is not None else self._default(portaudio)
        except OSError as error:
            raise DeviceError(f"There is no {self.KIND} here: connect one, then switch it on again.") from error
        if side is not None:
            self._opened = card.label if card is not None else side.label(side.default) or str(device["name"])
        else:
            self._opened = str(device["name"])
        return device

    def _supported_rate(self, library: ModuleType, portaudio: PortAudio, device: Facts) -> int:
        for rate in (SAMPLE_RATE, int(device["defaultSampleRate"])):
            try:
                with quiet_stderr():
                    portaudio.is_format_supported(rate, **self._format(library, int(device["index"])))
            except ValueError:
                continue
            return rate
        raise DeviceError(f"The {self.KIND} {device['name']} does not take 16-bit mono sound: choose another one.")

    def _lost(self) -> DeviceLost:
        return DeviceLost(f"The {self.KIND} {self.name} stopped working; trying to open it again. Text goes on.")

    @abstractmethod
    def _seen(self, view: View | None) -> Side | None:
        """What the sound server tells of this side."""
        ...

    @abstractmethod
    def _default(self, portaudio: PortAudio) -> Facts: ...

    @abstractmethod
    def _format(self, library: ModuleType, index: int) -> dict[str, int]: ...

    @abstractmethod
    def _direction(self, index: int) -> dict[str, int | bool]: ...

    @abstractmethod
    def _prepare(self, stream: OpenStream) -> None:
        """Called once the stream and its `rate` are there, before the voice thread looks at it."""
        ...


class AudioMicrophone(_Stream):
    """Captures while it exists."""

    KIND = "microphone"
    CHANNELS = INPUTS
    VARIABLE = "PULSE_SOURCE"
    ended = False
    _stream: OpenStream
    _taken: int  # samples, at the rate of the card
    _looked_at: float
    _held: Block
    _resample: soxr.ResampleStream | None

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
        self.latency = self._held.size / SAMPLE_RATE + LOOK_SECONDS / 2
        return block

    def _prepare(self, stream: OpenStream) -> None:
        self._stream = stream
        self._taken = 0
        self._looked_at = float("-inf")
        self._held = silence(0)
        self._resample = None if self.rate == SAMPLE_RATE else soxr.ResampleStream(self.rate, SAMPLE_RATE, 1, "float32")

    def _fetch(self, now: float) -> None:
        sound = self._take_all()
        if sound:
            self._moved_at = now
            self._taken += len(sound) // SAMPLE_BYTES
            samples: Block = np.frombuffer(sound, "<i2").astype(np.float32) / 32768.0
            if self._resample is not None:
                samples = self._resample.resample_chunk(samples)
            self._held = np.concatenate([self._held, samples])
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


class AudioSpeaker(_Stream):
    """Plays while it exists."""

    KIND = "speaker"
    CHANNELS = OUTPUTS
    VARIABLE = "PULSE_SINK"
    _stream: OpenStream
    _target: FillTarget
    _room: int  # samples that the card has room for when it is empty
    _spare: int  # samples by which a block may be longer than reckoned with
    _given: int  # samples
    _played: int
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
        missing = min(round(self._target.seconds * self.rate), self._room) - fill
        per_block = self.rate // BLOCKS_PER_SECOND
        return max(0, min(-(-missing // per_block), (room - self._spare) // per_block))

    def write(self, block: Block) -> None:
        """Into the card. Raises `DeviceLost`."""
        if self._resample is not None:
            block = self._resample.resample_chunk(block)
        self._given += block.size
        try:
            self._stream.write((block * 32767.0).astype("<i2").tobytes(), exception_on_underflow=False)
        except OSError as error:
            raise self._lost() from error

    def _note(self, now: float, played: int, fill: float) -> None:
        if played != self._played:
            self._moved_at, self._played = now, played
        self._target.note(now, fill)
        self.latency += (fill - self.latency) / 64
        if played and self._pace.note(now, played / self.rate):  # until it has begun, it is only late
            self._counters.underflows += 1
            self._target.gap(now)
            if self._target.seconds * self.rate > self._room and self._period.lengthen():
                raise DeviceShort

    def _prepare(self, stream: OpenStream) -> None:
        self._stream = stream
        self._target = FillTarget(self._period.seconds)
        self._room = self._given = self._played = 0
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
