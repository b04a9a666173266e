"""Who is in the room, as far as sealed hellos and signed signals tell.

The broker's handles say only which key to try. A member is *unconfirmed* until its session has signed my own
session id: that is what stops a broker from replaying yesterday's people (docs/protocol.md, "Present").
What belongs to a session (its voice key, its replay windows) outlives a lost connection; its confirmation does
not, or a broker could show those again who have left.
Pure: no socket, clock or randomness.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from client.events import Person
from client.name_book import NameBook
from client.names import clean_name, unique_name
from client.tuning import Tuning
from common.crypto.keys import VoiceKeySource, device_fingerprint, session_id
from common.crypto.sealing import HelloBody
from common.crypto.sframe import FrameOpener
from common.replay import ReplayWindow

_UNCONFIRMED_KEPT: Final = 1_000  # sessions that never proved themselves: anyone with the key can invent them


@dataclass(slots=True)
class RemoteSession:
    """What stays known of somebody's session for as long as this program runs."""

    id: bytes
    public_key: bytes
    device: bytes  # the one whose hello came first: a session has one device, even if its owner vouches for two
    opener: FrameOpener
    signals: ReplayWindow = field(default_factory=ReplayWindow)
    confirmed: bool = False  # in this stay: whoever repeats a hello must not inherit what its owner has proved
    proved: bool = False  # in an earlier stay


@dataclass(slots=True)
class Member:
    """Somebody else who is in the room now."""

    handle: bytes
    session: RemoteSession
    fingerprint: str
    shown_name: str  # as its owner wrote it, cleaned and made unique in this room
    listening: bool = False
    tuning: Tuning = field(default_factory=Tuning)

    def person(self) -> Person:
        """What the user interface is told."""
        return Person(
            self.session.id.hex(),
            self.fingerprint,
            self.shown_name,
            confirmed=self.session.confirmed,
            listening=self.listening,
            decibels=self.tuning.decibels,
            muted=self.tuning.muted,
        )


class Roster:
    """The other members of the room, by the broker's handles."""

    def __init__(self, own_session: bytes, own_name: str, voice_keys: VoiceKeySource) -> None:
        self._own_session = own_session
        self._book = NameBook(own_name)
        self._voice_keys = voice_keys
        self._members: dict[bytes, Member] = {}
        self._sessions: dict[bytes, RemoteSession] = {}

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def __len__(self) -> int:
        return len(self._members)

    def get(self, handle: bytes) -> Member | None:
        """The member with this handle, if there is one."""
        return self._members.get(handle)

    def session_ids(self) -> tuple[bytes, ...]:
        """The sessions of all others, in rising order."""
        return tuple(sorted(member.session.id for member in self._members.values()))

    def confirmed_devices(self) -> set[bytes]:
        """The public keys of the devices that have shown that they are here."""
        return {member.session.device for member in self if member.session.confirmed}

    def add(self, handle: bytes, hello: HelloBody) -> tuple[Member | None, Member | None]:
        """A hello that opened: (the new member, the one that had its handle). Both may be None.

        There is no new member where the hello is my own, come back, or names a session that is here already or
        that another device introduced: anybody in the room can repeat a hello, and must not push its owner out.
        Whoever really joins again has left before; an honest broker says so first.
        """
        replaced = self.remove(handle)
        identity = session_id(hello.session)
        if identity == self._own_session or any(member.session.id == identity for member in self):
            return None, replaced
        session = self._session(identity, hello)
        if session.device != hello.device:
            return None, replaced
        # A copied device may be here twice: told apart too.
        name = unique_name(self._book.shown(hello.device, clean_name(hello.name)), self._names())
        member = Member(handle, session, device_fingerprint(hello.device), name)
        self._members[handle] = member
        return member, replaced

    def remove(self, handle: bytes) -> Member | None:
        """The member that has left, if it was known."""
        member = self._members.pop(handle, None)
        if member is not None:
            _end_stay(member.session)
        return member

    def clear(self) -> list[Member]:
        """Everybody is gone (the connection was lost): who they were."""
        gone = list(self._members.values())
        self._members.clear()
        for member in gone:
            _end_stay(member.session)
        return gone

    def name_of_device(self, device: bytes, name: str) -> str:
        """The name to show for a post: its member's unique one, or the name written in the post."""
        for member in self:
            if member.session.device == device:
                return member.shown_name
        return self._book.shown(device, clean_name(name))

    def _names(self) -> set[str]:
        return {member.shown_name for member in self}

    def _session(self, identity: bytes, hello: HelloBody) -> RemoteSession:
        session = self._sessions.get(identity)
        if session is None:
            self._forget_inventions()
            opener = FrameOpener(self._voice_keys.voice_base(identity))
            session = self._sessions[identity] = RemoteSession(identity, hello.session, hello.device, opener)
        return session

    def _forget_inventions(self) -> None:
        """Bound what an insider's invented hellos cost. Those that proved themselves keep their replay windows."""
        here = {member.session.id for member in self}
        idle = [key for key, known in self._sessions.items() if not known.proved and key not in here]
        for key in idle[: max(0, len(idle) - _UNCONFIRMED_KEPT + 1)]:
            del self._sessions[key]


def _end_stay(session: RemoteSession) -> None:
    session.proved = session.proved or session.confirmed
    session.confirmed = False
