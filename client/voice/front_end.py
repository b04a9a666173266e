"""What is done to a microphone's sound before it is coded: echo and noise taken away, the level kept in bounds.

The WebRTC audio processing module does the hard part (docs/decisions/0019), a small detector of WebRTC's says where
speech is. Both are libraries of some size: they are loaded when a microphone opens for the first time, on a thread
of their own, so that what is being heard goes on meanwhile. Where they are missing, or fail, the sound passes
unchanged, and the user is told once.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable
from enum import Enum, auto
from types import ModuleType
from typing import Final, NamedTuple, Protocol, TypeAlias

from client import collector
from client.commands import SetProcessing
from client.voice.cleaner import QUIET_DB, Cleaner, sixteen_bits
from client.voice.device import Block
from client.voice.loudness import Gain, decibels
from common.limits import SAMPLE_RATE

UNTOUCHED: Final = SetProcessing(echo=False, noise=False, high_pass=False, gain=False)
NOT_CLEANED: Final = "Echo and noise are not taken out of your voice: pip install livekit mends it."
NOT_DETECTED: Final = (
    "Your pauses are sent like words, and your loudness is not evened out, since nothing here tells speech from "
    "silence: pip install webrtcvad-wheels mends it."
)
BROKEN: Final = (
    "What takes echo and noise out of your voice has failed: it goes out as your microphone hears it. "
    "Switch the microphone off and on to try again."
)

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


class _Known(Enum):
    """What of the libraries is loaded, or cannot be."""

    NOTHING = auto()
    DETECTOR = auto()
    ALL = auto()


class FrontEnds:
    """Makes front ends, and loads the libraries before the first."""

    def __init__(self, load: Callable[[str], ModuleType] = importlib.import_module) -> None:
        """`load` imports a module by its name."""
        self._load = load
        self._loading: threading.Thread | None = None
        self._rtc: ModuleType | None = None
        self._vad: ModuleType | None = None
        self._known = _Known.NOTHING
        self.ready = threading.Event()  # all is known
        self._told: set[str] = set()

    def make(self, wanted: SetProcessing, detect: bool, told: Callable[[str], None]) -> FrontEnd:
        """A front end that does what is wanted, as soon as the libraries are there."""
        if wanted == UNTOUCHED and not detect:
            return PlainFrontEnd()
        if self._loading is None:
            self._loading = threading.Thread(target=self._load_all, name="voice libraries", daemon=True)
            self._loading.start()
        return _LateFrontEnd(lambda: self._known, lambda: self._made(wanted, told))

    def _load_all(self) -> None:
        self._vad = self._loaded("webrtcvad", lambda vad: vad.Vad(_STRICT))
        self._known = _Known.DETECTOR  # in a moment, where the other library takes a second
        self._rtc = self._loaded("livekit.rtc", lambda rtc: rtc.AudioProcessingModule(high_pass_filter=True))
        collector.pass_over()
        self._known = _Known.ALL
        self.ready.set()

    def _loaded(self, name: str, tried: Callable[[ModuleType], object]) -> ModuleType | None:
        """A library that works, or None. What is native in it is loaded by the first that is made of it."""
        try:
            library = self._load(name)
            tried(library)
        except Exception:  # noqa: BLE001 - whatever a broken library raises, voice goes on without it
            _log.info("no %s", name, exc_info=True)
            return None
        return library

    def _made(self, wanted: SetProcessing, told: Callable[[str], None]) -> FrontEnd:
        """Of what is loaded by now."""
        if self._vad is None:
            self._tell(NOT_DETECTED, told)
        if self._rtc is None and self._known is _Known.ALL:
            self._tell(NOT_CLEANED, told)
        cleaner = None if self._rtc is None or self._known is not _Known.ALL else self._cleaner(self._rtc, wanted, told)
        detector = None if self._vad is None else _Detector(self._vad)
        return _Chain(cleaner, detector, Gain() if wanted.gain else None, told)

    def _cleaner(self, rtc: ModuleType, wanted: SetProcessing, told: Callable[[str], None]) -> Cleaner | None:
        try:
            return Cleaner(rtc, wanted)
        except Exception:  # noqa: BLE001
            _log.exception("the front end cannot be made")
            told(BROKEN)
            return None

    def _tell(self, sentence: str, told: Callable[[str], None]) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            told(sentence)


class _LateFrontEnd:
    """Does what the libraries that are loaded by now allow."""

    def __init__(self, known: Callable[[], _Known], made: Callable[[], FrontEnd]) -> None:
        self._known = known
        self._made = made
        self._front_end: FrontEnd = PlainFrontEnd()
        self._made_of = _Known.NOTHING

    @property
    def delay(self) -> float:
        return self._front_end.delay

    def hear(self, played: Block) -> None:
        self._front_end.hear(played)

    def process(self, block: Block) -> Heard:
        if self._made_of is not _Known.ALL and (known := self._known()) is not self._made_of:
            self._front_end, self._made_of = self._made(), known
        return self._front_end.process(block)


class _Chain:
    """All of it, one after another. Each part may be missing, and one whose library fails is left out from then on."""

    def __init__(
        self, cleaner: Cleaner | None, detector: _Detector | None, gain: Gain | None, told: Callable[[str], None]
    ) -> None:
        self._cleaner, self._detector, self._gain = cleaner, detector, gain
        self._told = told
        self._resting = False  # as long as nobody looks

    @property
    def delay(self) -> float:
        return 0.0 if self._cleaner is None else self._cleaner.delay

    def hear(self, played: Block) -> None:
        if self._cleaner is not None:
            try:
                self._cleaner.hear(played)
            except Exception:  # noqa: BLE001 - whatever a native library raises, the others are heard on
                self._stop_cleaning()

    def process(self, block: Block) -> Heard:
        block = self._cleaned(block)
        speech = self._speech(block)
        if speech is None or self._detector is None:
            return Heard(block, None)
        self._resting = not speech
        if self._gain is not None:
            block = self._gain.apply(block, speech=speech)
        return Heard(block, speech, self._detector.loud)

    def _cleaned(self, block: Block) -> Block:
        if self._cleaner is None:
            return block
        try:
            return self._cleaner.process(block, resting=self._resting)
        except Exception:  # noqa: BLE001
            self._stop_cleaning()
            return block

    def _stop_cleaning(self) -> None:
        _log.exception("echo and noise cannot be taken away any more")
        self._cleaner = None
        self._told(BROKEN)

    def _speech(self, block: Block) -> bool | None:
        if self._detector is None:
            return None
        try:
            return self._detector.speaks(block)
        except Exception:  # noqa: BLE001
            _log.exception("speech cannot be told from silence any more")
            self._detector = None
            self._told(NOT_DETECTED)
            return None


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
