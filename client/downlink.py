"""The way of voice down: a SUB, opened anew when it breaks. Each lane has one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Final

import zmq

from client.endpoint import Sockets
from client.watched import BROKEN, Watched

_PAUSES: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # seconds, by how often it broke before it stood


class Downlink:
    """Call `receive` and `hear` with what is ready, `reopen_due` every now and then."""

    def __init__(
        self, sockets: Sockets, take: Callable[[bytes, float], None], counters: MutableMapping[str, int]
    ) -> None:
        self._sockets = sockets
        self._take = take
        self._counters = counters
        self._voice: Watched | None = None
        self._topics: frozenset[bytes] = frozenset()
        self.retry_at: float | None = None
        self.failures = 0  # how often it broke before it stood
        self.standing: float | None = None  # since when it stands with its present topics
        self.heard = float("-inf")  # when something last came in on it

    def subscribe(self, topics: frozenset[bytes]) -> None:
        """Hear exactly these topics. None: the connection is closed, and no voice byte comes in."""
        if topics == self._topics:
            return
        if not topics:
            self.close()
        elif self._voice is not None:
            for topic in self._topics - topics:
                self._voice.socket.unsubscribe(topic)
            for topic in topics - self._topics:
                self._voice.socket.subscribe(topic)
            if self.standing is not None:
                self.standing = time.monotonic()
        self._topics = topics
        if topics and self._voice is None and self.retry_at is None:
            self._open()

    def reopen(self) -> None:
        """A new connection in a moment: not at once, since asking for it costs a broker less than us."""
        self.close()
        if self._topics:
            self.retry_at = time.monotonic() + _PAUSES[min(self.failures, len(_PAUSES) - 1)]

    def receive(self, ready: Mapping[object, int]) -> bool:
        """Take what has come, if this is ready. Whether it was."""
        voice = self._voice
        if voice is None or voice.socket not in ready:
            return False
        self.heard = arrived = time.monotonic()
        for part in voice.messages():
            if part is not None:
                self._take(part, arrived)
            else:
                self._counters["malformed"] += 1
        return True

    def hear(self, ready: Mapping[object, int]) -> None:
        """The news of its connection."""
        if self._voice is None or self._voice.monitor not in ready:
            return
        news = list(self._voice.news())
        if zmq.EVENT_HANDSHAKE_SUCCEEDED in news:
            self.failures = 0
            self.standing = time.monotonic()
        if any(event & BROKEN for event in news):
            # Cut by the broker (a late answer to "speaker off") or by the network: try again in a moment.
            self.failures += 1
            self.reopen()

    def reopen_due(self, now: float) -> None:
        """Do so, if it is time."""
        if self.retry_at is not None and now >= self.retry_at:
            self._counters["voice_reopened"] += 1
            self.close()
            self._open()

    @property
    def too_many_parts(self) -> bool:
        """Whether a message comes that has more than any honest one."""
        return self._voice is not None and self._voice.too_many_parts

    def cut_endless(self, now: float, *, look: bool) -> None:
        """A message may have any number of parts, and libzmq keeps them all until the last: close it for a while."""
        if self._voice is not None and self._voice.endless(now, look=look):
            self._counters["endless"] += 1
            self.close()
            self.retry_at = now + _PAUSES[-1]

    def close(self) -> None:
        """The connection; the topics stay."""
        self.retry_at = self.standing = None
        if self._voice is not None:
            self._voice.close(self._sockets.poller)
            self._voice = None

    def forget(self) -> None:
        """The connection, the topics, and how often it broke."""
        self.close()
        self._topics = frozenset()
        self.failures = 0

    def _open(self) -> None:
        if self._sockets.endpoint is not None:
            self._voice = self._sockets.voice(self._topics)
