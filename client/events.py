"""What a user interface is told, in the past tense. All frozen.

Commands (`client.commands`) go down to the network thread, events come up; a user interface knows nothing else of the
session.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from client.ways_of_voice import WayChanged
from common.discreet import Discreet


class Part(StrEnum):
    """The part of the window that a problem is about."""

    SERVER = "server"
    NAME = "name"
    KEY = "key"
    TEXT = "text"
    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    GENERAL = "general"


class Person(Struct, frozen=True):
    """One running client in the room.

    `session` tells two runs apart, `member` is the fingerprint of the device (the same in every run in this
    room). `name` is the display name, already made unique (`Ann (2)`). An unconfirmed person has not yet
    shown that it is really here now.
    """

    session: str
    member: str
    name: str
    own: bool = False
    confirmed: bool = False
    listening: bool = False
    decibels: float = 0.0  # how loud I want to hear it
    muted: bool = False


class ConnectionProgressed(Struct, frozen=True):
    """A step of an attempt, in words for the status line ("Looking for the broker…")."""

    step: str


class BrokerMet(Discreet, frozen=True):
    """The broker's key is known: its four words; whether it was never seen before; a link that invites here.

    `invite` has the phrase in it.
    """

    words: str
    first_contact: bool
    invite: str


class KeyringFound(Struct, frozen=True):
    """There is a keyring of the system, which can keep the keys of rooms."""


class KeyFound(Discreet, frozen=True):
    """The key of the room of these words at this server, from the system's keyring."""

    server: str
    room: str
    key: str


class KeyRemembered(Struct, frozen=True):
    """The key of the room of these words at this server is in the system's keyring now, or not any more."""

    server: str
    room: str
    on: bool


class Clash(StrEnum):
    """What says otherwise about the key of a broker."""

    BROKER_AND_PIN = "broker_and_pin"  # the broker shows another key than the one that this computer knows
    BROKER_AND_LINK = "broker_and_link"  # ... than the one that the invite link names
    LINK_AND_PIN = "link_and_pin"  # the link names another one than this computer knows; the broker was not asked


class BrokerChanged(Struct, frozen=True):
    """A broker's key is not the one that was expected, and nothing was sent to it.

    `before` and `now` are the four words of the expected key and of the other one, `key` is that other one: see
    `Connect.compared_key`. Follows a problem with the code `key_changed`, and is followed by `RoomLeft`.
    """

    address: str
    before: str
    now: str
    key: bytes
    clash: Clash


class RoomJoined(Struct, frozen=True):
    """In the room: my own fingerprint, all people (myself first), the room's two words (`otter lamp`)."""

    member: str
    people: tuple[Person, ...]
    room_words: str
    again: bool = False  # after a lost connection


class RoomLeft(Struct, frozen=True):
    """Not in the room any more. `retry_in` is seconds until the next attempt, None where there will be none."""

    reason: str
    retry_in: float | None


class PersonJoined(Struct, frozen=True):
    """Somebody came."""

    person: Person


class PersonChanged(Struct, frozen=True):
    """Somebody's name, confirmation or speaker changed."""

    person: Person


class PersonLeft(Struct, frozen=True):
    """Somebody went."""

    person: Person


class TalkingChanged(Struct, frozen=True):
    """Somebody began or stopped to be heard (told by frames that opened)."""

    person: Person
    on: bool


class WritingChanged(Struct, frozen=True):
    """Somebody is writing a line, or is not any more. Whoever leaves is told by `PersonLeft` alone."""

    person: Person
    on: bool


class DelayEstimated(Struct, frozen=True):
    """How long somebody's words are under way from their mouth to my ear, in ms; None: it is not known any more.

    Told while they talk, about once a second at most, where it has changed by some ms.
    """

    person: Person
    ms: int | None


class AudienceChanged(Struct, frozen=True):
    """How many others have their speaker on."""

    count: int


class DraftOpened(Struct, frozen=True):
    """The key of a room is there, and what was written there and not sent (perhaps nothing): once for each `Connect`.

    `room` names the room for `KeepDraft`; `kept`: what is written from now on is kept on this computer.
    """

    room: str
    text: str
    kept: bool


class TextQueued(Struct, frozen=True):
    """My line is sealed and in the outbox, not yet stored by the broker. `post` names it until then."""

    post: str
    text: str
    sent_at: float  # seconds since 1970


class TextStored(Struct, frozen=True):
    """The broker keeps my line under this number; `epoch` as in `TextReceived`."""

    post: str
    seq: int
    epoch: int = 0


class TextRefused(Struct, frozen=True):
    """The broker will not keep my line, and trying again would not help."""

    post: str
    reason: str


