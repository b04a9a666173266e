"""Whether this computer has slept, or its way to the broker has changed: then waiting for a time-out is in vain.

Sleep shows where a clock that counts it runs away from one that does not (Linux), or in a turn of the loop that
comes so late that the broker has forgotten us (anywhere, and also after SIGSTOP). The way to the broker shows in
the local address that the system would send from. `Surroundings` decides and is pure; the edge looks at clocks and
routes. No wall clock: people and time servers set that.
"""

from __future__ import annotations

import socket
import time  # noqa: TID251 - `look` is the edge: all else gets what it saw
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from common import limits

LOOK_SECONDS: Final = 1.0
_SLEPT_SECONDS: Final = 2.0  # of sleep: less than that no connection minds
_LATE_SECONDS: Final = limits.MEMBER_EXPIRES_SECONDS  # between two looks: after that the broker has let us go
_MOVES: Final = 3  # within _MOVES_SECONDS: a machine that balances over two lines must not reconnect without end
_MOVES_SECONDS: Final = 60.0


class News(Enum):
    """What has changed since the last look."""

    SLEPT = auto()
    MOVED = auto()  # another way to the broker: what came over the old one will not come any more
    BACK = auto()  # there was no way for a while, now there is the same again


@dataclass(frozen=True, slots=True)
class View:
    """What one look shows. The clocks count seconds from any start."""

    awake: float  # stands still while the computer sleeps, where the system has such a clock
    counting: float  # goes on
    local: str | None  # the address that packets to the broker leave from; None: no way there


class Surroundings:
    """The views of one attempt after another, compared."""

    def __init__(self) -> None:
        self._last: View | None = None
        self._local: str | None = None  # the last one that was not None
        self._moves: deque[float] = deque(maxlen=_MOVES)

    def compare(self, view: View) -> News | None:
        """What is new in this view."""
        last, self._last = self._last, view
        moved = view.local is not None and self._local not in {None, view.local}
        self._local = view.local or self._local
        if last is None:
            return None
        awake, counted = view.awake - last.awake, view.counting - last.counting
        if counted - awake >= _SLEPT_SECONDS or awake >= _LATE_SECONDS:
            return News.SLEPT
        if moved:
            return News.MOVED if self._may_move(view.awake) else None
        return News.BACK if last.local is None and view.local is not None else None

    def forget(self) -> None:
        """Another broker, or none: the next view begins anew."""
        self._last = self._local = None

    def _may_move(self, now: float) -> bool:
        if len(self._moves) == _MOVES and now - self._moves[0] < _MOVES_SECONDS:
            return False
        self._moves.append(now)
        return True


def look(host: str, port: int) -> View:
    """The view now. Never blocks; `host` is numeric."""
    awake = time.monotonic()
    return View(awake, _counting_sleep(awake), _local_address(host, port))


def _sleepless_clock() -> int | None:
    """Linux has a clock of its own; macOS counts sleep in this one and not in `time.monotonic`; Windows has neither."""
    clock: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return clock


_SLEEPLESS: Final = _sleepless_clock()


def _counting_sleep(awake: float) -> float:
    return awake if _SLEEPLESS is None else time.clock_gettime(_SLEEPLESS)


def _local_address(host: str, port: int) -> str | None:
    """Connecting UDP asks the system for its route and sends nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((host, port))
            local: str = probe.getsockname()[0]
            return local
    except OSError:
        return None


class Watch:
    """Looks once a second, in the network thread."""

    def __init__(self, look: Callable[[str, int], View] = look) -> None:
        self._look = look
        self._surroundings = Surroundings()
        self._towards: tuple[str, int] | None = None
        self._next = float("-inf")

    def towards(self, host: str, port: int) -> None:
        """The broker that the way should lead to."""
        if self._towards != (host, port):
            self._towards = (host, port)
            self._surroundings.forget()

    def news(self, now: float) -> News | None:
        """What has changed, if it is time to look and a broker is known."""
        if self._towards is None or now < self._next:
            return None
        self._next = now + LOOK_SECONDS
        return self._surroundings.compare(self._look(*self._towards))
