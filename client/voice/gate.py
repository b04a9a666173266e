"""When an open microphone is sent: while somebody speaks, while a key is held, or always. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final

from client.commands import Transmit

_ONSET: Final = 2  # of the last three blocks: a click of the mouse is shorter
_LOOK_BACK: Final = 3
_HANGOVER: Final = 40  # blocks of 10 ms: between words nothing is cut, and a room is not pumped


class Gate:
    """Told for each block of 10 ms whether it sounds like speech."""

    def __init__(self) -> None:
        self.mode = Transmit.ALWAYS
        self.held = False
        self._recent: deque[bool] = deque(maxlen=_LOOK_BACK)
        self._loud = False  # the block before
        self._left = 0  # blocks until it is silence

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks, pauses between words included."""
        return self._left > 0

    @property
    def sends(self) -> bool:
        """Whether the present block is to be sent."""
        if self.mode is Transmit.ALWAYS:
            return True
        return self.held if self.mode is Transmit.PUSH else self.speaking

    def hear(self, speech: bool, *, loud: bool = False) -> None:
        """The next block. `loud`: much louder than the room; speech right after it has begun there."""
        self._recent.append(speech)
        if speech and (self.speaking or self._loud or sum(self._recent) >= _ONSET):
            self._left = _HANGOVER
        else:
            self._left = max(0, self._left - 1)
        self._loud = loud

    def close(self) -> None:
        """The microphone is closed: what was heard says nothing of what comes later."""
        self._recent.clear()
        self._loud = False
        self._left = 0
