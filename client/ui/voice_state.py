"""Microphone and speaker: what was asked for, what is true, and what to say about the difference. Pure."""

from __future__ import annotations

from msgspec import Struct

from client.events import (
    AudienceChanged,
    Event,
    HoldChanged,
    MicrophoneChanged,
    MicrophoneEnded,
    MicrophoneLevel,
    Part,
    ProblemReported,
    SpeakerChanged,
    SpeechChanged,
)
from client.ui import texts
from client.ui.safe_text import safe_sentence
from client.ways_of_voice import LaneChanged, LaneReason, VoiceModeChanged, VoiceModeReason

_LOST = frozenset({"microphone", "speaker"})  # other problems leave a device that is on as it is
DEVICE_PROBLEMS = _LOST | {"microphone_missing", "speaker_missing"}  # over when the device is on, by its right name
_DEVICE_CELLS = 40
_LANE_NOTES = {  # how many, and whether they were asked for
    (2, False): texts.SECOND_LANE_LOSS,
    (2, True): texts.SECOND_LANE,
    (3, True): texts.THIRD_LANE,
    (4, False): texts.FOUR_LANES_LOSS,
    (4, True): texts.FOUR_LANES,
}


class VoiceShown(Struct, frozen=True):
    """Both toggles. `*_down` is sunken (asked for), `*_note` the words beside it, `level` 0..1 of full scale.

    `lost_note` goes before both: a device that is on stopped working. `warns`: what the words say is a warning, since
    nobody hears what is said now, or nothing is heard here. `devices`: what is in use.
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
    lost_note: str = ""
    devices: str = ""


class _Side(Struct):
    """Microphone or speaker."""

    wanted: bool
    on: bool = False
    device: str = ""  # by the name that the system has for it, cleaned
    lost: bool = False  # it stopped working, and is tried again

    def changed(self, on: bool, device: str) -> None:
        """It is on, perhaps by another device, or off."""
        self.on = self.wanted = on
        self.device, self.lost = safe_sentence(device, _DEVICE_CELLS), False

    def failed(self, code: str) -> None:
        """It could not be opened, or stopped; of what stopped nobody says that it is off, as long as it is tried."""
        self.wanted = self.on
        self.lost = self.lost or (self.on and code in _LOST)

    @property
    def works(self) -> bool:
        return self.on and not self.lost

    @property
    def used(self) -> str:
        """The device that works now, if one does."""
        return self.device if self.works else ""

    def waiting_note(self, *, online: bool, once_connected: str) -> str:
        if not self.wanted or self.lost:  # which is said by a note of its own
            return ""
        if not online:
            return once_connected if self.on else texts.ON_AFTER_CONNECTING
        return "" if self.on else texts.OPENING


class Voice:
    """The state behind the toggles."""

    def __init__(self, *, microphone_wanted: bool = False, speaker_wanted: bool = False) -> None:
        self._microphone = _Side(microphone_wanted)
        self._speaker = _Side(speaker_wanted)
        self._level = 0.0
        self._speaking = False
        self._held = False
        self._lane_note = self._slim_note = ""
        self.audience: int | None = None  # None: not told yet
        self.push_key = ""  # the key that has to be held to be heard; empty: none has to be

    def ask_microphone(self, *, on: bool) -> None:
        """The toggle was pressed; `MicrophoneChanged` or a problem answers."""
        self._microphone.wanted = on

    def ask_speaker(self, *, on: bool) -> None:
        """The toggle was pressed; `SpeakerChanged` or a problem answers."""
        self._speaker.wanted = on

    def receive(self, event: Event) -> None:
        """Apply one event; those that are about something else change nothing."""
        match event:
            case ProblemReported(part=Part.SPEAKER, code=code):
                self._speaker.failed(code)
            case SpeakerChanged(on, device):
                self._speaker.changed(on, device)
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
            case ProblemReported(part=Part.MICROPHONE, code=code):
                self._microphone.failed(code)
                self._level = 0.0 if self._microphone.lost else self._level
            case MicrophoneChanged(on, device):
                self._microphone.changed(on, device)
                self._level = 0.0
                self._speaking = False
            case HoldChanged(on):
                self._held = on
            case MicrophoneEnded():
                self._level = 0.0
            case MicrophoneLevel(level):
                self._level = min(max(level, 0.0), 1.0) if self._microphone.works else 0.0
            case SpeechChanged(on):
                self._speaking = on
            case _:
                pass

    def shown(self, *, online: bool) -> VoiceShown:
        """What the toggles show."""
        note, warns = self._microphone_note(online=online)
        microphone, speaker = self._microphone, self._speaker
        lost = [
            words for side, words in ((microphone, texts.MICROPHONE_LOST), (speaker, texts.SPEAKER_LOST)) if side.lost
        ]
        return VoiceShown(
            microphone.wanted,
            microphone.works,
            note,
            speaker.wanted,
            speaker.works,
            speaker.waiting_note(online=online, once_connected=texts.ON_AFTER_CONNECTING),
            self._level,
            warns or bool(lost),
            (self._slim_note or self._lane_note) if online else "",
            "\n".join(lost),
            texts.in_use(microphone.used, speaker.used),
        )

    def _microphone_note(self, *, online: bool) -> tuple[str, bool]:
        """The words, and whether they are a warning."""
        if not (online and self._microphone.works):
            note = self._microphone.waiting_note(online=online, once_connected=texts.SENT_AFTER_CONNECTING)
            return note, False
        if self.push_key and not self._held and self._speaking:
            return texts.talking_while_muted(self.push_key), True
        if self.audience == 0:
            return texts.NOBODY_LISTENS, True
        return (texts.hold_to_talk(self.push_key) if self.push_key and not self._held else ""), False
