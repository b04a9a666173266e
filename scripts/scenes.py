"""What the pictures of docs/images show: who is there, what happens, what is pressed. See scripts/screenshots.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from client.commands import Connect
from client.events import (
    AudienceChanged,
    BrokerChanged,
    BrokerMet,
    Clash,
    ConnectionProgressed,
    DelayEstimated,
    Event,
    MicrophoneChanged,
    MicrophoneLevel,
    Part,
    Person,
    PersonChanged,
    PersonJoined,
    ProblemReported,
    RoomJoined,
    RoomLeft,
    SpeakerChanged,
    SpeechChanged,
    TalkingChanged,
    TextQueued,
    TextReceived,
    TextSeen,
    TextStored,
    WritingChanged,
)
from client.safe import Safe
from client.target import AttemptFailed, read_target
from client.ui.actions import Act
from client.ui.app import Opening, Window
from client.ui.invite_view import InviteView
from client.visited import Visit, Visited
from client.ways_of_voice import LaneChanged, LaneReason
from common.address import Address
from common.invite import Invite

READY = Opening("chat.example.org:9090", "Ann", "tiring-panning-garden-arrive-wasting-candied", connect=True)
INVITE = Invite(Address("chat.example.org", 9090), bytes(range(32)), 9091, 9092, READY.phrase)

ANN = Person("1", "7f31 ann", "Ann", own=True, confirmed=True, listening=True)
BEN = Person("2", "4e02 ben", "Ben", confirmed=True, listening=True)
CLEO = Person("3", "c9aa cleo", "Cleo", confirmed=True)
DANI = Person("4", "18d3 dani", "Dani")


@dataclass(frozen=True, slots=True)
class Scene:
    """`play` gives the events for a wall clock in seconds, `act` does what a person does after them."""

    play: Callable[[float], list[Event]]
    opening: Opening = READY
    act: Callable[[Window], object] = lambda _window: None
    settings: dict[str, object] = field(default_factory=dict)
    focused: bool = True
    size: str = ""  # WIDTHxHEIGHT in pixels; empty: as it opens


def nothing(_now: float) -> list[Event]:
    """The first sight."""
    return []


def conversation(now: float) -> list[Event]:
    """Four people, one of them talking."""
    start = now - 1500

    def said(seq: int, who: Person, text: str, after: float, *, late: bool = False) -> TextReceived:
        return TextReceived(f"p{seq}", who.member, who.name, text, seq, start + after, who.own, late)

    reading = "Turn your speaker on, I want to read you the first page. It is longer than a line, so it wraps."
    return [
        BrokerMet("walnut-ferry-dapper-tulip", first_contact=False, invite="secure-chat://example"),
        RoomJoined(ANN.member, (ANN, BEN, CLEO), "otter lamp"),
        said(1, CLEO, "Is everyone in with the new key?", 0, late=True),
        said(2, BEN, "Yes. Cleo and I have compared the room words: otter lamp.", 40, late=True),
        PersonJoined(DANI),
        said(3, BEN, reading, 1200),
        TextQueued("q4", "Speaker is on. Go ahead, I am all ears 🎧", start + 1260),
        TextStored("q4", 4),
        TextSeen(4, 2, 3),
        said(6, CLEO, "I only have text today, tell me how it ends.", 1290),
        TextQueued("q6", "We will write it down for you.", start + 1320),
        SpeakerChanged(on=True, device="USB Headset"),
        MicrophoneChanged(on=True, device="USB Headset"),
        MicrophoneLevel(0.16),
        TalkingChanged(BEN, on=True),
    ]


def unheard(now: float) -> list[Event]:
    """Somebody talks without holding the key."""
    return [*conversation(now), AudienceChanged(2), SpeechChanged(on=True)]


def tuned(now: float) -> list[Event]:
    """One is louder than the others, one is not heard at all."""
    chosen = [replace(BEN, decibels=6.0), replace(CLEO, muted=True)]
    return [*conversation(now), DelayEstimated(BEN, 46), *map(PersonChanged, chosen)]


def lossy(now: float) -> list[Event]:
    """Lines came while one was elsewhere, the network loses packets, and somebody writes."""
    second = LaneChanged(2, why=LaneReason.LOSS_UP)
    return [*conversation(now), AudienceChanged(2), second, WritingChanged(CLEO, on=True)]


def _refused(phrase: str) -> str:
    """What the program says of this key at a broker that it does not know."""
    try:
        read_target(Connect("chat.example:9090", "Ann", phrase)).check_phrase_against(None)
    except AttemptFailed as failed:
        return str(failed)
    raise ValueError(f"{phrase} is not easy to guess")


def error(_now: float) -> list[Event]:
    """A key that is easy to guess, at a broker that was never met."""
    sentence = _refused("sunflower")
    return [
        ConnectionProgressed("Looking for the broker…"),
        ProblemReported(Part.KEY, "weak_phrase", sentence),
        RoomLeft(sentence, None),
    ]


def changed(_now: float) -> list[Event]:
    """The broker is another one than yesterday."""
    server, before, now = READY.server, "walnut-ferry-dapper-tulip", "stash-glowing-mural-dozed"
    return [
        ProblemReported(Part.SERVER, "key_changed", "STOP."),
        BrokerChanged(server, before, now, bytes(32), Clash.BROKER_AND_PIN),
        RoomLeft("could not connect", None),
    ]


def alone(_now: float) -> list[Event]:
    """A host who has just made a room."""
    me = replace(ANN, listening=False)
    met = BrokerMet("walnut-ferry-dapper-tulip", first_contact=True, invite=str(INVITE))
    return [met, RoomJoined(ANN.member, (me,), "otter lamp")]


class Known(Visited):
    """Two servers, in no file."""

    def all(self) -> tuple[Visit, ...]:
        """Newest first."""
        return Visit(READY.server, "Ann"), Visit("192.168.1.20:9090", "Ann")


class Ring:
    """A keyring of a desktop, with nothing in it."""

    def get_password(self, service: str, username: str) -> str | None:
        """There is none."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Nothing is kept."""

    def delete_password(self, service: str, username: str) -> None:
        """Nothing was."""


