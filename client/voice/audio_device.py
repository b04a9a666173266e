"""Sound cards, through PyAudio: the only file that imports it, and only when a device is opened.

PyAudio has edges (each was met): opening a device that does not exist, or anything after `terminate`, crashes the
process, so a device is always asked for its properties first; an exception in a callback or a short block kills
the stream, so callbacks only copy, inside a try; one stream for both directions starves, so each has its own; and a
sound server that dies raises nothing, so the age of the last callback is watched. Opening takes up to two seconds:
a thread of its own opens, watches and closes each stream, and the voice thread only ever looks into rings.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final

import numpy as np
import soxr

from client.voice.counters import Counters
from client.voice.device import BLOCK_SECONDS, Block, DeviceLost, silence
from client.voice.packet import BLOCK_SAMPLES
from client.voice.portaudio import Facts, OpenStream, PortAudio
from client.voice.ring import FillTarget, Ring
from common.errors import DeviceError
from common.limits import SAMPLE_RATE

CALLBACKS_PER_SECOND: Final = 200  # 5 ms: shorter ones broke up on a busy machine, longer ones only add delay
BLOCKS_PER_SECOND: Final = 100
RING_SECONDS: Final = 1
WATCH_SECONDS: Final = 0.5
SILENT_SECONDS: Final = 2.0  # without a callback: the card, or its server, has died
FIRST_SECONDS: Final = 5.0  # the first callback may be two seconds late
CLOSE_SECONDS: Final = 3.0
SWITCH_SECONDS: Final = 0.001  # how soon a busy Python thread lets a callback in: 5 ms, the default, made gaps

MISSING: Final = (
    "Voice with a sound card needs PyAudio: pip install pyaudio"
    " (before it, on Debian or Ubuntu: apt-get install gcc python3-dev portaudio19-dev;"
    " Fedora: dnf install gcc python3-devel portaudio-devel; macOS: brew install portaudio)."
)

_ALSA_HANDLER: Final = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)
_portaudio: Final = threading.Lock()  # its opening, closing and ending bear no company


class _Stream(ABC):
    """What both directions share: a thread that opens, watches and closes."""

    KIND: str  # of a device, as users say it
    CHANNELS: str  # what PortAudio calls the number of channels in this direction

    def __init__(self, choice: str, wake: Callable[[], None], clock: Callable[[], float], counters: Counters) -> None:
        """`choice` is part of a device's name, or empty for the default one. Begins to open."""
        self.name = choice
        self.ready = False
        self.rate = SAMPLE_RATE  # of the device
        self._choice = choice
        self._wake = wake
        self._clock = clock
        self._counters = counters
        self._problem: DeviceError | None = None
        self._last_callback = clock() + FIRST_SECONDS - SILENT_SECONDS
        self._ring = Ring(RING_SECONDS * SAMPLE_RATE)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"voice {self.KIND}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether its thread still has to open, watch or close."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop. Returns at once."""
        self._closing.set()

    def join(self) -> None:
        """After `close`: wait until the stream is closed."""
        self._thread.join(CLOSE_SECONDS)

    def _check(self, now: float) -> None:
        """Raises `DeviceError` once the stream did not open, `DeviceLost` once it died."""
        if self._problem is not None:
            raise self._problem
        if self.ready and now - self._last_callback > SILENT_SECONDS:
            raise DeviceLost(self._lost())

    def _live(self) -> None:
        try:
            library = _import()
            with _portaudio, _quiet_stderr():
                portaudio = library.PyAudio()
            try:
                self._run(library, portaudio)
            finally:
                with _portaudio:
                    portaudio.terminate()
        except DeviceError as error:
            self._problem = error
        except (OSError, ValueError, SystemError) as error:  # all that PyAudio was seen to raise
            self._problem = DeviceError(f"The {self.KIND} could not be opened ({error}): choose another one.")
        self._wake()

    def _run(self, library: ModuleType, portaudio: PortAudio) -> None:
        device = self._find(portaudio)
        self.name = str(device["name"])
        self.rate = self._supported_rate(library, portaudio, device)
        self._prepare()
        with _portaudio, _quiet_stderr():
            stream = self._open(library, portaudio, int(device["index"]))
        try:
            self.ready = True
            self._wake()
            while not self._closing.wait(WATCH_SECONDS):
                if not stream.is_active():
                    raise DeviceLost(self._lost())
        finally:
            self.ready = False
            with _portaudio:
                stream.close()

    def _find(self, portaudio: PortAudio) -> Facts:
        if not self._choice:
            try:
                return self._default(portaudio)
            except OSError as error:
                raise DeviceError(f"There is no {self.KIND} here: connect one, then switch it on again.") from error
        devices = [portaudio.get_device_info_by_index(index) for index in range(portaudio.get_device_count())]
        able = [device for device in devices if int(device[self.CHANNELS]) > 0]
        wanted = self._choice.casefold()
        # An exact name first: on Linux "pulse" is also part of other devices' names.
        for device in sorted(able, key=lambda device: str(device["name"]).casefold() != wanted):
            if wanted in str(device["name"]).casefold():
                return device
        names = ", ".join(str(device["name"]) for device in able) or "none"
        raise DeviceError(f"There is no {self.KIND} called “{self._choice}”: there are {names}.")

    def _supported_rate(self, library: ModuleType, portaudio: PortAudio, device: Facts) -> int:
        for rate in (SAMPLE_RATE, int(device["defaultSampleRate"])):
            try:
                with _quiet_stderr():
                    portaudio.is_format_supported(rate, **self._format(library, int(device["index"])))
            except ValueError:
                continue
            return rate
        raise DeviceError(f"The {self.KIND} {device['name']} does not take 16-bit mono sound: choose another one.")

    def _lost(self) -> str:
        return f"The {self.KIND} {self.name} stopped working; trying to open it again. Text goes on."

    @abstractmethod
    def _default(self, portaudio: PortAudio) -> Facts: ...

    @abstractmethod
    def _format(self, library: ModuleType, index: int) -> dict[str, int]: ...

    @abstractmethod
    def _prepare(self) -> None:
        """Called once `rate` is known, before the first callback."""
        ...

    @abstractmethod
    def _open(self, library: ModuleType, portaudio: PortAudio, index: int) -> OpenStream: ...


class AudioMicrophone(_Stream):
    """Captures while it exists."""

    KIND = "microphone"
    CHANNELS = "maxInputChannels"
    ended = False
    _held: Block
    _resample: soxr.ResampleStream | None

    def read(self, now: float) -> Block | None:
        """The next block, if it is there."""
        self._check(now)
        if not self.ready:
            return None
        if self._held.size < BLOCK_SAMPLES:
            self._fetch()
        if self._held.size < BLOCK_SAMPLES:
            return None
        block, self._held = self._held[:BLOCK_SAMPLES], self._held[BLOCK_SAMPLES:]
        return block

    def due(self, now: float) -> float:  # noqa: ARG002 - the interface of every microphone
        """The callback wakes sooner; this is for the watch over it."""
        return 2 * BLOCK_SECONDS

    def _prepare(self) -> None:
        self._held = silence(0)
        self._resample = None if self.rate == SAMPLE_RATE else soxr.ResampleStream(self.rate, SAMPLE_RATE, 1, "float32")

    def _fetch(self) -> None:
        samples: Block = np.frombuffer(self._ring.take(self._ring.level), "<i2").astype(np.float32) / 32768.0
        if self._resample is not None:
            samples = self._resample.resample_chunk(samples)
        self._held = np.concatenate([self._held, samples])

    def _default(self, portaudio: PortAudio) -> Facts:
        return portaudio.get_default_input_device_info()

    def _format(self, library: ModuleType, index: int) -> dict[str, int]:
        return {"input_device": index, "input_channels": 1, "input_format": library.paInt16}

    def _open(self, library: ModuleType, portaudio: PortAudio, index: int) -> OpenStream:
        go_on, overflow = library.paContinue, library.paInputOverflow

        def take(sound: bytes, _count: int, _times: object, status: int) -> tuple[None, int]:
            try:
                if status & overflow or not self._ring.write(sound):
                    self._counters.overflows += 1
                self._last_callback = self._clock()
                self._wake()
            except Exception:  # noqa: BLE001, S110 - it would kill the stream and surface in another thread
                pass
            return None, go_on

        return portaudio.open(
            rate=self.rate,
            channels=1,
            format=library.paInt16,
            input=True,
            input_device_index=index,
            frames_per_buffer=self.rate // CALLBACKS_PER_SECOND,
            stream_callback=take,
        )


class AudioSpeaker(_Stream):
    """Plays while it exists."""

    KIND = "speaker"
    CHANNELS = "maxOutputChannels"
    _target: FillTarget
    _resample: soxr.ResampleStream | None

    def wanted(self, now: float) -> int:
        """What is missing in the ring."""
        self._check(now)
        if not self.ready:
            return 0
        missing = round(self._target.seconds * self.rate) - self._ring.level
        return max(0, -(-missing // (self.rate // BLOCKS_PER_SECOND)))

    def write(self, block: Block) -> None:
        """Into the ring."""
        if self._resample is not None:
            block = self._resample.resample_chunk(block)
        self._ring.write((block * 32767.0).astype("<i2").tobytes())

    def due(self, now: float) -> float:  # noqa: ARG002 - the interface of every speaker
        """The callback wakes sooner; this is for the watch over it."""
        return 2 * BLOCK_SECONDS

    def _prepare(self) -> None:
        self._target = FillTarget()
        self._resample = None if self.rate == SAMPLE_RATE else soxr.ResampleStream(SAMPLE_RATE, self.rate, 1, "float32")
        self._ring.write(bytes(2 * int(self._target.seconds * self.rate)))

    def _default(self, portaudio: PortAudio) -> Facts:
        return portaudio.get_default_output_device_info()

    def _format(self, library: ModuleType, index: int) -> dict[str, int]:
        return {"output_device": index, "output_channels": 1, "output_format": library.paInt16}

    def _give(self, count: int) -> bytes:
        """`count` samples for the card, and the wish for more."""
        sound = self._ring.take(count)
        self._last_callback = self._clock()
        left = self._ring.level / self.rate
        if len(sound) < 2 * count:
            self._counters.underflows += 1
            self._target.gap()
        else:
            self._target.note(left, count / self.rate)
        if left < self._target.seconds:
            self._wake()
        return sound

    def _open(self, library: ModuleType, portaudio: PortAudio, index: int) -> OpenStream:
        go_on = library.paContinue

        def give(_sound: None, count: int, _times: object, _status: int) -> tuple[bytes, int]:
            try:
                sound = self._give(count)
            except Exception:  # noqa: BLE001 - it would kill the stream and surface in another thread
                sound = b""
            return sound.ljust(2 * count, b"\0"), go_on  # one sample short would end the stream in silence

        return portaudio.open(
            rate=self.rate,
            channels=1,
            format=library.paInt16,
            output=True,
            output_device_index=index,
            frames_per_buffer=self.rate // CALLBACKS_PER_SECOND,
            stream_callback=give,
        )


def _import() -> ModuleType:
    try:
        import pyaudio  # noqa: PLC0415 - text must work where it is not installed
    except ImportError as error:
        raise DeviceError(MISSING) from error
    sys.setswitchinterval(SWITCH_SECONDS)
    _hush_alsa()
    library: ModuleType = pyaudio
    return library


def _say_nothing(*_: object) -> None:
    """In place of ALSA's own handler, which writes a line on stderr for every gap. Gaps are counted here."""


_alsa_handler: Final = _ALSA_HANDLER(_say_nothing)  # kept here: ALSA holds a pointer to it


def _hush_alsa() -> None:
    try:
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_alsa_handler)
    except (OSError, AttributeError):  # not Linux, or a sound system without ALSA
        return


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """PortAudio and what it loads write a hundred lines about devices that they did not find."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr: a window without a console
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is wanted, not a path
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
