"""The random handles that rooms and members are routed by, each used once at a time."""

from __future__ import annotations

from collections.abc import Callable

from common import limits


class Handles:
    """`random_bytes(n)` gives n bytes."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes
        self._rooms: dict[bytes, bytes] = {}
        self._used: set[bytes] = set()
        self._members: dict[bytes, set[bytes]] = {}

    def __contains__(self, room_id: bytes) -> bool:
        return room_id in self._rooms

    def enter(self, room_id: bytes) -> bytes:
        """The handle of a room (4 bytes), made if it has none."""
        if room_id not in self._rooms:
            self._rooms[room_id] = self._unused(limits.ROOM_HANDLE_BYTES, self._used)
            self._members[room_id] = set()
        return self._rooms[room_id]

    def leave(self, room_id: bytes) -> None:
        """Nobody is in the room: its handle is free."""
        self._used.discard(self._rooms.pop(room_id))
        del self._members[room_id]

    def allot(self, room_id: bytes) -> bytes:
        """A member handle (2 bytes) that nobody in this room has."""
        return self._unused(limits.MEMBER_HANDLE_BYTES, self._members[room_id])

    def release(self, room_id: bytes, member: bytes) -> None:
        """Give a member handle back."""
        self._members[room_id].discard(member)

    def _unused(self, size: int, used: set[bytes]) -> bytes:
        while (handle := self._random_bytes(size)) in used:
            pass
        used.add(handle)
        return handle
