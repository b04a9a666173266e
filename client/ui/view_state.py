"""What the presenter has the window show, and what it is told of who looks at it: frozen, compared before drawing."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from client.events import Part
from client.ui.people import PersonRow
from client.ui.voice_state import VoiceShown
from common.discreet import Discreet


class Phase(StrEnum):
    """Where we stand with the broker."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    ONLINE = "online"
    RETRYING = "retrying"
    LEAVING = "leaving"


class Remedy(StrEnum):
    """The button in the problem bar that mends it."""

    CONNECT_ANYWAY = "connect anyway"
    TRY_AGAIN = "try again"
    NEW_KEY = "new key"
    COMPARE = "compare"
    COPY_DETAILS = "copy details"
    CLOSE = "close"


class Problem(Discreet, frozen=True):
    """What the bar says: the part that is wrong, a sentence, and perhaps the button that mends it."""

    part: Part
    text: str
    remedy: Remedy | None = None
    code: str = ""
    details: str = ""  # to be copied by that button

    @property
    def is_question(self) -> bool:
        """Nothing is wrong: something is asked."""
        return self.remedy is Remedy.CLOSE


class Status(Struct, frozen=True):
    """The status line. Words are empty where they are not known."""

    phase: Phase
    text: str
    room_words: str = ""
    broker_words: str = ""
    broker_is_new: bool = False


class ViewState(Discreet, frozen=True):
    """Everything that the window shows, but for the messages, which come as changes."""

    status: Status
    can_connect: bool
    can_disconnect: bool
    can_send: bool
    problem: Problem | None
    people: tuple[PersonRow, ...]
    people_note: str
    voice: VoiceShown
    empty_title: str  # what stands in the message area while there is no message
    empty_text: str
    writing: str  # who writes just now
    has_new: bool  # a mark stands above messages that came while nobody looked
    offers_new: bool  # and it has not been before the eyes yet
    invite: str


class Glance(Struct, frozen=True):
    """What somebody in front of the window could see now.

    `lowest` is the key of the lowest row that is whole in view, empty for none; `untouched` is seconds since
    the pointer last did something in the window; `first_new`: the mark above new messages is in view.
    """

    lowest: str
    viewable: bool
    focused: bool
    untouched: float
    first_new: bool = False
