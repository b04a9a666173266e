"""The one line that `secure-chat ctl` says to a running client, and the one that answers it. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from common.errors import SecureChatError

LINE_BYTES = 4_096  # of a question or an answer; names have 64 characters, paths up to 4,096 are cut
FOLDER_CHARACTERS = 2_000


class BadCtlLine(SecureChatError):
    """Not a line of ctl."""


class What(StrEnum):
    """What is asked for."""

    TALK = "talk"
    MICROPHONE = "mic"
    SPEAKER = "speaker"
    STATUS = "status"


class How(StrEnum):
    """What a switch is to do."""

    ON = "on"
    OFF = "off"
    TOGGLE = "toggle"


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`how` means nothing for `What.STATUS`."""

    what: What
    how: How = How.TOGGLE


class Answer(msgspec.Struct, frozen=True):
    """How things are now; `problem` is why the question could not be obeyed, empty where it was."""

    name: str
    state_dir: str
    room_words: str  # empty: in no room
    people: int
    microphone: bool
    speaker: bool
    talking: bool  # the microphone is on and, where a key is held to talk, it is held
    transmit: str
    problem: str = ""


def encode(line: Question | Answer) -> bytes:
    """With its line break."""
    return msgspec.json.encode(line) + b"\n"


def decode_question(line: bytes) -> Question:
    """Raises `BadCtlLine`."""
    try:
        return msgspec.json.decode(line, type=Question)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadCtlLine(str(error)) from error


def decode_answer(line: bytes) -> Answer:
    """Raises `BadCtlLine`."""
    try:
        return msgspec.json.decode(line, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadCtlLine(str(error)) from error
