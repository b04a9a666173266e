"""Microphone and speaker: what was asked for, what is true, and what to say about the difference. Pure."""

from __future__ import annotations

from msgspec import Struct

from client.events import (
    AudienceChanged,
    Event,
    MicrophoneChanged,
    MicrophoneEnded,
    MicrophoneLevel,
    Part,
    ProblemReported,
    SpeakerChanged,
    SpeechChanged,
)
from client.ui import texts
from client.ways_of_voice import LaneChanged, LaneReason, VoiceModeChanged, VoiceModeReason

_LANE_NOTES = {  # how many, and whether they were asked for
    (2, False): texts.SECOND_LANE_LOSS,
    (2, True): texts.SECOND_LANE,
    (3, True): texts.THIRD_LANE,
    (4, False): texts.FOUR_LANES_LOSS,
    (4, True): texts.FOUR_LANES,
}


class VoiceShown(Struct, frozen=True):
    """Both toggles. `*_down` is sunken (asked for), `*_note` the words beside it, `level` 0..1 of full scale.

    `warns`: what the microphone's words say is a warning: nobody hears what is said now.
    """

    microphone_down: bool = False
    microphone_on: bool = False
    microphone_note: str = ""
    speaker_down: bool = False
    speaker_on: bool = False
    speaker_note: str = ""
    level: float = 0.0
    warns: bool = False
    network_note: str = ""


class Voice:
    """The state behind the toggles."""

    def __init__(self, *, microphone_wanted: bool = False, speaker_wanted: bool = False) -> None:
        self._microphone_wanted = microphone_wanted
        self._speaker_wanted = speaker_wanted
        self._microphone_on = False
        self._speaker_on = False
        self._level = 0.0
        self._speaking = False
        self._held = False
        self._lane_note = self._slim_note = ""
        self.audience: int | None = None  # None: not told yet
        self.push_key = ""  # the key that has to be held to be heard; empty: none has to be

    def ask_microphone(self, *, on: bool) -> None:
        """The toggle was pressed; `MicrophoneChanged` or a problem answers."""
        self._microphone_wanted = on

    def ask_speaker(self, *, on: bool) -> None:
        """The toggle was pressed; `SpeakerChanged` or a problem answers."""
        self._speaker_wanted = on

    def hold(self, *, on: bool) -> None:
        """The key to talk is held, or not any more."""
        self._held = on

    def receive(self, event: Event) -> None:
        """Apply one event; those that are about something else change nothing."""
        match event:
            case ProblemReported(part=Part.MICROPHONE):
                self._microphone_wanted = self._microphone_on
            case ProblemReported(part=Part.SPEAKER):
                self._speaker_wanted = self._speaker_on
            case SpeakerChanged(on):
                self._speaker_on = self._speaker_wanted = on
            case AudienceChanged(count):
                self.audience = count
            case LaneChanged(count, why):
                self._lane_note = _LANE_NOTES.get((count, why is LaneReason.ASKED), "")
            case VoiceModeChanged(_, why):
                self._slim_note = texts.SLIM_VOICE if why is VoiceModeReason.FULL else ""
            case _:
                self._receive_microphone(event)

    def _receive_microphone(self, event: Event) -> None:
        match event:
            case MicrophoneChanged(on):
                self._microphone_on = self._microphone_wanted = on
                self._level = 0.0
                self._speaking = False
            case MicrophoneEnded():
                self._level = 0.0
            case MicrophoneLevel(level):
                self._level = min(max(level, 0.0), 1.0) if self._microphone_on else 0.0
            case SpeechChanged(on):
                self._speaking = on
            case _:
                pass

    def shown(self, *, online: bool) -> VoiceShown:
        """What the toggles show."""
        note, warns = self._microphone_note(online=online)
        return VoiceShown(
            self._microphone_wanted,
            self._microphone_on,
            note,
            self._speaker_wanted,
            self._speaker_on,
            _waiting_note(self._speaker_wanted, self._speaker_on, online=online),
            self._level,
            warns,
            (self._slim_note or self._lane_note) if online else "",
        )

    def _microphone_note(self, *, online: bool) -> tuple[str, bool]:
        """The words, and whether they are a warning."""
        if not (online and self._microphone_on):
            return _waiting_note(self._microphone_wanted, self._microphone_on, online=online), False
        if self.push_key and not self._held and self._speaking:
            return texts.talking_while_muted(self.push_key), True
        if self.audience == 0:
            return texts.NOBODY_LISTENS, True
        return (texts.hold_to_talk(self.push_key) if self.push_key and not self._held else ""), False


def _waiting_note(wanted: bool, on: bool, *, online: bool) -> str:
    if not wanted:
        return ""
    if not online:
        return texts.ON_AFTER_CONNECTING
    return "" if on else texts.OPENING
