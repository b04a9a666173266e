"""Who is in the room, and what the list says of each. Pure."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from client.events import DelayEstimated, Event, Person, PersonChanged, PersonJoined, PersonLeft, TalkingChanged
from client.ui import texts
from client.ui.safe_text import safe_name


class PersonState(StrEnum):
    """What is shown of a person, the strongest that holds."""

    TEXT_ONLY = "text only"
    LISTENING = "listening"
    TALKING = "talking"
    UNCONFIRMED = "unconfirmed"
    MUTED = "muted"  # by myself


_WORDS = {
    PersonState.TEXT_ONLY: texts.TEXT_ONLY,
    PersonState.LISTENING: texts.LISTENING,
    PersonState.TALKING: texts.TALKING,
    PersonState.UNCONFIRMED: texts.UNCONFIRMED,
    PersonState.MUTED: texts.MUTED,
}


class PersonRow(Struct, frozen=True):
    """One row of the list. `member` is the device's fingerprint, which also draws the sign beside the name."""

    session: str
    member: str
    name: str
    own: bool
    state: PersonState
    words: str
    decibels: float = 0.0
    muted: bool = False


class People:
    """All running clients in the room, by session."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self._talking: set[str] = set()
        self._delays: dict[str, int | None] = {}

    def __len__(self) -> int:
        return len(self._people)

    def begin(self, people: tuple[Person, ...]) -> None:
        """The room as it was on joining; nobody (an empty tuple) after leaving."""
        self._people = {person.session: person for person in people}
        self._talking.clear()
        self._delays.clear()

    def receive(self, event: Event) -> None:
        """Apply one event; those that are about something else change nothing."""
        match event:
            case PersonJoined(person) | PersonChanged(person):
                self._people[person.session] = person
            case PersonLeft(person):
                self._people.pop(person.session, None)
                self._talking.discard(person.session)
                self._delays.pop(person.session, None)
            case TalkingChanged(person, on):
                (self._talking.add if on else self._talking.discard)(person.session)
            case DelayEstimated(person, ms):
                self._delays[person.session] = ms
            case _:
                pass

    def own(self) -> Person | None:
        """Myself, once in the room."""
        return next((person for person in self._people.values() if person.own), None)

    def others_listening(self) -> int:
        """How many others have their speaker on."""
        return sum(person.listening and not person.own for person in self._people.values())

    def rows(self, *, microphone_on: bool, speaker_on: bool = False) -> tuple[PersonRow, ...]:
        """Myself first, the others by name. My own devices are known better here than to the broker."""
        order = sorted(
            self._people.values(), key=lambda person: (not person.own, person.name.casefold(), person.session)
        )
        return tuple(self._row(person, microphone_on=microphone_on, speaker_on=speaker_on) for person in order)

    def _row(self, person: Person, *, microphone_on: bool, speaker_on: bool) -> PersonRow:
        state = self._state(replace(person, listening=speaker_on) if person.own else person)
        words = _WORDS[state]
        if person.own and microphone_on and state is not PersonState.TALKING:
            words = texts.MICROPHONE_OPEN
        delay = self._delays.get(person.session)
        if state is PersonState.TALKING and delay is not None:
            words = texts.talking_behind(delay)
        elif person.decibels and not person.muted:  # both together are wider than the list
            words = texts.as_loud(words, round(person.decibels))
        name = safe_name(person.name)
        return PersonRow(person.session, person.member, name, person.own, state, words, person.decibels, person.muted)

    def _state(self, person: Person) -> PersonState:
        if not (person.confirmed or person.own):
            return PersonState.UNCONFIRMED
        if person.muted:
            return PersonState.MUTED
        if person.session in self._talking:
            return PersonState.TALKING
        return PersonState.LISTENING if person.listening else PersonState.TEXT_ONLY
