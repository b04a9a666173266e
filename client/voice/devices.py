"""Which device a user's words mean: `none`, `default`, part of a device's name, or a WAV file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from client.voice.audio_device import AudioMicrophone, AudioSpeaker
from client.voice.card_clock import Period
from client.voice.counters import Counters
from client.voice.device import Microphone, Speaker
from client.voice.silence_device import SilentMicrophone, SilentSpeaker
from client.voice.sound_library import device_names
from client.voice.sound_server import SoundServer
from client.voice.wav_device import WavMicrophone, WavSpeaker
from common.errors import DeviceError

NONE: Final = "none"
DEFAULT: Final = "default"
_WAV: Final = ".wav"


class ChosenDevices:
    """Opens the devices of one client."""

    def __init__(
        self,
        microphone: str,
        speaker: str,
        wake: Callable[[], None],
        clock: Callable[[], float],
        counters: Counters,
        hurry: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` is called, on a thread of the sound card, when a device wants to be asked at once.

        `hurry` is called on the thread that asks for a card, since it must look at it in time; files and silence wait.
        """
        self._microphone = self._speaker = DEFAULT
        self.choose(microphone, speaker)
        self._server = SoundServer(wake)
        self._period = Period()  # of the speaker: what one card has taught counts for the next
        self._wake = wake
        self._clock = clock
        self._counters = counters
        self._hurry = hurry
        self._streams: list[AudioMicrophone | AudioSpeaker] = []  # those that may still have to be waited for
        self._recording: WavSpeaker | None = None  # one file for a run, however often the speaker is switched
        self._recorded = ""  # its path

    def choose(self, microphone: str | None, speaker: str | None) -> tuple[bool, bool]:
        """Other ones from the next opening on; None: the same. Which of the two are others."""
        before = self._microphone, self._speaker
        if microphone is not None:
            self._microphone = microphone.strip() or DEFAULT
        if speaker is not None:
            self._speaker = speaker.strip() or DEFAULT
        return self._microphone != before[0], self._speaker != before[1]

    def list(self, answer: Callable[[tuple[str, ...], tuple[str, ...]], None]) -> None:
        """Ask the sound server, else PortAudio, which takes its time."""
        threading.Thread(target=lambda: answer(*self._names()), name="sound devices", daemon=True).start()

    def microphone(self, now: float) -> Microphone:
        """Open the microphone. Raises `DeviceError`."""
        if self._microphone == NONE:
            return SilentMicrophone(now)
        if self._microphone.lower().endswith(_WAV):
            return WavMicrophone(Path(self._microphone), now)
        stream = AudioMicrophone(
            self._named(self._microphone), self._wake, self._clock, self._counters, self._server, Period()
        )
        self._keep(stream)
        return stream

    def speaker(self, now: float) -> Speaker:
        """Open the speaker. Raises `DeviceError`."""
        if self._speaker == NONE:
            return SilentSpeaker(now)
        if not self._speaker.lower().endswith(_WAV):
            stream = AudioSpeaker(
                self._named(self._speaker), self._wake, self._clock, self._counters, self._server, self._period
            )
            self._keep(stream)
            return stream
        if self._recording is None or self._recorded != self._speaker:
            if self._recording is not None:
                self._recording.finish()
            self._recording, self._recorded = WavSpeaker(Path(self._speaker), now), self._speaker
        else:
            self._recording.resume(now)
        return self._recording

    def close(self) -> None:
        """The end of the program: streams are closed and the recording is finished."""
        for stream in self._streams:
            stream.close()
        for stream in self._streams:
            stream.join()
        if self._recording is not None:
            self._recording.finish()
        self._server.close()

    def _names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        view = self._server.watch()
        if view is not None:
            return view.microphones.labels, view.speakers.labels
        try:
            return device_names()
        except (DeviceError, OSError):  # no PyAudio, or nothing that it could ask
            return (), ()

    def _keep(self, stream: AudioMicrophone | AudioSpeaker) -> None:
        self._hurry()
        self._streams = [kept for kept in self._streams if kept.alive]
        self._streams.append(stream)

    @staticmethod
    def _named(choice: str) -> str:
        """Part of a device's name; empty for the default device."""
        return "" if choice == DEFAULT else choice
