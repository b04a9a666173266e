"""The microphone's side of the voice thread: device → front end → sender → network.

Reports what a user should know: which microphone is on, how loud it is, that its file ended, what broke.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from client.commands import SetProcessing, Transmit, VoiceMode
from client.events import MicrophoneChanged, MicrophoneEnded, MicrophoneLevel, Part, ProblemReported, SpeechChanged
from client.voice.codec import look_ahead
from client.voice.counters import Counters
from client.voice.device import BLOCK_SECONDS, Block, DeviceLost, Devices, Microphone, stand_in
from client.voice.front_end import UNTOUCHED, FrontEnd, MakeFrontEnd, PlainFrontEnd
from client.voice.gate import Gate
from client.voice.loudness import LevelMeter
from client.voice.media_clock import MouthClock
from client.voice.packet import BLOCK_SAMPLES
from client.voice.reopening import Reopening
from client.voice.reports import MediaSpoken, Report
from client.voice.sender import Sealer, Sender
from common.errors import DeviceError

_BLOCKS_A_STEP: Final = 50  # half a second that came at once; what is more waits for the next step


class Capture:
    """Closed until it is switched on."""

    def __init__(
        self,
        devices: Devices,
        sender: Sender,
        front_end: MakeFrontEnd,
        send: Callable[[bytes], None],
        report: Callable[[Report], None],
        counters: Counters,
    ) -> None:
        self._devices = devices
        self._sender = sender
        self._make_front_end = front_end
        self._send = send
        self._report = report
        self._counters = counters
        self._microphone: Microphone | None = None
        self._processing = UNTOUCHED
        self._front_end: FrontEnd = PlainFrontEnd()
        self._gate = Gate()
        self._spoke = False
        self._meter = LevelMeter()
        self._clock = MouthClock()
        self._announced: tuple[str, str] | None = None  # the device in use, and the one that it stands in for
        self._reopening = Reopening()
        self._spoken_until: float | None = None  # when the last sample came; None: none has since it was opened
        self.started: float | None = None  # when the first sample was spoken

    def enter(self, topic: bytes, sealer: Sealer) -> None:
        """In a room."""
        self._sender.enter(topic, sealer)

    def leave(self) -> None:
        """In no room: the microphone stays as it was, nothing is sent."""
        self._sender.leave()

    def set_audience(self, heard: bool) -> None:
        """Whether anybody listens."""
        self._pass_on(self._sender.set_audience(heard))

    def set_transmit(self, mode: Transmit) -> None:
        """When what is said is sent."""
        looked, self._gate.mode = self._detects, mode
        if self._detects != looked:  # else it knows the room, and the voice, already
            self._renew_front_end()

    def set_mode(self, mode: VoiceMode) -> None:
        """What voice is made for."""
        self._sender.set_mode(mode)

    def set_lanes(self, count: int) -> None:
        """Over how many lanes what is said goes from now on."""
        self._sender.lanes = count

    @property
    def mode(self) -> VoiceMode:
        """What voice is made for now: another one than is wanted until a talk can change."""
        return self._sender.mode

    def hold(self, on: bool) -> None:
        """The key is held, or let go."""
        self._gate.held = on

    def set_processing(self, wanted: SetProcessing) -> None:
        """What is done to the sound."""
        if wanted != self._processing:
            self._processing = wanted
            self._renew_front_end()

    def switch(self, on: bool, now: float) -> None:
        """Open or close the microphone; repeating is harmless."""
        if on == self.on:
            return
        self._reopening.stop()
        if on:
            self._open(now)
        else:
            self._close()
            self._report(MicrophoneChanged(on=False))

    def renew(self, now: float) -> None:
        """Another device was chosen: go on there, if the microphone is on."""
        if self.on:
            self._reopening.stop()
            self._close()
            self._open(now)

    @property
    def on(self) -> bool:
        """Whether the microphone is wanted."""
        return self._microphone is not None or self._reopening.under_way

    def hear(self, played: Block) -> None:
        """What the speaker plays now, for echo cancelling."""
        if self._microphone is not None:
            self._front_end.hear(played)

    def new_front_end(self) -> FrontEnd:
        """Another one of the kind that is wanted now."""
        return self._make_front_end(self._processing, self._detects, self._tell_missing)

    @property
    def _detects(self) -> bool:
        """Whether speech is looked for."""
        return self._gate.mode is not Transmit.ALWAYS

    def step(self, now: float) -> float | None:
        """Send what was said by `now`. In how many seconds to come again; None while the microphone is closed."""
        if self._reopening.begin(now):
            self._open(now)
        if self._microphone is None:
            return self._reopening.due(now) if self._reopening.under_way else None
        try:
            self._drain(self._microphone, now)
        except DeviceError as error:
            self._fail(error, now)
            return self.step(now)
        if self._microphone.ended:
            self._report(MicrophoneEnded())
            self._close()
            self._report(MicrophoneChanged(on=False))
            return None
        return self._microphone.due(now)

    def close(self) -> None:
        """The end of the program."""
        self.switch(on=False, now=0.0)

    def _open(self, now: float) -> None:
        try:
            self._sender.begin(now)
            self._microphone = self._devices.microphone(now)
        except DeviceError as error:
            self._fail(error, now)
            return
        self._meter, self._clock, self._announced = LevelMeter(), MouthClock(), None
        self._renew_front_end()

    def _renew_front_end(self) -> None:
        """Only where a microphone is open: what it needs is loaded for nobody else."""
        if self._microphone is not None:
            self._front_end = self.new_front_end()

    def _tell_missing(self, sentence: str) -> None:
        self._report(ProblemReported(Part.MICROPHONE, "no_front_end", sentence))

    def _drain(self, microphone: Microphone, now: float) -> None:
        for number in range(_BLOCKS_A_STEP):
            block = microphone.read(now)
            if not number and microphone.ready and self._announced != (microphone.name, microphone.missing):
                self._announce(microphone, now)
            if block is None:
                return
            self._take(block, now, now - microphone.latency - BLOCK_SECONDS)

    def _announce(self, microphone: Microphone, now: float) -> None:
        if self._announced is None:
            self._reopening.opened(now)
        self._announced = microphone.name, microphone.missing
        self._report(MicrophoneChanged(on=True, device=microphone.name))
        if microphone.missing:
            self._report(ProblemReported(Part.MICROPHONE, "microphone_missing", stand_in("microphone", microphone)))

    def _take(self, block: Block, now: float, began: float) -> None:
        """A block that came at `now`; its first sample came to the card at `began`, or before."""
        if self.started is None:
            self.started = now - BLOCK_SECONDS
        if self._spoken_until is None:
            self._sender.begin(began)  # a card takes its time to open: media time is that of the first sample
        self._spoken_until = began + BLOCK_SECONDS
        self._clock.note(self._sender.media, began)
        heard = self._front_end.process(block)
        level = self._meter.measure(heard.block)
        if level is not None:
            self._report(MicrophoneLevel(level))
        self._gate.hear(heard.speech is not False, loud=heard.loud)
        self._tell_speech(self._gate.speaking and heard.speech is not None)
        if not self._gate.sends:
            # Before a key is pressed nothing was meant for others: then there is no pre-roll.
            push = self._gate.mode is Transmit.PUSH
            self._pass_on(self._sender.drop() if push else self._sender.hold(heard.block))
            return
        audible = self._sender.audible
        for frame in self._sender.send(heard.block):
            self._pass_on(frame)
        if audible:
            self._tell_clock(now)
        else:
            self._counters.unheard += 1

    def _tell_clock(self, now: float) -> None:
        media = self._sender.media - BLOCK_SAMPLES
        told = self._clock.tell(media, self._front_end.delay + look_ahead(self._sender.mode), now)
        if told is not None:
            self._report(MediaSpoken(*told))

    def _tell_speech(self, on: bool) -> None:
        if on != self._spoke:
            self._spoke = on
            self._report(SpeechChanged(on))

    def _close(self) -> None:
        if self._microphone is not None:
            self._microphone.close()
        self._microphone = None
        self._gate.close()
        self._tell_speech(on=False)
        self._pass_on(self._sender.end())
        if self._spoken_until is not None:
            self._sender.pause(self._spoken_until)
            self._spoken_until = None

    def _fail(self, error: DeviceError, now: float) -> None:
        """Tell, and try again if the device had worked: as long as that lasts the microphone counts as on."""
        tried_before = self._reopening.under_way
        worth_it = isinstance(error, DeviceLost) or tried_before
        self._close()
        again = worth_it and self._reopening.lost(now)
        if not (again and tried_before):
            self._report(ProblemReported(Part.MICROPHONE, "microphone", str(error)))
        if not again:
            self._reopening.stop()
            self._report(MicrophoneChanged(on=False))

    def _pass_on(self, frame: bytes | None) -> None:
        if frame is not None:
            self._counters.voice_frames_sent += 1
            self._counters.voice_bytes_sent += len(frame)
            self._send(frame)
