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
from collections.abc import Callable
from types import ModuleType
from typing import Final, NamedTuple, Protocol, TypeAlias

from client import collector
from client.commands import SetProcessing
from client.voice.cleaner import QUIET_DB, Cleaner, sixteen_bits
from client.voice.device import Block
from client.voice.loudness import Gain, decibels
from common.limits import SAMPLE_RATE

UNTOUCHED: Final = SetProcessing(echo=False, noise=False, high_pass=False, gain=False)
MISSING: Final = "Echo and noise are not taken out of your voice: pip install livekit webrtcvad-wheels mends it."

_STRICT: Final = 3  # the strictest that the detector can be
_LOUD_DB: Final = 20.0  # over the room: whatever it is, it has begun
_LOUD_LEAST_DB: Final = -50.0
_FORGET_DB: Final = 0.02  # for each block: a room that became louder is known after some seconds
_log: Final = logging.getLogger(__name__)


class Heard(NamedTuple):
    """A block ready to be coded, and whether it sounds like speech (None: nobody has looked).

    `loud`: whatever it is, it is much louder than the room.
    """

    block: Block
    speech: bool | None
    loud: bool = False


class FrontEnd(Protocol):
    """One for each opening of the microphone."""

    @property
    def delay(self) -> float:
        """Seconds by which what `process` gives is older than what it was given, now."""
        ...

    def hear(self, played: Block) -> None:
        """A block that the speaker plays now: what an echo canceller listens for."""
        ...

    def process(self, block: Block) -> Heard:
        """A block of the microphone."""
        ...


class PlainFrontEnd:
    """Changes nothing, and does not look for speech."""

    delay = 0.0

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
        collector.pass_over()
        self.ready.set()

    def _made(self, wanted: SetProcessing, told: Callable[[str], None]) -> FrontEnd | None:
        if not self.ready.is_set():
            return None
        if (self._rtc is None or self._vad is None) and not self._told:
            self._told = True
            told(MISSING)
        cleaner = None if self._rtc is None else Cleaner(self._rtc, wanted)
        detector = None if self._vad is None else _Detector(self._vad)
        return _Chain(cleaner, detector, Gain() if wanted.gain else None)


class _LateFrontEnd:
    """Passes everything on until the libraries are loaded."""

    def __init__(self, made: Callable[[], FrontEnd | None]) -> None:
        self._made = made
        self._front_end: FrontEnd = PlainFrontEnd()
        self._late = True

    @property
    def delay(self) -> float:
        return self._front_end.delay

    def hear(self, played: Block) -> None:
        self._front_end.hear(played)

    def process(self, block: Block) -> Heard:
        if self._late and (made := self._made()) is not None:
            self._front_end, self._late = made, False
        return self._front_end.process(block)


class _Chain:
    """All of it, one after another. Each part may be missing."""

    def __init__(self, cleaner: Cleaner | None, detector: _Detector | None, gain: Gain | None) -> None:
        self._cleaner, self._detector, self._gain = cleaner, detector, gain
        self._resting = False  # as long as nobody looks

    @property
    def delay(self) -> float:
        return 0.0 if self._cleaner is None else self._cleaner.delay

    def hear(self, played: Block) -> None:
        if self._cleaner is not None:
            self._cleaner.hear(played)

    def process(self, block: Block) -> Heard:
        if self._cleaner is not None:
            block = self._cleaner.process(block, resting=self._resting)
        if self._detector is None:
            return Heard(block, None)
        speech = self._detector.speaks(block)
        self._resting = not speech
        if self._gain is not None:
            block = self._gain.apply(block, speech=speech)
        return Heard(block, speech, self._detector.loud)


class _Detector:
    """WebRTC's detector of voice activity, and what it is too careful to say at once: that something has begun."""

    def __init__(self, vad: ModuleType) -> None:
        self._vad = vad.Vad(_STRICT)
        self._room = 0.0  # dB of the softest that was heard lately
        self.loud = False  # the last block is much louder than the room

    def speaks(self, block: Block) -> bool:
        level = decibels(block)
        self._room = min(max(level, _LOUD_LEAST_DB - _LOUD_DB), self._room + _FORGET_DB)
        self.loud = level > max(self._room + _LOUD_DB, _LOUD_LEAST_DB)
        return level > QUIET_DB and bool(self._vad.is_speech(sixteen_bits(block), SAMPLE_RATE))
