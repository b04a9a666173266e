"""What is remembered of a stay in a room, told by its events: the same for the window and the text client."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from client.commands import Connect
from client.events import BrokerMet, Event, RoomJoined
from client.visited import Visit, Visited
from common.address import BANNER_OFFSET, VOICE_OFFSET
from common.errors import BadInvite
from common.invite import Invite, parse_invite


class Memory:
    """Tell it of each `Connect`, and of each event."""

    def __init__(self, visited: Visited, *, wanted: Callable[[], bool], keep_key: Callable[[Visit, str], None]) -> None:
        """`wanted`: whether servers are to be remembered. `keep_key` puts a key into the system's keyring."""
        self._visited = visited
        self._wanted = wanted
        self._keep_key = keep_key
        self._request = Connect("", "", "")
        self._with_key = False
        self._invite: Invite | None = None

    def connecting(self, request: Connect, *, with_key: bool) -> None:
        """`request` was submitted. `with_key`: its key is to be remembered too, once the room is joined."""
        self._request, self._with_key, self._invite = request, with_key, None

    def receive(self, event: Event) -> None:
        """Only what let one in is remembered. Raises `NotKept`."""
        if isinstance(event, BrokerMet):
            try:
                self._invite = parse_invite(event.invite)
            except BadInvite:
                self._invite = None
        elif isinstance(event, RoomJoined) and self._invite is not None and not event.again and self._wanted():
            self._remember(self._invite, event.room_words)

    def take_notes(self) -> list[str]:
        """Sentences for the user about the list of servers, each given once."""
        return self._visited.take_notes()

    def _remember(self, invite: Invite, room_words: str) -> None:
        address = invite.address
        usual = (address.port + VOICE_OFFSET, address.port + BANNER_OFFSET)
        link = "" if (invite.voice_port, invite.banner_port) == usual else str(replace(invite, phrase=None))
        visit = Visit(str(address), self._request.name, link, room_words if self._with_key else "")
        self._visited.remember(visit)
        if self._with_key:
            self._keep_key(visit, invite.phrase or self._request.phrase)
