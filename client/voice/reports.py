"""What the voice thread tells the network thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from client.events import (
    DevicesListed,
    EchoTestChanged,
    MicrophoneChanged,
    MicrophoneEnded,
    MicrophoneLevel,
    ProblemReported,
    SpeakerChanged,
    SpeechChanged,
)


@dataclass(frozen=True, slots=True)
class TalkHeard:
    """A speaker's frames (they opened, and the speaker is confirmed) began or stopped to come.

    `member` is the handle, 2 bytes.
    """

    member: bytes
    on: bool


Report: TypeAlias = (
    TalkHeard
    | MicrophoneChanged
    | SpeakerChanged
    | MicrophoneEnded
    | MicrophoneLevel
    | SpeechChanged
    | DevicesListed
    | EchoTestChanged
    | ProblemReported
)
