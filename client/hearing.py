"""Whether the voice connection is deaf: the broker gives voice out, and nothing of it comes in.

TCP does not tell when a middlebox or a stalled path stops to pass bytes on. Each Pong says how many frames of
others the broker has given out in my room. The frames between two of them were published after the first of them
was asked for; if since then nothing at all has arrived on a connection that stood all the while, it is deaf. Pure:
times are those of one clock, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_FRAMES: Final = 20  # 0.2 s of one talker: fewer may be under way, or were published before a topic was approved
_FIRST_PAUSE: Final = 1.0  # seconds after a try, doubled with each in vain: a broker may lie, a port be blocked
_LONGEST_PAUSE: Final = 60.0
TOLD_AFTER: Final = 3  # tries in vain
_MUTED_SECONDS: Final = 20.0  # without anything, where all that is given out may be of those whom I have muted


@dataclass(frozen=True, slots=True)
class _Known:
    asked: float
    given_out: int


class Hearing:
    """The watch over one voice connection after another, within one stay in a room."""

    def __init__(self) -> None:
        self._known: _Known | None = None
        self._some_muted = False
        self._not_before = float("-inf")
        self.in_vain = 0  # reopened so often without hearing anything

    def deaf(
        self,
        asked: float,
        given_out: int,
        standing: float | None,
        heard: float,
        now: float,
        *,
        some_muted: bool = False,
    ) -> bool:
        """Take a Pong; True: reopen the connection.

        `asked` is when its Ping was sent, `given_out` its count, `standing` since when the connection has stood with
        its present topics (None: it does not), `heard` when something last arrived on it. `some_muted`: not all that
        is given out should arrive, so it is only a suspicion; a connection on which nothing comes may be opened anew
        now and then all the same.
        """
        known, here = self._known, _Known(asked, given_out)
        changed, self._some_muted = some_muted != self._some_muted, some_muted
        stood = known is not None and standing is not None and standing <= known.asked
        if known is None or not stood or changed or given_out < known.given_out:
            self._known = here
            return False
        if heard >= known.asked:
            self._known = here
            self.in_vain = 0
            return False
        if given_out - known.given_out < _FRAMES or now < self._not_before:
            return False
        if some_muted:
            if asked - known.asked < _MUTED_SECONDS:
                return False
            self._known = None
            return True
        self._known = None
        self._not_before = now + min(_FIRST_PAUSE * 2**self.in_vain, _LONGEST_PAUSE)
        self.in_vain += 1
        return True