class TextReceived(Struct, frozen=True):
    """A line of the room, once for each, my own included (right after its `TextStored`).

    `late`: it was said before, or arrived out of order; show it at its place by `epoch`, then `seq`. The epoch rises
    when a broker begins to number anew (after a restore, or where it keeps nothing): `seq` alone is no place then.
    `copied_device`: the same device has said another line under the same counter. `known`: an earlier run has told it.
    """

    post: str
    member: str
    name: str
    text: str
    seq: int
    sent_at: float  # seconds since 1970, by the sender's clock
    own: bool
    late: bool
    copied_device: bool = False
    epoch: int = 0
    known: bool = False


class TextSeen(Struct, frozen=True):
    """My line with this number was seen on `count` other devices, of the `of` that are here or have seen it."""

    seq: int
    count: int
    of: int
    epoch: int = 0


class Missing(StrEnum):
    """Why lines are missing."""

    NOT_KEPT = "not_kept"  # the broker keeps them no longer (or never did): said while I was away
    DROPPED = "dropped"  # their sender has numbered them, and the broker has not passed them on


class LinesMissing(Struct, frozen=True):
    """`count` lines between the numbers `after` and `before` (both exclusive) are not to be had.

    Of one sender (`member`, `name`) where they were dropped. Told again with another count when some of them
    come after all, with 0 when all have; the line in the view is the one with the same `after`, `why` and
    `member`. All numbers are of one `epoch`.
    """

    after: int
    before: int
    count: int
    why: Missing
    member: str = ""
    name: str = ""
    epoch: int = 0


class LogSearched(Struct, frozen=True):
    """The kept lines with these words, the newest ones, in rising order. `more`: there are older ones too."""

    words: str
    lines: tuple[TextReceived, ...]
    more: bool


class LogExported(Struct, frozen=True):
    """So many lines of the room are in the file now."""

    path: str
    count: int


class MicrophoneChanged(Struct, frozen=True):
    """The microphone is on or off, and which device it is (empty when off). Told again when that is another one."""

    on: bool
    device: str = ""


class SpeakerChanged(Struct, frozen=True):
    """The speaker is on or off, and which device it is (empty when off). Told again when that is another one."""

    on: bool
    device: str = ""


class DevicesListed(Struct, frozen=True):
    """The microphones and speakers that there are now, by the names that `ChooseDevices` takes."""

    microphones: tuple[str, ...]
    speakers: tuple[str, ...]


class EchoStep(StrEnum):
    """Where an echo test is."""

    SPEAK = "speak"  # the microphone records
    LISTEN = "listen"  # the speaker plays what it has recorded
    OVER = "over"


class EchoTestChanged(Struct, frozen=True):
    """What the user is to do now."""

    step: EchoStep


class MicrophoneEnded(Struct, frozen=True):
    """The WAV file that stands in for a microphone was spoken to its end."""


class MicrophoneLevel(Struct, frozen=True):
    """How loud the microphone is, 0..1 of full scale; a few times a second while it is on."""

    level: float


class SpeechChanged(Struct, frozen=True):
    """I speak into my open microphone, or not any more; whether it is sent or not."""

    on: bool


class HoldChanged(Struct, frozen=True):
    """The key to talk is held down, or was let go, by whoever holds it."""

    on: bool


class StatsReported(Struct, frozen=True):
    """Counters since the start of the program."""

    counters: Mapping[str, int | float]


class ProblemReported(Discreet, frozen=True):
    """Something did not work: which part of the window it is about, a code for programs, a sentence for people.

    `details`: of a fault in the program itself, what its makers need to know (`client.faults`).
    """

    part: Part
    code: str
    message: str
    details: str = ""


class SessionEnded(Struct, frozen=True):
    """The answer to `Quit`: all threads and sockets are closed. Nothing follows."""


Event: TypeAlias = (
    ConnectionProgressed
    | BrokerMet
    | BrokerChanged
    | KeyringFound
    | KeyFound
    | KeyRemembered
    | RoomJoined
    | RoomLeft
    | PersonJoined
    | PersonChanged
    | PersonLeft
    | TalkingChanged
    | WritingChanged
    | DelayEstimated
    | AudienceChanged
    | DraftOpened
    | TextQueued
    | TextStored
    | TextRefused
    | TextReceived
    | TextSeen
    | LinesMissing
    | LogSearched
    | LogExported
    | MicrophoneChanged
    | SpeakerChanged
    | DevicesListed
    | EchoTestChanged
    | MicrophoneEnded
    | MicrophoneLevel
    | SpeechChanged
    | HoldChanged
    | WayChanged
    | StatsReported
    | ProblemReported
    | SessionEnded
)
