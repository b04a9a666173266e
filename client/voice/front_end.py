"""What is done to a microphone's sound before it is coded: echo and noise taken away, the level kept in bounds.

The WebRTC audio processing module does the hard part (docs/decisions/0019), a small detector of WebRTC's says where
speech is. Both are libraries of some size: they are loaded when a microphone opens for the first time, on a thread
of their own, so that what is being heard goes on meanwhile. Where they are missing the sound passes unchanged, and
the user is told once.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Final, Protocol, TypeAlias

import numpy as np

from client.commands import SetProcessing
from client.voice.device import Block
from client.voice.mixer import limit
from client.voice.packet import BLOCK_SAMPLES
from common.limits import SAMPLE_RATE

UNTOUCHED: Final = SetProcessing(echo=False, noise=False, high_pass=False, gain=False)
MISSING: Final = "Echo and noise are not taken out of your voice: pip install livekit webrtcvad-wheels mends it."

_LEVEL_BLOCKS: Final = 10  # ten reports a second: enough for the eye
_FULL: Final = 32_767.0  # both libraries count in 16 bits
_STRICT: Final = 3  # the strictest that the detector can be
_FADE: Final = np.linspace(0.0, 1.0, BLOCK_SAMPLES, dtype=np.float32)

_CLEAN_DB: Final = -60.0  # a room that is softer has nothing to take away
_FLOOR_LEVELS: Final = 30  # of 100 ms each: nobody speaks for three seconds without a breath
_BESIDE: Final = 4  # blocks: longer than either way holds anything back
_ECHO_BLOCKS: Final = 50  # as long as a room may answer, and a card takes
_QUIET_DB: Final = -55.0  # below it nothing is speech, whatever it sounds like

_TARGET_DB: Final = -23.0  # of speech, mean power; what most calls aim at
_BOUND_DB: Final = 12.0  # up and down
_RISE_DB: Final = 0.03  # for each block: 3 dB a second, so that nobody hears it pump
_FALL_DB: Final = 0.12
_LEVEL_SHARE: Final = 0.01  # the level is that of a second of speech
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """A block ready to be coded, and whether it sounds like speech (None: nobody has looked)."""

    block: Block
    speech: bool | None


class FrontEnd(Protocol):
    """One for each opening of the microphone."""

    def hear(self, played: Block) -> None:
        """A block that the speaker plays now: what an echo canceller listens for."""
        ...

    def process(self, block: Block) -> Heard:
        """A block of the microphone."""
        ...


class PlainFrontEnd:
    """Changes nothing, and does not look for speech."""

    def hear(self, played: Block) -> None:
        """Nothing to take away from the microphone."""

    def process(self, block: Block) -> Heard:
        """The block itself."""
        return Heard(block, speech=None)


# Of what is wanted, and whether speech is to be found; `told` is called once where a library is missing.
MakeFrontEnd: TypeAlias = Callable[[SetProcessing, bool, Callable[[str], None]], FrontEnd]


def plain(wanted: SetProcessing, detect: bool, told: Callable[[str], None]) -> FrontEnd:
    """The front end of those who bring their sound as it should be."""
    del wanted, detect, told
    return PlainFrontEnd()


class FrontEnds:
    """Makes front ends, and loads the libraries before the first."""

    def __init__(self, load: Callable[[str], ModuleType] = importlib.import_module) -> None:
        """`load` imports a module by its name; it may raise ImportError, or OSError for a broken library."""
        self._load = load
        self._loading: threading.Thread | None = None
        self._rtc: ModuleType | None = None
        self._vad: ModuleType | None = None
        self.ready = threading.Event()  # the libraries are loaded, or cannot be
        self._told = False

    def make(self, wanted: SetProcessing, detect: bool, told: Callable[[str], None]) -> FrontEnd:
        """A front end that does what is wanted, as soon as the libraries are there."""
        if wanted == UNTOUCHED and not detect:
            return PlainFrontEnd()
        if self._loading is None:
            self._loading = threading.Thread(target=self._load_all, name="voice libraries", daemon=True)
            self._loading.start()
        return _LateFrontEnd(lambda: self._made(wanted, told))

    def _load_all(self) -> None:
        try:
            self._vad = self._load("webrtcvad")
            self._rtc = self._load("livekit.rtc")
        except (ImportError, OSError):
            _log.info("no front end", exc_info=True)
        self.ready.set()

    def _made(self, wanted: SetProcessing, told: Callable[[str], None]) -> FrontEnd | None:
        if not self.ready.is_set():
            return None
        if (self._rtc is None or self._vad is None) and not self._told:
            self._told = True
            told(MISSING)
        cleaner = None if self._rtc is None else _Cleaner(self._rtc, wanted)
        detector = None if self._vad is None else _Detector(self._vad)
        return _Chain(cleaner, detector, Gain() if wanted.gain else None)


class _LateFrontEnd:
    """Passes everything on until the libraries are loaded."""

    def __init__(self, made: Callable[[], FrontEnd | None]) -> None:
        self._made = made
        self._front_end: FrontEnd = PlainFrontEnd()
        self._late = True

    def hear(self, played: Block) -> None:
        self._front_end.hear(played)

    def process(self, block: Block) -> Heard:
        if self._late and (made := self._made()) is not None:
            self._front_end, self._late = made, False
        return self._front_end.process(block)


class _Chain:
    """All of it, one after another. Each part may be missing."""

    def __init__(self, cleaner: _Cleaner | None, detector: _Detector | None, gain: Gain | None) -> None:
        self._cleaner, self._detector, self._gain = cleaner, detector, gain

    def hear(self, played: Block) -> None:
        if self._cleaner is not None:
            self._cleaner.hear(played)

    def process(self, block: Block) -> Heard:
        if self._cleaner is not None:
            block = self._cleaner.process(block)
        speech = None if self._detector is None else self._detector.speaks(block)
        if self._cleaner is not None:
            self._cleaner.resting = speech is False
        if self._gain is not None and speech is not None:
            block = self._gain.apply(block, speech=speech)
        return Heard(block, speech)


class Need:
    """Whether the sound has to be cleaned: the room is noisy, or the speaker plays what the microphone hears. Pure."""

    def __init__(self, *, echo: bool, noise: bool) -> None:
        self._echo, self._noise = echo, noise
        self._levels: deque[float] = deque(maxlen=_FLOOR_LEVELS)
        self._powers: list[float] = []
        self._played = 0  # blocks for which an echo of what was played may still come

    def hear(self, played: Block) -> None:
        """What the speaker plays now."""
        if decibels(played) > _QUIET_DB:
            self._played = _ECHO_BLOCKS

    @property
    def echoes(self) -> bool:
        """Whether an echo may come, and is to be taken away."""
        return self._echo and self._played > 0

    def of(self, block: Block) -> bool:
        """Told for each block of the microphone."""
        self._powers.append(decibels(block))
        if len(self._powers) == _LEVEL_BLOCKS:
            self._levels.append(max(self._powers))
            self._powers.clear()
        self._played = max(0, self._played - 1)
        noisy = not self._levels or min(self._levels) > _CLEAN_DB  # until it is known it counts as noisy
        return (self._noise and noisy) or self.echoes


class _Cleaner:
    """Two ways for the sound: through all that is wanted, and, where there is nothing to take away, past it.

    What cleans costs 15 ms and some of the voice. Only the way that is taken costs time; before a change the other
    one runs beside it for a moment, or it would begin with what it heard last.
    """

    def __init__(self, rtc: ModuleType, wanted: SetProcessing) -> None:
        rumble = SetProcessing(echo=False, noise=False, high_pass=True, gain=False)
        self._past = _Processor(rtc, rumble) if wanted.high_pass else None
        self._through = _Processor(rtc, wanted) if wanted.echo or wanted.noise else None
        self._need = Need(echo=wanted.echo, noise=wanted.noise)
        self._clean = self._through is not None
        self._beside = 0  # blocks for which the other way has run too
        self.resting = True  # nobody speaks: then nothing is heard of a change of ways

    def hear(self, played: Block) -> None:
        self._need.hear(played)
        if self._through is not None and (self._clean or self._need.echoes):
            self._through.hear(played)

    def process(self, block: Block) -> Block:
        needed = self._need.of(block)
        if self._through is None:
            return self._rumble(block)
        if needed == self._clean or not (needed or self.resting):
            self._beside = 0
            return self._through.process(block) if self._clean else self._rumble(block)
        clean, past = self._through.process(block), self._rumble(block)
        before, after = (past, clean) if needed else (clean, past)
        self._beside += 1
        if self._beside < _BESIDE:
            return before
        self._clean, self._beside = needed, 0
        return before + (after - before) * _FADE

    def _rumble(self, block: Block) -> Block:
        return block if self._past is None else self._past.process(block)


class _AudioFrame(Protocol):
    data: memoryview  # 16 bits


class _Processor:
    """livekit's binding of the WebRTC audio processing module. Adds 0.9 to 15 ms, by what is wanted."""

    def __init__(self, rtc: ModuleType, wanted: SetProcessing) -> None:
        self._frame = rtc.AudioFrame
        # Its own gain control lifts what is left of an echo by as much as speech: see `Gain`.
        self._module = rtc.AudioProcessingModule(
            echo_cancellation=wanted.echo,
            noise_suppression=wanted.noise,
            high_pass_filter=wanted.high_pass,
            auto_gain_control=False,
        )
        self._echo = wanted.echo
        if wanted.echo:
            self._module.set_stream_delay_ms(0)  # it finds out by itself, up to 200 ms were tried

    def hear(self, played: Block) -> None:
        if self._echo:
            self._module.process_reverse_stream(self._framed(played))

    def process(self, block: Block) -> Block:
        frame = self._framed(block)
        self._module.process_stream(frame)
        return np.frombuffer(frame.data, np.int16).astype(np.float32) / np.float32(_FULL)

    def _framed(self, block: Block) -> _AudioFrame:
        frame: _AudioFrame = self._frame(bytearray(_sixteen_bits(block)), SAMPLE_RATE, 1, BLOCK_SAMPLES)
        return frame


