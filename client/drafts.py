"""What is written in a room and not sent, kept for the time after a crash: sealed under a key of the room. Pure.

A key of its own: whoever has the file and the phrase can make no post of it, and no post can be put in its place.
"""

from __future__ import annotations

import base64
from typing import Final, Protocol

from cryptography.fernet import Fernet, InvalidToken

from common.crypto.keys import RoomKeys
from common.errors import TooLong

LONGEST: Final = 200_000  # characters: many times what can be sent
_BLOCK: Final = 256  # so that the file tells little about how much is written
_LENGTH_BYTES: Final = 4


class DraftStore(Protocol):
    """Where the draft of one room is kept. Both methods may raise `LocalError`."""

    def draft(self) -> bytes:
        """What was kept last, empty for nothing."""

    def keep_draft(self, token: bytes) -> None:
        """Keep this in its place; empty: nothing."""


class Drawer:
    """The draft of one room."""

    def __init__(self, keys: RoomKeys, store: DraftStore) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(keys.draft_key))
        self._store = store

    def look(self) -> str:
        """What was written in this room; empty for nothing, and where somebody has worked on the file."""
        token = self._store.draft()
        if not token:
            return ""
        try:
            inside = self._fernet.decrypt(token)
        except InvalidToken:
            return ""
        end = _LENGTH_BYTES + int.from_bytes(inside[:_LENGTH_BYTES], "big")
        return inside[_LENGTH_BYTES:end].decode(errors="replace")

    def put(self, text: str) -> None:
        """Keep what is written in this room now, empty for nothing. Raises `LocalError`: what was kept before stays."""
        if len(text) > LONGEST:
            raise TooLong(f"It is longer than {LONGEST:,} characters.")
        written = text.encode(errors="replace")
        framed = len(written).to_bytes(_LENGTH_BYTES, "big") + written
        padded = framed + bytes(-len(framed) % _BLOCK)
        self._store.keep_draft(self._fernet.encrypt_at_time(padded, 0) if text else b"")  # 0: when is nobody's business
