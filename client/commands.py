"""What a user interface may ask for. All frozen.

Commands go down to the network thread; what comes of them is told by events (`client.events`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from common.discreet import Discreet


class Connect(Discreet, frozen=True):
    """Join the room of this phrase at this server (`host`, `host:port`, `[v6]:port` or an invite link).

    A phrase inside an invite wins over `phrase`. `accept_weak_phrase` is the user's "connect anyway".
    `compared_key` is the key of a `BrokerChanged` whose words the user has compared with the host's: it is the only
    one that the broker may have, whatever was known before, and is known from the moment the room is joined.
    """

    server: str
    name: str
    phrase: str
    accept_weak_phrase: bool = False
    compared_key: bytes | None = None


class Disconnect(Struct, frozen=True):
    """Leave the room, or end the attempt to join it."""


class SendText(Struct, frozen=True):
    """Post a line."""

    text: str


class KeepDraft(Struct, frozen=True):
    """What is written in the room (of a `DraftOpened`) and not sent; empty: nothing is any more."""

    room: str
    text: str


class TellWriting(Struct, frozen=True):
    """The user is writing something just now. Others are told, but not with every key."""


class MarkSeen(Struct, frozen=True):
    """The user has this line, and all above it, before their eyes: `post` is that of its `TextReceived`."""

    post: str


class SearchLog(Struct, frozen=True):
    """Look for words in all kept lines of this room, whatever their case. Answered by `LogSearched`."""

    words: str


class ExportLog(Struct, frozen=True):
    """Write all kept lines of this room to a new file, as text. Answered by `LogExported`, or by a problem."""

    path: str


class SetMicrophone(Struct, frozen=True):
    """Open or close the microphone."""

    on: bool


class SetSpeaker(Struct, frozen=True):
    """Begin or stop to play incoming voice."""

    on: bool


class Transmit(StrEnum):
    """When an open microphone is sent."""

    VOICE = "voice"  # while somebody speaks
    PUSH = "push"  # while a key is held
    ALWAYS = "always"


class SetTransmit(Struct, frozen=True):
    """When my microphone is sent."""

    mode: Transmit


class VoiceMode(StrEnum):
    """What my voice is made for; who listens needs to know nothing of it."""

    LOW_DELAY = "low-delay"
    SLIM = "slim"  # a quarter of the data, and 30 ms later


class VoiceWish(StrEnum):
    """What the user wishes: one of the modes, or that the network decides (`client.voice_choice`)."""

    AUTO = "auto"
    LOW_DELAY = "low-delay"
    SLIM = "slim"


class SetVoiceMode(Struct, frozen=True):
    """What my voice is made for from now on."""

    wish: VoiceWish


class HoldToTalk(Struct, frozen=True):
    """The key is held, or let go; it counts in the mode `Transmit.PUSH`."""

    on: bool


class Lanes(StrEnum):
    """How many ways voice takes."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    AUTO = "auto"  # further ones while the network loses packets


class SetLanes(Struct, frozen=True):
    """How many ways my voice, and that of others, takes from now on."""

    lanes: Lanes


class SetProcessing(Struct, frozen=True):
    """What is done to my microphone's sound: echo and noise taken away, rumble cut off, the level kept in bounds."""

    echo: bool = True
    noise: bool = True
    high_pass: bool = True
    gain: bool = True


class SetVolume(Struct, frozen=True):
    """How loud a person is heard, −20 to +12 dB, here and now and whenever this device comes back.

    `member` is the fingerprint of the device, as in `Person`. Answered by `PersonChanged`.
    """

    member: str
    decibels: float


class SetMuted(Struct, frozen=True):
    """Whether nothing of a person is heard: its voice does not even come in. `member` as in `SetVolume`."""

    member: str
    on: bool


class SetReceipts(Struct, frozen=True):
    """Whether others are told which lines I have seen."""

    on: bool


class SetTyping(Struct, frozen=True):
    """Whether others are told that I am writing."""

    on: bool


class SetKeepLog(Struct, frozen=True):
    """Whether lines are kept on this computer; it counts from the next `Connect` on."""

    on: bool


class ChooseDevices(Struct, frozen=True):
    """Another microphone or speaker, now and later: `default`, `none`, (part of) a name, or a WAV file.

    None: the one that it is.
    """

    microphone: str | None = None
    speaker: str | None = None


class AskDevices(Struct, frozen=True):
    """Answered by `DevicesListed`."""


class TestEcho(Struct, frozen=True):
    """Record three seconds and play them back, in no room if need be. Answered by `EchoTestChanged`."""

    __test__ = False  # pytest: no test of its own


class AskStats(Struct, frozen=True):
    """Answered by `StatsReported`."""


class Quit(Struct, frozen=True):
    """Leave, close everything, end the network and voice threads."""


VoiceCommand: TypeAlias = (  # for the voice engine
    SetMicrophone | SetSpeaker | SetTransmit | HoldToTalk | SetProcessing | ChooseDevices | AskDevices | TestEcho
)
DeskCommand: TypeAlias = (  # for the desk
    SendText | KeepDraft | TellWriting | MarkSeen | SearchLog | ExportLog | SetReceipts | SetTyping | SetKeepLog
)
PersonCommand: TypeAlias = SetVolume | SetMuted
PathCommand: TypeAlias = SetLanes | SetVoiceMode  # for what minds the way to the broker
Command: TypeAlias = Connect | Disconnect | DeskCommand | VoiceCommand | PersonCommand | PathCommand | AskStats | Quit