def invited(window: Window) -> None:
    """The link and the code are shown."""
    window.do(Act.INVITE)
    if isinstance(window.stage.sheet, InviteView):
        window.stage.sheet.show_button.invoke()


SCENES = {
    "empty": Scene(nothing, Opening(name="Ann")),
    "conversation": Scene(conversation),
    "error": Scene(error, Opening("chat.example.org:9090", "Ann", "summer2024", connect=True)),
    "menu": Scene(conversation, act=lambda window: window.do(Act.MENU)),
    "settings": Scene(conversation, act=lambda window: window.do(Act.SETTINGS)),
    "keys": Scene(conversation, act=lambda window: window.do(Act.KEYS)),
    "volume": Scene(tuned, act=lambda window: window.page.roster.row(BEN.session).open()),
    "lossy": Scene(lossy, focused=False),
    "unheard": Scene(unheard, settings={"transmit": "push"}),
    "changed": Scene(changed),
    "alone": Scene(alone),
    "invite": Scene(alone, act=invited),
    "servers": Scene(
        nothing,
        Opening(READY.server, "Ann", visited=Known(None)),
        act=lambda window: window.page.connect.servers.open(),
    ),
    "remember": Scene(
        nothing,
        replace(READY, connect=False, open_safe=lambda: Safe(Ring())),
        act=lambda window: window.page.connect.remember_box.invoke(),
    ),
    "changed-small": Scene(changed, size="480x320"),
    "small": Scene(conversation, size="480x360"),
    "small-people": Scene(conversation, size="480x360", act=lambda window: window.page.voice.people.invoke()),
}