class _Detector:
    """WebRTC's detector of voice activity."""

    def __init__(self, vad: ModuleType) -> None:
        self._vad = vad.Vad(_STRICT)

    def speaks(self, block: Block) -> bool:
        return decibels(block) > _QUIET_DB and bool(self._vad.is_speech(_sixteen_bits(block), SAMPLE_RATE))


class Gain:
    """Brings speech slowly to one level, within bounds; what is not speech moves nothing. Pure."""

    def __init__(self) -> None:
        self.decibels = 0.0
        self._power: float | None = None

    def apply(self, block: Block, *, speech: bool) -> Block:
        """The block, louder or softer; nowhere over full scale."""
        before = self.decibels
        if speech:
            power = float(np.mean(np.square(block))) + 1e-12
            self._power = power if self._power is None else self._power + (power - self._power) * _LEVEL_SHARE
            wanted = min(_BOUND_DB, max(-_BOUND_DB, _TARGET_DB - 10.0 * float(np.log10(self._power))))
            self.decibels += min(_RISE_DB, max(-_FALL_DB, wanted - self.decibels))
        if before == self.decibels == 0.0:
            return block
        ramp = np.linspace(_factor(before), _factor(self.decibels), block.size, dtype=np.float32)
        return limit(block * ramp)


class LevelMeter:
    """How loud the microphone is, a few times a second."""

    def __init__(self) -> None:
        self._peak = 0.0
        self._blocks = 0

    def measure(self, block: Block) -> float | None:
        """The peak of the last 100 ms, 0..1, once for each 100 ms; else None."""
        self._peak = max(self._peak, float(np.max(np.abs(block))))
        self._blocks += 1
        if self._blocks < _LEVEL_BLOCKS:
            return None
        peak, self._peak, self._blocks = min(self._peak, 1.0), 0.0, 0
        return peak


def decibels(block: Block) -> float:
    """The mean power of a block, in dB of full scale; -120 for silence."""
    return 10.0 * float(np.log10(float(np.mean(np.square(block))) + 1e-12))


def _factor(gain: float) -> float:
    return float(10.0 ** (gain / 20.0))


def _sixteen_bits(block: Block) -> bytes:
    return (np.clip(block, -1.0, 1.0) * np.float32(_FULL)).astype(np.int16).tobytes()
