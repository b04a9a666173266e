"""Who is writing just now, kept from the events. Pure."""

from __future__ import annotations

from client.events import Event, PersonLeft, RoomJoined, RoomLeft, WritingChanged


class Writers:
    """All others who write a line, in the order in which they began.

    One thread may look while another keeps up: what is looked at is replaced and never changed.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}  # by session

    def names(self) -> list[str]:
        """As others are called in this room."""
        return list(self._names.values())

    def receive(self, event: Event) -> None:
        """Apply one event; those that are about something else change nothing."""
        match event:
            case WritingChanged(person, on=True):
                self._names = {**self._names, person.session: person.name}
            case WritingChanged(person) | PersonLeft(person):
                self._names = {key: name for key, name in self._names.items() if key != person.session}
            case RoomJoined() | RoomLeft():
                self._names = {}
            case _:
                pass
