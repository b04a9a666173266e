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


@dataclass(frozen=True, slots=True)
class MediaSpoken:
    """I talk, and what is heard at this media time (0..2^32-1) was spoken `at`, by the voice thread's clock."""

    media_time: int
    at: float


@dataclass(frozen=True, slots=True)
class MediaHeard:
    """A media time (0..2^32-1) of a speaker leaves the loudspeaker `at`, by the voice thread's clock."""

    member: bytes
    media_time: int
    at: float


Report: TypeAlias = (
    TalkHeard
    | MediaSpoken
    | MediaHeard
    | MicrophoneChanged
    | SpeakerChanged
    | MicrophoneEnded
    | MicrophoneLevel
    | SpeechChanged
    | DevicesListed
    | EchoTestChanged
    | ProblemReported
)
