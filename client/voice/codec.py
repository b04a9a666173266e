"""Samples ↔ Opus packet, through a thin layer of ctypes over libopus.

The library inside the wheel `opuslib-next-bundled` is taken, else the system's: no Python binding that was
tried does loss concealment, bounded buffers and constant bit rate at once. Settings are those that were measured:
10 ms, restricted low delay, 96 kbit/s, complexity 5 (2.5 ms of look-ahead); slim 40 ms, VoIP, 24 kbit/s, up to 8 kHz,
complexity 8 (6.5 ms). The bit rate is constant because packets of varying size leak speech through any cipher.

The library is called with the lock of the interpreter held: a packet takes 15 to 40 µs (to make a slim one 0.7 ms),
getting it back from a busy thread a millisecond.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from client.commands import VoiceMode
from client.voice.device import Block, silence
from client.voice.packet import BLOCK_SAMPLES, OPUS_BYTES, SLIM_SAMPLES
from common.errors import DeviceError, Malformed
from common.limits import SAMPLE_RATE

_VOIP: Final = 2048
_RESTRICTED_LOWDELAY: Final = 2051
_SET_BITRATE: Final = 4002
_SET_WIDEST: Final = 4004
_SET_VBR: Final = 4006
_SET_COMPLEXITY: Final = 4010
_RESET: Final = 4028
_WIDE: Final = 1103  # up to 8 kHz
_FULL: Final = 1105
_OK: Final = 0


class _Setting(NamedTuple):
    samples: int
    application: int
    bit_rate: int
    complexity: int
    widest: int
    look_ahead: float  # seconds


_SETTINGS: Final[Mapping[VoiceMode, _Setting]] = {
    VoiceMode.LOW_DELAY: _Setting(BLOCK_SAMPLES, _RESTRICTED_LOWDELAY, 96_000, 5, _FULL, 0.0025),
    VoiceMode.SLIM: _Setting(SLIM_SAMPLES, _VOIP, 24_000, 8, _WIDE, 0.0065),
}


def look_ahead(mode: VoiceMode) -> float:
    """What is heard at a place was spoken so many seconds before it was coded."""
    return _SETTINGS[mode].look_ahead


class Encoder:
    """Makes packets of one microphone's sound. Raises `DeviceError` where there is no libopus."""

    def __init__(self, mode: VoiceMode) -> None:
        setting = _SETTINGS[mode]
        self._size = setting.samples
        self._opus = libopus()
        error = ctypes.c_int()
        self._state = ctypes.c_void_p(
            self._opus.opus_encoder_create(SAMPLE_RATE, 1, setting.application, ctypes.byref(error))
        )
        self._buffer = ctypes.create_string_buffer(OPUS_BYTES)
        self._samples = silence(self._size)
        self._place = ctypes.c_void_p(self._samples.ctypes.data)
        settings = (
            (_SET_BITRATE, setting.bit_rate),
            (_SET_VBR, 0),
            (_SET_COMPLEXITY, setting.complexity),
            (_SET_WIDEST, setting.widest),
        )
        if not self._state or any(
            self._opus.opus_encoder_ctl(self._state, which, ctypes.c_int(value)) != _OK for which, value in settings
        ):
            raise DeviceError("The voice codec (libopus) did not start: install another version of it.")

    def encode(self, block: Block) -> bytes:
        """A packet of 120 bytes: for a block of 10 ms, slim for 40."""
        if block.size != self._size:
            raise ValueError(f"a packet has {self._size} samples, not {block.size}")
        self._samples[:] = block
        size = self._opus.opus_encode_float(self._state, self._place, self._size, self._buffer, OPUS_BYTES)
        if size < 0:
            raise DeviceError(f"The voice codec could not encode (libopus error {size}).")
        return self._buffer.raw[:size]

    def reset(self) -> None:
        """Forget the past: the next block begins a talk."""
        self._opus.opus_encoder_ctl(self._state, _RESET)

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._opus.opus_encoder_destroy(self._state)


