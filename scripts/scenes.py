"""What the pictures of docs/images show: who is there, what happens, what is pressed. See scripts/screenshots.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from client.events import (
    AudienceChanged,
    BrokerMet,
    ConnectionProgressed,
    Event,
    MicrophoneChanged,
    MicrophoneLevel,
    Part,
    Person,
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
)
from client.ui.actions import Act
from client.ui.app import Opening, Window

READY = Opening("chat.example.org:9090", "Ann", "tiring-panning-garden-arrive-wasting-candied", connect=True)

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
        SpeakerChanged(on=True, device="Headphones"),
        MicrophoneChanged(on=True, device="Microphone"),
        MicrophoneLevel(0.16),
        TalkingChanged(BEN, on=True),
    ]


def unheard(now: float) -> list[Event]:
    """Somebody talks without holding the key."""
    return [*conversation(now), AudienceChanged(2), SpeechChanged(on=True)]


def error(_now: float) -> list[Event]:
    """A key that is easy to guess, at a broker that was never met."""
    sentence = (
        "This key is easy to guess, and this broker was never met before: whoever runs it could try keys "
        "until one fits. Use a longer key, or make a new one."
    )
    return [
        ConnectionProgressed("Looking for the broker…"),
        ProblemReported(Part.KEY, "weak_phrase", sentence),
        RoomLeft(sentence, None),
    ]


SCENES = {
    "empty": Scene(nothing, Opening(name="Ann")),
    "conversation": Scene(conversation),
    "error": Scene(error, Opening("chat.example.org:9090", "Ann", "summer2024", connect=True)),
    "menu": Scene(conversation, act=lambda window: window.do(Act.MENU)),
    "settings": Scene(conversation, act=lambda window: window.do(Act.SETTINGS)),
    "keys": Scene(conversation, act=lambda window: window.do(Act.KEYS)),
    "unheard": Scene(unheard, settings={"transmit": "push"}),
    "small": Scene(conversation, size="480x360"),
    "small-people": Scene(conversation, size="480x360", act=lambda window: window.page.voice.people.invoke()),
}
