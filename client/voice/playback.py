"""The speaker's side of the voice thread: frames → receivers → talkers → mix → device.

Tells which speakers are talking, by frames that opened.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from client.events import Part, ProblemReported, SpeakerChanged
from client.voice.counters import Counters
from client.voice.device import BLOCK_SECONDS, Block, DeviceLost, Devices, DeviceUnfit, Speaker, stand_in
from client.voice.fader import Fader
from client.voice.lane_count import LaneCount
from client.voice.media_clock import EarClock
from client.voice.mixer import mix
from client.voice.packet import VoicePacket
from client.voice.receiver import Opener, Receiver
from client.voice.reopening import Reopening
from client.voice.reports import MediaHeard, Report, TalkHeard
from client.voice.talker import Talker, VoiceDecoder
from common.errors import DeviceError, Malformed
from common.voice_frame import split

_log: Final = logging.getLogger(__name__)
_BLOCKS_A_STEP: Final = 50  # half a second of a device that was stuck; the rest is for the next step
_WATCH_SECONDS: Final = 0.1  # how often to look whether a talk ended while nothing is played
_CLOCK_SHARE: Final = 32  # how slowly the play clock follows: a third of a second
_CLOCK_SNAP: Final = 0.1  # seconds off: the device stood still, so start anew
_CLOCK_LEAD: Final = 0.0025  # seconds that it may run ahead: what comes later than that cannot be played yet


class PlayClock:
    """When blocks are played, evened out: a card asks for them in bursts, jitter buffers want a steady clock.

    Of a burst the last block fits the time that it is; a clock in the middle would ask for packets that are not there.
    """

    def __init__(self) -> None:
        self._time: float | None = None

    def tick(self, now: float) -> float:
        """The time to reckon with for the block that is made at `now`."""
        if self._time is None or abs(now - self._time - BLOCK_SECONDS) > _CLOCK_SNAP:
            self._time = now
        else:
            self._time += BLOCK_SECONDS
            self._time += (now - self._time) / _CLOCK_SHARE
            self._time = min(self._time, now + _CLOCK_LEAD)
        return self._time


@dataclass(slots=True)
class _Voice:
    receiver: Receiver
    talker: Talker | None = None  # made of the first packet that may be played
    talking: bool = False
    failed: bool = False  # a fault in our own code, by what it sent: not heard any more, so that all others are
    ear: EarClock = field(default_factory=EarClock)
    fader: Fader = field(default_factory=Fader)


@contextmanager
def _at_its_own_cost(voice: _Voice) -> Iterator[None]:
    """A fault in our own code, by what one speaker sent, is no reason to silence all others."""
    try:
        yield
    except DeviceError:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, others go on
        _log.exception("a speaker's voice cannot be played")
        voice.talker, voice.failed = None, True


class Playback:
    """Closed until it is switched on. Members are handles of 2 bytes."""

    def __init__(
        self,
        devices: Devices,
        decoder: Callable[[], VoiceDecoder],
        hear: Callable[[Block], None],
        report: Callable[[Report], None],
        counters: Counters,
    ) -> None:
        """`hear` is given every block that is played."""
        self._devices = devices
        self._make_decoder = decoder
        self._hear = hear
        self._report = report
        self._counters = counters
        self._speaker: Speaker | None = None
        self._room = b""
        self._voices: dict[bytes, _Voice] = {}
        self._lanes = LaneCount()
        self._clock = PlayClock()
        self._announced: tuple[str, str] | None = None  # the device in use, and the one that it stands in for
        self._reopening = Reopening()
        self.started: float | None = None  # when the first sample was played

    def enter(self, room: bytes) -> None:
        """In a room: only frames with this handle (4 bytes) belong here."""
        self.leave()
        self._room = room

    def leave(self) -> None:
        """In no room: speakers are forgotten, the device stays as it is."""
        for member in list(self._voices):
            self.remove(member)
        self._room = b""

    def add(self, member: bytes, opener: Opener, *, confirmed: bool) -> None:
        """A speaker that may be heard, once it is confirmed."""
        self.remove(member)
        self._voices[member] = _Voice(Receiver(opener, self._counters, confirmed=confirmed))

    def confirm(self, member: bytes, now: float) -> None:
        """The speaker is really here now: what waited is played."""
        voice = self._voices.get(member)
        if voice is not None:
            with _at_its_own_cost(voice):
                self._put(voice, voice.receiver.confirm(now))
            self._watch(member, voice, now)

    def tune(self, member: bytes, gain: float) -> None:
        """How loud the speaker is heard, from the next block on; 0: not at all."""
        voice = self._voices.get(member)
        if voice is None:
            return
        if voice.talker is None:  # nothing is heard that could click: it holds from the first sample
            voice.fader = Fader(gain)
        voice.fader.set(gain)

    def set_lanes(self, count: int, now: float) -> None:
        """So many lanes bring voice from now on: with more of them, what was learnt of late packets holds no more."""
        if self._lanes.rose(count, now):
            for voice in self._voices.values():
                if voice.talker is not None:
                    voice.talker.jitter.lanes_rose()

    def remove(self, member: bytes) -> None:
        """The speaker left."""
        voice = self._voices.pop(member, None)
        if voice is not None and voice.talking:
            self._report(TalkHeard(member, on=False))

    def switch(self, on: bool, now: float) -> None:
        """Begin or stop to play; repeating is harmless."""
        if on == self.on:
            return
        self._reopening.stop()
        if on:
            self._open(now)
        else:
            self._close()
            self._report(SpeakerChanged(on=False))

    def renew(self, now: float) -> None:
        """Another device was chosen: go on there, if the speaker is on."""
        if self.on:
            self._reopening.stop()
            self._close()
            self._open(now)

    @property
    def on(self) -> bool:
        """Whether the speaker is wanted."""
        return self._speaker is not None or self._reopening.under_way

    def take(self, frame: bytes, arrived: float, *, copy: bool = False) -> None:
        """A frame that came at `arrived`. `copy`: by another lane it has come before."""
        try:
            parts = split(frame)
        except Malformed:
            self._counters.refused += 1
            return
        voice = self._voices.get(parts.member) if parts.room == self._room else None
        if voice is None:
            self._counters.stray += 1
            return
        if voice.fader.closed:  # in a large room all voices come over one topic
            self._counters.muted += 1
            return
        if voice.failed:
            self._counters.refused += 1
            return
        with _at_its_own_cost(voice):
            self._put(voice, voice.receiver.take(parts.sframe, arrived, copy=copy))
        self._watch(parts.member, voice, arrived)

    def step(self, now: float) -> float | None:
        """Play what is wanted by `now`. In how many seconds to come again; None while nothing is played."""
        for member, voice in self._voices.items():
            self._watch(member, voice, now)
        if self._reopening.begin(now):
            self._open(now)
        if self._speaker is None:
            watched = self._reopening.under_way or any(
                voice.talking or voice.receiver.waiting for voice in self._voices.values()
            )
            return _WATCH_SECONDS if watched else None
        try:
            self._fill(self._speaker, now)
        except DeviceUnfit:
            self.renew(now)
            self._reopening.refitting = True
            return _WATCH_SECONDS
        except DeviceError as error:
            self._fail(error, now)
            return _WATCH_SECONDS
        return self._speaker.due(now)

    def close(self) -> None:
        """The end of the program."""
        self.switch(on=False, now=0.0)

    def measures(self) -> dict[str, int | float]:
        """The worst jitter that is reckoned with and the most voice that waits, over all speakers, in ms."""
        buffers = [voice.talker.jitter for voice in list(self._voices.values()) if voice.talker is not None]
        return {
            "jitter_ms": round(max((buffer.spread_ms for buffer in buffers), default=0.0), 1),
            "buffer_ms": round(max((buffer.queued_ms for buffer in buffers), default=0.0), 1),
        }

    def _put(self, voice: _Voice, packets: list[tuple[float, VoicePacket]]) -> None:
        if self._speaker is None or not packets:
            return
        if voice.talker is None:
            voice.talker = Talker(self._make_decoder(), self._counters)
        for arrived, packet in packets:
            voice.talker.put(packet, arrived)

    def _open(self, now: float) -> None:
        try:
            self._make_decoder()  # without a codec say so now, and not at the first frame
            self._speaker = self._devices.speaker(now)
        except DeviceError as error:
            self._fail(error, now)
            return
        self._clock, self._announced = PlayClock(), None

    def _close(self) -> None:
        """Stop to play: what waited is forgotten."""
        if self._speaker is not None:
            self._speaker.close()
        self._speaker = None
        for voice in self._voices.values():
            voice.talker = None

    def _fill(self, speaker: Speaker, now: float) -> None:
        wanted = speaker.wanted(now)
        if speaker.ready and self._announced != (speaker.name, speaker.missing):
            self._announce(speaker, now)
        if wanted == 1 and speaker.patient and self._starving():
            return  # at the next look what is late may be here
        for _ in range(min(wanted, _BLOCKS_A_STEP)):
            self._play(speaker, now)

    def _starving(self) -> bool:
        return any(voice.talker is not None and voice.talker.starving for voice in self._voices.values())

    def _announce(self, speaker: Speaker, now: float) -> None:
        if self._announced is None:
            self._reopening.opened(now)
        self._announced = speaker.name, speaker.missing
        self._report(SpeakerChanged(on=True, device=speaker.name))
        if speaker.missing:
            self._report(ProblemReported(Part.SPEAKER, "speaker_missing", stand_in("speaker", speaker)))

    def _play(self, speaker: Speaker, now: float) -> None:
        time = self._clock.tick(now)
        blocks = [self._block(voice, time) for voice in self._voices.values()]
        block = mix([block for block in blocks if block is not None])
        if self.started is None:
            self.started = now
        self._hear(block)
        self._note_places(now + speaker.latency)
        speaker.write(block)

    def _note_places(self, at: float) -> None:
        """The block that was just made begins to be heard at `at`."""
        for member, voice in self._voices.items():
            if voice.talker is not None and voice.talker.heard is not None:
                told = voice.ear.note(voice.talker.heard, at)
                if told is not None:
                    self._report(MediaHeard(member, *told))

    def _block(self, voice: _Voice, time: float) -> Block | None:
        if voice.talker is None:
            return None
        block = None
        with _at_its_own_cost(voice):
            block = voice.fader.apply(voice.talker.block(time))
        if voice.fader.silent:
            voice.talker = None  # what it held is of no use when somebody wants to hear it again
        return block

    def _watch(self, member: bytes, voice: _Voice, now: float) -> None:
        talking = voice.receiver.talking(now) and not (voice.fader.closed or voice.failed)
        if talking != voice.talking:
            voice.talking = talking
            self._report(TalkHeard(member, on=talking))

    def _fail(self, error: DeviceError, now: float) -> None:
        """Tell, and try again if the device had worked: as long as that lasts the speaker counts as on."""
        tried_before = self._reopening.under_way
        worth_it = isinstance(error, DeviceLost) or tried_before or self._reopening.refitting
        self._close()
        again = worth_it and self._reopening.lost(now)
        if not (again and tried_before):
            self._report(ProblemReported(Part.SPEAKER, "speaker", str(error)))
        if not again:
            self._reopening.stop()
            self._report(SpeakerChanged(on=False))
