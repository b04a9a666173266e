"""What is remembered of a stay in a room, told by its events: the same for the window and the text client."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from client.commands import Connect
from client.events import BrokerMet, Event, RoomJoined
from client.visited import Visit, Visited
from common.address import BANNER_OFFSET, VOICE_OFFSET
from common.errors import BadInvite, LocalError
from common.invite import Invite, parse_invite


class NothingToRemember(LocalError):
    """There is no key that could be kept or forgotten now; the message says why."""


class Memory:
    """Tell it of each `Connect`, and of each event."""

    def __init__(
        self,
        visited: Visited,
        *,
        wanted: Callable[[], bool],
        keep_key: Callable[[Visit, str], None],
        forget_key: Callable[[Visit], None],
    ) -> None:
        """`wanted`: whether servers are to be remembered. The other two reach the system's keyring."""
        self._visited = visited
        self._wanted = wanted
        self._keep_key = keep_key
        self._forget_key = forget_key
        self._request = Connect("", "", "")
        self._with_key = False
        self._invite: Invite | None = None
        self._stay: tuple[Visit, str] | None = None  # where one is, with the room's words, and the key

    def connecting(self, request: Connect, *, with_key: bool) -> None:
        """`request` was submitted. `with_key`: its key is to be remembered too, once the room is joined."""
        self._request, self._with_key, self._invite, self._stay = request, with_key, None, None

    def receive(self, event: Event) -> None:
        """Only what let one in is remembered. Raises `NotKept`."""
        if isinstance(event, BrokerMet):
            try:
                self._invite = parse_invite(event.invite)
            except BadInvite:
                self._invite = None
        elif isinstance(event, RoomJoined) and self._invite is not None and not event.again:
            self._stay = self._told_by(self._invite, event.room_words)
            if self._wanted():
                self._remember(*self._stay)

    def remember_key(self) -> None:
        """The key of this room is to be kept after all. Raises `NothingToRemember`, `NotKept`."""
        if not self._wanted():
            raise NothingToRemember("Servers are not remembered here, so no key is (the setting remember_servers).")
        visit, key = self._here()
        self._with_key = True
        self._remember(visit, key)

    def forget_key(self) -> None:
        """It is not any more. Raises `NothingToRemember`, `NotKept`."""
        visit, _ = self._here()
        self._with_key = False
        self._forget_key(visit)
        self._visited.forget_key(visit)

    def _here(self) -> tuple[Visit, str]:
        if self._stay is None:
            raise NothingToRemember("You are in no room yet.")
        return self._stay

    def take_notes(self) -> list[str]:
        """Sentences for the user about the list of servers, each given once."""
        return self._visited.take_notes()

    def _told_by(self, invite: Invite, room_words: str) -> tuple[Visit, str]:
        address = invite.address
        usual = (address.port + VOICE_OFFSET, address.port + BANNER_OFFSET)
        link = "" if (invite.voice_port, invite.banner_port) == usual else str(replace(invite, phrase=None))
        return Visit(str(address), self._request.name, link, room_words), invite.phrase or self._request.phrase

    def _remember(self, visit: Visit, key: str) -> None:
        self._visited.remember(visit if self._with_key else replace(visit, room=""))
        if self._with_key:
            self._keep_key(visit, key)
