"""What both directions of a sound card share: a stream is opened on a thread of its own, watched, led and closed.

To open a stream takes long, so each has a thread that opens it, and closes it when nobody looks at it any more. PyAudio
has edges (each was met): opening a device that does not exist, or anything after `terminate`, crashes the process, so a
device is always asked for its properties first; one stream for both directions starves, so each has its own; and a
server that stands still raises nothing, so the time since the card last moved is watched.
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

from client.voice.card_clock import LOOK_SECONDS, CardClock, Period
from client.voice.cards import Card, Side, View
from client.voice.counters import Counters
from client.voice.device import DeviceAbsent, DeviceLost
from client.voice.portaudio import Facts, OpenStream, PortAudio, found, label
from client.voice.sound_library import bring_in, devices_of, lock, quiet_stderr, variables
from client.voice.sound_server import TAG, SoundServer
from common.errors import DeviceError
from common.limits import SAMPLE_RATE

SILENT_SECONDS: Final = 1.0  # in which nothing moves: the card, or its server, has died
STOOD_SECONDS: Final = 0.5  # between two looks: the program was stopped, or the computer slept
FIRST_SECONDS: Final = 5.0  # the first sound may be two seconds late
CLOSE_SECONDS: Final = 3.0
WAY_TO_SERVER: Final = "pulse"  # ALSA's name for the sound server

_numbers: Final = itertools.count()


class CardStream(ABC):
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
        self._labelled_in: View | None = None
        self._labels: tuple[str, str] | None = None
        self.latency = 0.0
        self.rate = SAMPLE_RATE  # of the device
        self._choice = choice
        self._missing = ""
        self._wake = wake
        self._counters = counters
        self._problem: DeviceError | None = None
        self._moved_at = clock() + FIRST_SECONDS - SILENT_SECONDS
        self._checked_at = clock()
        self._pace = CardClock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"voice {self.KIND}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """What people call the device that it is on now."""
        return self._label()[0]

    @property
    def missing(self) -> str:
        """What was chosen, while another device stands in for it; else empty."""
        return self._label()[1]

    def _label(self) -> tuple[str, str]:
        """Both, asked for at each look: looked up anew where the sound server has told of a change."""
        view = self._server.view
        if not self.ready or view is not self._labelled_in or self._labels is None:
            self._labelled_in, self._labels = view, self._look_up()
        return self._labels

    def _look_up(self) -> tuple[str, str]:
        side, used = self._whereabouts()
        if side is None or not used:
            return self._opened, self._missing
        card = side.find(self._choice)
        missing = "" if not self._choice or (card is not None and card.name == used) else self._choice
        return side.label(used), missing

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
        if now - self._checked_at > STOOD_SECONDS:  # we stood still: what the card did meanwhile nobody saw
            self._moved_at = max(self._moved_at, now)
        self._checked_at = now
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
            raise DeviceAbsent(f"There is no {self.KIND} here: connect one, then switch it on again.") from error
        if side is not None:
            self._opened = card.label if card is not None else side.label(side.default) or str(device["name"])
        else:
            self._opened = str(device["name"])
        return device

    def _supported_rate(self, library: ModuleType, portaudio: PortAudio, device: Facts) -> int:
        for rate in (SAMPLE_RATE, int(device["defaultSampleRate"])):
            try:
                with lock, quiet_stderr():
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
