"""The voice thread: the pipeline, and the queues by which other threads reach it.

Every method may be called from any thread at any time and returns at once. Commands are never lost; voice
frames wait in a bounded queue, and those that are too old when the thread gets to them are dropped and counted.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import secrets
import threading
import time  # noqa: TID251 - this is the edge: here the voice thread's clock comes in
from collections import deque
from collections.abc import Callable
from typing import Final

from client import faults
from client.commands import SetProcessing, Transmit, VoiceMode
from client.events import Part
from client.voice.counters import Counters
from client.voice.device import Devices
from client.voice.devices import ChosenDevices
from client.voice.front_end import UNTOUCHED, FrontEnds
from client.voice.packet import MEDIA_TIMES
from client.voice.pipeline import Pipeline
from client.voice.receiver import Opener
from client.voice.reports import Report
from client.voice.sender import Sealer
from client.voice.urgency import take_precedence

FRAMES_WAITING: Final = 2_000  # twenty talkers for a second
FRAME_AGE_SECONDS: Final = 0.5  # older than the cap of any jitter buffer
_FRAMES_A_TURN: Final = 50  # 2 ms of work; then what is due is played first
IDLE_SECONDS: Final = 0.1  # how often the thread looks around while no device is open
MEASURE_SECONDS: Final = 0.1
CLOSE_SECONDS: Final = 3.0

_FAILED: Final = "Live voice has failed; text goes on. Restart to talk again."
_log: Final = logging.getLogger(__name__)


class VoiceEngine:
    """`start` it once, `close` it once; both toggles are off until they are set."""

    def __init__(
        self,
        *,
        microphone: str,
        speaker: str,
        send: Callable[[bytes], None],
        report: Callable[[Report], None],
        clock: Callable[[], float] = time.monotonic,
        devices: Devices | None = None,
        transmit: Transmit = Transmit.ALWAYS,
        processing: SetProcessing | None = None,
        mode: VoiceMode = VoiceMode.LOW_DELAY,
    ) -> None:
        """`microphone` and `speaker`: `none`, `default`, part of a device's name, or a file ending in `.wav`.

        `send` takes finished voice frames (topic ‖ SFrame) and `report` what happened: both are called on the
        voice thread (`report` on others too) and must not block. Nothing is opened before a toggle is set.
        `devices` is for tests.
        Without `processing` the microphone's sound is left as it is.
        """
        self._clock = clock
        self._report = report
        self._awake: queue.SimpleQueue[None] = queue.SimpleQueue()  # an Event costs ten times as much to wait for
        self._closing = False
        self._commands: deque[Callable[[float], None]] = deque()
        self._frames: deque[tuple[bytes, float, bool]] = deque()
        self._frames_received = self._bytes_received = self._overrun = 0
        counters = Counters()
        self._pipeline = Pipeline(
            devices or ChosenDevices(microphone, speaker, self._wake, clock, counters, self._hurry),
            counters,
            media_start=secrets.randbelow(MEDIA_TIMES),
            send=send,
            report=report,
            front_end=FrontEnds().make,
        )
        self._pipeline.capture.set_transmit(transmit)
        self._pipeline.capture.set_processing(processing or UNTOUCHED)
        self._pipeline.capture.set_mode(mode)
        self._measures = self._pipeline.playback.measures()
        self._measured_at = clock()
        self._urgent = False
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)

    def start(self) -> None:
        """Begin. What was asked before is done now."""
        self._thread.start()

    def close(self) -> None:
        """Close devices and files and end the thread; the one method that waits (3 s at most)."""
        self._closing = True
        self._wake()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)

    def enter(self, topic: bytes, sealer: Sealer) -> None:
        """Joined, perhaps again: my frames start with this topic (7 bytes). Speakers are to be added afresh."""
        self._ask(lambda _: self._pipeline.enter(topic, sealer))

    def leave(self) -> None:
        """Not in a room: speakers are forgotten, the devices stay as they are and nothing is sent."""
        self._ask(lambda _: self._pipeline.leave())

    def add_speaker(self, member: bytes, opener: Opener, confirmed: bool) -> None:
        """Somebody (handle of 2 bytes) who may speak; the opener keeps its replay window over re-joins."""
        self._ask(lambda _: self._pipeline.playback.add(member, opener, confirmed=confirmed))

    def confirm_speaker(self, member: bytes) -> None:
        """Told that the speaker is really here now: its voice may be heard."""
        self._ask(lambda now: self._pipeline.playback.confirm(member, now))

    def tune_speaker(self, member: bytes, gain: float) -> None:
        """How loud the speaker is heard; 0: not at all, and its frames are dropped unopened."""
        self._ask(lambda _: self._pipeline.playback.tune(member, gain))

    def remove_speaker(self, member: bytes) -> None:
        """Told that the speaker left."""
        self._ask(lambda _: self._pipeline.playback.remove(member))

    def receive(self, frame: bytes, arrived: float, copy: bool = False) -> None:
        """A voice frame came at `arrived`, by the engine's clock. `copy`: by another lane it has come before."""
        self._frames_received += 1
        self._bytes_received += len(frame)
        self._frames.append((frame, arrived, copy))
        if len(self._frames) > FRAMES_WAITING:
            self._frames.popleft()
            self._overrun += 1

    def set_microphone(self, on: bool) -> None:
        """Open or close the microphone; answered by `MicrophoneChanged`, on failure by `ProblemReported` before."""
        self._ask(lambda now: self._pipeline.switch_microphone(on, now))

    def set_speaker(self, on: bool) -> None:
        """Begin or stop to play; answered by `SpeakerChanged`, on failure by `ProblemReported` before."""
        self._ask(lambda now: self._pipeline.switch_speaker(on, now))

    def set_audience(self, heard: bool) -> None:
        """Whether anybody listens: where nobody does, nothing is sent and the microphone stays open."""
        self._ask(lambda _: self._pipeline.capture.set_audience(heard))

    def set_transmit(self, mode: Transmit) -> None:
        """When the open microphone is sent."""
        self._ask(lambda _: self._pipeline.capture.set_transmit(mode))

    def set_mode(self, mode: VoiceMode) -> None:
        """What voice is made for: little delay, or little data."""
        self._ask(lambda _: self._pipeline.capture.set_mode(mode))

    def set_lanes(self, up: int, down: int) -> None:
        """Over how many lanes voice goes up, and how many bring it, from now on."""

        def change(now: float) -> None:
            self._pipeline.capture.set_lanes(up)
            self._pipeline.playback.set_lanes(down, now)

        self._ask(change)

    def hold_to_talk(self, on: bool) -> None:
        """The key is held, or let go."""
        self._ask(lambda _: self._pipeline.capture.hold(on))

    def set_processing(self, wanted: SetProcessing) -> None:
        """What is done to the microphone's sound from now on."""
        self._ask(lambda _: self._pipeline.capture.set_processing(wanted))

    def choose_devices(self, microphone: str | None, speaker: str | None) -> None:
        """Others than those that are used now (None: not another one); what is on goes on there."""
        self._ask(lambda now: self._pipeline.choose(microphone, speaker, now))

    def list_devices(self) -> None:
        """Answered by `DevicesListed`, on another thread."""
        self._ask(lambda _: self._pipeline.list_devices())

    def test_echo(self) -> None:
        """Three seconds of the microphone, then from the speaker: answered by `EchoTestChanged`."""
        self._ask(self._pipeline.test_echo)

    def stats(self) -> dict[str, int | float]:
        """Counters since the start, and what is reckoned with now: for people who look for a fault."""
        counters = self._pipeline.counters.snapshot()
        counters["dropped"] += self._overrun
        return {
            **counters,
            **self._measures,
            "voice_urgent": int(self._urgent),
            "slim": int(self._pipeline.capture.mode is VoiceMode.SLIM),
            "microphone_started": self._pipeline.capture.started or 0.0,
            "speaker_started": self._pipeline.playback.started or 0.0,
            "voice_frames_received": self._frames_received,
            "voice_bytes_received": self._bytes_received,
        }

    def _ask(self, command: Callable[[float], None]) -> None:
        self._commands.append(command)
        self._wake()

    def _wake(self) -> None:
        self._awake.put(None)

    def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(queue.Empty):
            self._awake.get(timeout=max(0.0, seconds))

    def _run(self) -> None:
        try:
            while not self._closing:
                now = self._clock()
                wait = self._turn(now)
                # Reckoned from when it looked: what it did since then is no part of the pause.
                self._sleep(now + (IDLE_SECONDS if wait is None else min(wait, IDLE_SECONDS)) - self._clock())
        except Exception as error:  # noqa: BLE001 - whatever it is, the user is told and text goes on
            _log.exception("the voice thread failed")
            self._report(faults.reported(Part.GENERAL, "voice", _FAILED, error))
        finally:
            self._pipeline.close()

    def _hurry(self) -> None:
        """A card is looked at from now on: this thread goes before those of ordinary programs, if it may."""
        self._urgent = self._urgent or take_precedence()

    def _turn(self, now: float) -> float | None:
        while self._commands:
            self._commands.popleft()(now)
        for _ in range(min(len(self._frames), _FRAMES_A_TURN)):
            frame, arrived, copy = self._frames.popleft()
            if now - arrived > FRAME_AGE_SECONDS:
                self._pipeline.counters.dropped += 1
            else:
                self._pipeline.playback.take(frame, arrived, copy=copy)
        if now - self._measured_at >= MEASURE_SECONDS:  # here, since other threads must not look into the buffers
            self._measures, self._measured_at = self._pipeline.playback.measures(), now
        wait = self._pipeline.step(now)
        return 0.0 if self._frames else wait
