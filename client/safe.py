"""Encryption keys in the system's own keyring: the only place where one is kept, and only if it was asked for.

Nothing but a keyring of the system will do. The library takes others too, among them files that anybody can read, and
one that fails at each use; so the kind is looked at, whatever the library or its settings say.
"""

from __future__ import annotations

from typing import Final, Protocol

from client.visited import Visit
from common.errors import LocalError

_SERVICE: Final = "Secure Chat"
# Of the desktop (GNOME and others, KDE), of macOS, of Windows.
_NAMES: Final = ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
_KINDS: Final = frozenset(f"keyring.backends.{name}" for name in _NAMES)
_CHAIN: Final = "keyring.backends.chainer"


class KeyringTrouble(LocalError):
    """The system's keyring did not do what it was asked."""


class Ring(Protocol):
    """A backend of the library `keyring`."""

    def get_password(self, service: str, username: str) -> str | None:
        """What is kept."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""

    def delete_password(self, service: str, username: str) -> None:
        """Keep it no longer."""


class Safe:
    """The keys of rooms, by server and room. Every call may wait for the user, whom the system asks to unlock it."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    def key_of(self, visit: Visit) -> str:
        """The key, empty where it is gone. Raises `KeyringTrouble`."""
        try:
            return self._ring.get_password(_SERVICE, _name(visit)) or ""
        except Exception as error:
            raise KeyringTrouble(
                "The system's keyring did not give out the key: unlock it and choose the server again, or type the key."
            ) from error

    def keep(self, visit: Visit, key: str) -> None:
        """Raises `KeyringTrouble`."""
        try:
            self._ring.set_password(_SERVICE, _name(visit), key)
        except Exception as error:
            raise KeyringTrouble(
                "The system's keyring did not take the key: unlock it and connect once more. The key is not remembered."
            ) from error

    def forget(self, visit: Visit) -> None:
        """Also where it is gone already. Raises `KeyringTrouble`."""
        if not self.key_of(visit):
            return
        try:
            self._ring.delete_password(_SERVICE, _name(visit))
        except Exception as error:
            raise KeyringTrouble(
                "The system's keyring did not delete the key: unlock it and try again, or delete “Secure Chat” there."
            ) from error


def open_safe() -> Safe | None:
    """The system's keyring, or None where there is none. Slow: it loads libraries and asks the desktop."""
    try:
        import keyring  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        return None
    return safe_of(keyring.get_keyring())


def safe_of(ring: Ring) -> Safe | None:
    """A safe over this backend, or over the first fitting one of a chain; None where it is no system's keyring."""
    module = type(ring).__module__
    if module == _CHAIN:
        return next(filter(None, map(safe_of, getattr(ring, "backends", ()))), None)
    return Safe(ring) if module in _KINDS else None


def _name(visit: Visit) -> str:
    return f"{visit.server.lower()} {visit.room}"
