"""The echo test: three seconds of the microphone, then the same from the speaker. Needs no room and no broker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from client.events import EchoStep, EchoTestChanged, MicrophoneLevel, Part, ProblemReported
from client.voice.device import BLOCK_SECONDS, Block, Devices, DeviceUnfit, Microphone, Speaker, silence
from client.voice.front_end import FrontEnd, PlainFrontEnd
from client.voice.loudness import LevelMeter
from client.voice.reports import Report
from common.errors import DeviceError

ECHO_SECONDS: Final = 3.0
_BLOCKS: Final = round(ECHO_SECONDS / BLOCK_SECONDS)
_STEP_SECONDS: Final = 0.005
_TAIL_SECONDS: Final = 0.2  # until what was written last has left any card


class EchoTest:
    """`start` it; `step` moves it until it is not `on` any more."""

    def __init__(
        self, devices: Devices, make_front_end: Callable[[], FrontEnd], report: Callable[[Report], None]
    ) -> None:
        """What is played has gone through the front end: it is what others would hear."""
        self._devices = devices
        self._make_front_end = make_front_end
        self._report = report
        self._microphone: Microphone | None = None
        self._speaker: Speaker | None = None
        self._blocks: list[Block] = []
        self._told: EchoStep | None = None
        self._ends: float | None = None  # when the last block has left the speaker
        self._meter = LevelMeter()
        self._front_end: FrontEnd = PlainFrontEnd()

    @property
    def on(self) -> bool:
        """Whether it is under way."""
        return self._microphone is not None or self._speaker is not None

    def start(self, now: float) -> None:
        """Begin, or begin anew."""
        self._close()
        self._blocks, self._told, self._ends = [], None, None
        self._meter = LevelMeter()
        try:
            self._microphone = self._devices.microphone(now)
            self._front_end = self._make_front_end()
        except DeviceError as error:
            self._fail(Part.MICROPHONE, error)

    def stop(self) -> None:
        """Something else needs the devices, or the user has heard enough."""
        if self.on:
            self._close()
            self._tell(EchoStep.OVER)

    def step(self, now: float) -> float | None:
        """Go on. In how many seconds to come again; None when there is nothing to do."""
        if self._microphone is not None:
            try:
                self._record(self._microphone, now)
            except DeviceError as error:
                self._fail(Part.MICROPHONE, error)
        elif self._speaker is not None:
            try:
                self._play(self._speaker, now)
            except DeviceUnfit:
                self._speaker.close()
                self._listen(now)
            except DeviceError as error:
                self._fail(Part.SPEAKER, error)
        return _STEP_SECONDS if self.on else None

    def _record(self, microphone: Microphone, now: float) -> None:
        if microphone.ready:
            self._tell(EchoStep.SPEAK)
        while len(self._blocks) < _BLOCKS and (block := microphone.read(now)) is not None:
            heard = self._front_end.process(block).block
            self._blocks.append(heard)
            level = self._meter.measure(heard)
            if level is not None:
                self._report(MicrophoneLevel(level))
        if len(self._blocks) == _BLOCKS or microphone.ended:
            self._close()
            self._listen(now)

    def _listen(self, now: float) -> None:
        try:
            self._speaker = self._devices.speaker(now)
        except DeviceError as error:
            self._fail(Part.SPEAKER, error)

    def _play(self, speaker: Speaker, now: float) -> None:
        for _ in range(speaker.wanted(now)):
            self._tell(EchoStep.LISTEN)
            speaker.write(self._blocks.pop(0) if self._blocks else silence())
        if not self._blocks and self._ends is None:
            self._ends = now + _TAIL_SECONDS
        if self._ends is not None and now >= self._ends:
            self.stop()

    def _fail(self, part: Part, error: DeviceError) -> None:
        self._close()
        self._report(ProblemReported(part, part.value, str(error)))
        self._tell(EchoStep.OVER)

    def _close(self) -> None:
        for device in (self._microphone, self._speaker):
            if device is not None:
                device.close()
        self._microphone = self._speaker = None

    def _tell(self, step: EchoStep) -> None:
        if step is not self._told:
            self._told = step
            self._report(EchoTestChanged(step))
