"""WAV files that stand in for a microphone and a speaker: for programs, tests and benches.

A microphone's file (any rate, any number of channels, any format that libsndfile reads) is spoken in real time
from the moment that the microphone is opened. A speaker's file is written in real time from the moment that the
speaker is first opened; while the speaker is off it gets silence, so that a place in the file is a moment. It ends
where listening ended last. Its header is brought up to date each second: a killed program leaves a valid file.
"""

from __future__ import annotations

import wave
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from client.voice.device import BLOCK_SECONDS, Block, silence
from client.voice.packet import BLOCK_SAMPLES
from client.voice.silence_device import RealTime
from common.errors import DeviceError
from common.limits import SAMPLE_RATE

_PIECE_SECONDS: Final = 0.2  # read from the file at a time
_FLUSH_BLOCKS: Final = 100  # a second
_LONGEST_BLOCKS: Final = 2**31 // (2 * BLOCK_SAMPLES)  # six hours: the sizes in a WAV header have 32 bits


class WavMicrophone:
    """Speaks a file once, from its beginning. Raises `DeviceError` where it is no sound file."""

    ready = True
    missing = ""
    latency = 0.0

    def __init__(self, path: Path, now: float) -> None:
        self.name = path.name
        self.ended = False
        try:
            self._file = soundfile.SoundFile(path)
        except (soundfile.LibsndfileError, OSError, TypeError) as error:
            raise DeviceError(_not_readable(path)) from error
        self._path = path
        self._resample = soxr.ResampleStream(self._file.samplerate, SAMPLE_RATE, 1, dtype="float32")
        self._held = silence(0)
        self._read_all = False
        self._time = RealTime(now)

    def read(self, now: float) -> Block | None:
        """The next block of the file once its time has passed; the last is filled up with silence."""
        if self.ended or self._time.behind(now) < 1:
            return None
        while self._held.size < BLOCK_SAMPLES and not self._read_all:
            self._held = np.concatenate([self._held, self._piece()])
        block, self._held = self._held[:BLOCK_SAMPLES], self._held[BLOCK_SAMPLES:]
        self._time.blocks += 1
        self.ended = self._read_all and not self._held.size
        return np.concatenate([block, silence(BLOCK_SAMPLES - block.size)])

    def due(self, now: float) -> float:
        """When the next block has been spoken."""
        return self._time.due(now)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _piece(self) -> Block:
        wanted = int(_PIECE_SECONDS * self._file.samplerate)
        try:
            piece = self._file.read(wanted, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, OSError) as error:
            raise DeviceError(_not_readable(self._path)) from error
        self._read_all = len(piece) < wanted
        mono = np.clip(np.nan_to_num(piece.mean(axis=1, dtype=np.float32)), -1.0, 1.0)
        resampled: Block = self._resample.resample_chunk(mono, last=self._read_all)
        return np.clip(resampled, -1.0, 1.0)


class WavSpeaker:
    """Records what is heard: 48 kHz, mono, 16 bit. Raises `DeviceError` where the file cannot be written."""

    ready = True
    missing = ""
    latency = 0.0
    patient = False

    def __init__(self, path: Path, now: float) -> None:
        self.name = path.name
        self._path = path
        self._time = RealTime(now)
        self._first = now
        self._pending: list[bytes] = []
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise DeviceError(_not_writable(path)) from error
        self._wave = wave.open(self._file, "wb")  # noqa: SIM115 - open as long as the program runs
        self._wave.setnchannels(1)
        self._wave.setsampwidth(2)
        self._wave.setframerate(SAMPLE_RATE)
        self._flush()

    def resume(self, now: float) -> None:
        """The speaker is on again: silence for the time that it was off."""
        off = max(0, int((now - self._first) / BLOCK_SECONDS) - self._time.blocks)
        if self._time.blocks + off > _LONGEST_BLOCKS:
            raise DeviceError(_full(self._path))
        for _ in range(off // _FLUSH_BLOCKS):  # of hours, not all at once
            self._pending.append(bytes(2 * BLOCK_SAMPLES * _FLUSH_BLOCKS))
            self._flush()
        self._pending.append(bytes(2 * BLOCK_SAMPLES * (off % _FLUSH_BLOCKS)))
        self._time = RealTime(now, self._time.blocks + off)
        self._flush()

    def wanted(self, now: float) -> int:
        """A block for each 10 ms."""
        return max(0, self._time.behind(now))

    def write(self, block: Block) -> None:
        """Append a block."""
        self._pending.append((block * 32767.0).astype("<i2").tobytes())
        self._time.blocks += 1
        if len(self._pending) >= _FLUSH_BLOCKS:
            self._flush()
        if self._time.blocks > _LONGEST_BLOCKS:
            raise DeviceError(_full(self._path))

    def due(self, now: float) -> float:
        """When the next block is wanted."""
        return self._time.due(now)

    def close(self) -> None:
        """Bring the file up to date; `resume` may follow."""
        with suppress(DeviceError):  # whoever closes cannot mend a full disk
            self._flush()

    def finish(self) -> None:
        """The end of the recording."""
        self.close()
        with suppress(OSError):
            self._wave.close()
        with suppress(OSError):
            self._file.close()

    def _flush(self) -> None:
        try:
            self._wave.writeframes(b"".join(self._pending))  # which also mends the sizes in the header
            self._file.flush()
        except OSError as error:
            raise DeviceError(_not_writable(self._path)) from error
        finally:
            self._pending.clear()


def _not_readable(path: Path) -> str:
    if not path.exists():
        return f"There is no file {path.name}: check its path, or choose another microphone."
    return f"{path.name} is not a sound file that can be read: choose a WAV file, or another microphone."


def _full(path: Path) -> str:
    return f"The recording {path.name} is full: a WAV file holds six hours."


def _not_writable(path: Path) -> str:
    return f"The recording {path.name} cannot be written: check its folder and the space on the disk."