class Decoder:
    """Makes blocks of one speaker's packets. Raises `DeviceError` where there is no libopus."""

    def __init__(self) -> None:
        self._opus = libopus()
        error = ctypes.c_int()
        self._state = ctypes.c_void_p(self._opus.opus_decoder_create(SAMPLE_RATE, 1, ctypes.byref(error)))
        self._buffer = silence(SLIM_SAMPLES)
        self._place = ctypes.c_void_p(self._buffer.ctypes.data)
        if not self._state:
            raise DeviceError("The voice codec (libopus) did not start: install another version of it.")

    def decode(self, packet: bytes) -> Block:
        """The 480 or 1,920 samples of a packet. Raises `Malformed` where libopus cannot make sense of it."""
        size = self._opus.opus_decode_float(self._state, packet, len(packet), self._place, SLIM_SAMPLES, 0)
        if size <= 0:
            raise Malformed("Opus packet that does not decode")
        return _bounded(self._buffer[:size])

    def conceal(self, samples: int) -> Block:
        """Make up what was lost. `samples` is 480 or 1,920; other numbers get the next 2.5 ms step, cut to size."""
        step = SAMPLE_RATE // 400
        asked = min(-(-samples // step) * step, SLIM_SAMPLES)
        size = self._opus.opus_decode_float(self._state, None, 0, self._place, asked, 0)
        if size <= 0:
            return silence(samples)
        return _bounded(self._buffer[: min(size, samples)])

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._opus.opus_decoder_destroy(self._state)


def _bounded(samples: Block) -> Block:
    """A copy within -1..1. What is no number, which a hostile packet may hold, is silence."""
    bounded: Block = np.maximum(samples, -1.0)
    np.minimum(bounded, 1.0, out=bounded)
    return bounded if math.isfinite(np.dot(bounded, bounded)) else np.nan_to_num(bounded)


@cache
def libopus() -> ctypes.PyDLL:
    """The shared library, its functions typed. Raises `DeviceError` with what to install."""
    for path in (_bundled(), ctypes.util.find_library("opus")):
        if path is None:
            continue
        try:
            return _typed(ctypes.PyDLL(path))
        except (OSError, AttributeError):  # another machine's, or no libopus at all: try the next
            continue
    raise DeviceError(
        "Voice needs the Opus codec: pip install opuslib-next-bundled"
        " (or apt-get install libopus0, dnf install opus, brew install opus)."
    )


def _bundled() -> str | None:
    """The library in the wheel, found without importing its Python code."""
    spec = importlib.util.find_spec("opuslib_next")
    if spec is None or not spec.submodule_search_locations:
        return None
    found = sorted(
        path
        for pattern in ("*opus*.so*", "*opus*.dylib", "*opus*.dll")
        for path in Path(spec.submodule_search_locations[0]).rglob(pattern)
    )
    return str(found[0]) if found else None


def _typed(library: ctypes.PyDLL) -> ctypes.PyDLL:
    number, pointer = ctypes.c_int, ctypes.c_void_p
    library.opus_encoder_create.argtypes = [ctypes.c_int32, number, number, ctypes.POINTER(number)]
    library.opus_encoder_create.restype = pointer
    # Variadic: only the fixed arguments are typed, so that ctypes passes the rest as arm64 wants it.
    library.opus_encoder_ctl.argtypes = [pointer, number]
    library.opus_encode_float.argtypes = [pointer, pointer, number, ctypes.c_char_p, ctypes.c_int32]
    library.opus_encode_float.restype = ctypes.c_int32
    library.opus_encoder_destroy.argtypes = [pointer]
    library.opus_encoder_destroy.restype = None
    library.opus_decoder_create.argtypes = [ctypes.c_int32, number, ctypes.POINTER(number)]
    library.opus_decoder_create.restype = pointer
    library.opus_decode_float.argtypes = [pointer, ctypes.c_char_p, ctypes.c_int32, pointer, number, number]
    library.opus_decoder_destroy.argtypes = [pointer]
    library.opus_decoder_destroy.restype = None
    return library
