"""Accept each number once.

A voice frame or a signal that opened is authentic, but whoever carries it can deliver it twice, or late, or in
another order. This file remembers which of the latest numbers were accepted. It knows no key and no frame, and
trusts that its caller has checked the seal first.
"""

from __future__ import annotations

from common import limits


class ReplayWindow:
    """Accept each number (0 or more) once; refuse those `size` or more behind the newest."""

    __slots__ = ("_mask", "_newest", "_seen", "_size")

    def __init__(self, size: int = limits.REPLAY_WINDOW) -> None:
        if size < 1:
            raise ValueError(f"a window of {size} numbers accepts nothing")
        self._size = size
        self._mask = (1 << size) - 1
        self._newest = -1
        self._seen = 0  # bit i is set: newest - i was accepted

    def is_new(self, seq: int) -> bool:
        """Whether `seq` would be accepted. Changes nothing."""
        age = self._newest - seq
        return age < self._size and seq >= 0 and (age < 0 or not self._seen >> age & 1)

    def accept(self, seq: int) -> bool:
        """Whether `seq` is new; from now on it is not.

        Call it only after the seal held, or a forgery moves the window and shuts out the real frames.
        """
        age = self._newest - seq
        if age >= self._size or seq < 0:
            return False
        if age < 0:
            # A jump of 2^63 must not shift by 2^63 bits: beyond the window nothing is left anyway.
            self._seen = (self._seen << min(-age, self._size)) & self._mask
            self._newest, age = seq, 0
        if self._seen >> age & 1:
            return False
        self._seen |= 1 << age
        return True
