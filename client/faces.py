"""What the two faces of the text client share: the shape of a face, and who is here."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Protocol

from client import commands, events


class BadLine(Exception):
    """A line of input asks for nothing that can be done; the message says why."""


class KeyWish(StrEnum):
    """What is to become of this room's key: the face's own command, since the session keeps no keys."""

    REMEMBER = "remember"
    FORGET = "forget"


class Face(Protocol):
    """How lines of input become commands, and events become lines of output."""

    def command(self, line: str) -> commands.Command | KeyWish | list[str] | None:
        """What a line asks for: a command, lines to print at once, or None for nothing. Raises `BadLine`."""

    def complaint(self, message: str) -> str:
        """The answer to a bad line."""

    def lines(self, event: events.Event) -> list[str]:
        """What an event prints."""


class People:
    """Who is here, kept from the events; myself first.

    The reading thread looks while the main thread keeps up, so what is looked at is replaced and never changed.
    """

    def __init__(self) -> None:
        self._people: dict[str, events.Person] = {}
        self._talking: frozenset[str] = frozenset()
        self._delays: dict[str, int] = {}

    def __iter__(self) -> Iterator[events.Person]:
        return iter(self._people.values())

    def talking(self, person: events.Person) -> bool:
        """Whether somebody is heard now."""
        return person.session in self._talking

    def delay_ms(self, person: events.Person) -> int | None:
        """How long somebody's words are under way, if that is known."""
        return self._delays.get(person.session)

    def note(self, event: events.Event) -> None:
        """Keep up with the room."""
        match event:
            case events.RoomJoined(people=people):
                self._people = {person.session: person for person in people}
            case events.RoomLeft():
                self._people, self._talking, self._delays = {}, frozenset(), {}
            case events.PersonJoined(person) | events.PersonChanged(person):
                self._people = {**self._people, person.session: person}
            case events.PersonLeft(person):
                self._people = {key: other for key, other in self._people.items() if key != person.session}
                self._talking -= {person.session}
                self._delays = {key: ms for key, ms in self._delays.items() if key != person.session}
            case events.TalkingChanged(person, on):
                self._talking = self._talking | {person.session} if on else self._talking - {person.session}
            case events.DelayEstimated(person, ms):
                others = {key: known for key, known in self._delays.items() if key != person.session}
                self._delays = others if ms is None else {**others, person.session: ms}
            case _:
                pass
