"""What every stay in a room is made of: the device's keys, the outbox and the log of this computer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.drafts import Drawer
from client.log import LogStore, NoLog
from client.session import Identity, Kept, Session
from client.store import Store
from common.crypto.keys import RoomKeys, device_signer, lasting_connection_secret
from common.errors import LocalError


@dataclass(frozen=True, slots=True)
class Habits:
    """What the user wants of all stays.

    Without `receipts` nobody is told which lines this user has seen, without `typing` that it is writing; without
    `keep_log` neither lines nor drafts are kept. With
    `lasting_key` all connections are made under one key of this device, else under a fresh one each.
    """

    receipts: bool = True
    typing: bool = True
    keep_log: bool = True
    lasting_key: bool = False


class Stays:
    """Makes sessions."""

    def __init__(self, store: Store, habits: Habits, jitter: Callable[[], float]) -> None:
        """`jitter` gives numbers of 0..1."""
        self._store = store
        self.habits = habits  # those of the next stay
        self._jitter = jitter

    @property
    def keep_log(self) -> bool:
        """Whether lines are kept on this computer."""
        return self.habits.keep_log

    def connection_secret(self) -> bytes | None:
        """The secret CURVE key for all connections; None: each gets a fresh one."""
        return lasting_connection_secret(self._store.device_secret()) if self.habits.lasting_key else None

    def begin(self, keys: RoomKeys, connection_key: bytes, name: str, complain: Callable[[str], None]) -> Session:
        """A session in the room of these keys. `complain` is called where its lines cannot be kept."""
        device = device_signer(self._store.device_secret(), keys.room_id)
        identity = Identity(device, Ed25519PrivateKey.generate(), connection_key, name)
        return Session(
            keys,
            identity,
            Kept(self._store.outbox(keys.room_id), self._log_of(keys, complain), self._store),
            jitter=self._jitter,
            tell_seen=self.habits.receipts,
            tell_writing=self.habits.typing,
        )

    def drawer(self, keys: RoomKeys) -> Drawer | None:
        """Where what is written and not sent in this room is kept; None: it is not."""
        if self.habits.keep_log:
            with suppress(LocalError):  # `begin` has told it
                return Drawer(keys, self._store.log(keys.room_id))
        return None

    def _log_of(self, keys: RoomKeys, complain: Callable[[str], None]) -> LogStore:
        if self.habits.keep_log:
            try:
                log = self._store.log(keys.room_id)
            except LocalError as error:
                complain(f"{error} Lines are not kept on this computer.")
            else:
                for note in self._store.take_notes():
                    complain(note)
                return log
        return NoLog()
