"""A further lane: copies of voice frames over TCP connections of its own, under the same CURVE key.

Whatever happens to it, the first lane goes on: it is closed, and opened anew after a pause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Final

import zmq

from client.downlink import Downlink
from client.endpoint import Sockets
from client.watched import BROKEN, Watched
from common import messages, voice_frame
from common.errors import Malformed
from common.pairs import Pairs

_PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)  # seconds, by how often it broke before it did anything
_STOOD_SECONDS: Final = 10.0  # after that it counts as one that worked


class FurtherLane:
    """Say by `want` what is wanted of it; `send` copies what goes up, `take` gets what comes down."""

    def __init__(
        self, number: int, sockets: Sockets, take: Callable[[bytes, float], None], counters: MutableMapping[str, int]
    ) -> None:
        """`number` counts from 1: the first lane has 0."""
        self._number = number
        self._sockets = sockets
        self._counters = counters
        self._take = take
        self.down: Final = Downlink(sockets, self._came, counters)
        self._up: Watched | None = None
        self._up_since: float | None = None  # since when the broker knows it
        self._up_wanted = False
        self._failures = 0
        self.retry_at: float | None = None
        self._pairs = Pairs(number)

    def want(self, topics: frozenset[bytes], *, up: bool) -> None:
        """A way up, or none; a way down for these topics, or none."""
        self.down.subscribe(frozenset(voice_frame.on_lane(topic, self._number) for topic in topics))
        if up == self._up_wanted:
            return
        self._up_wanted = up
        if up:
            self._open()
        else:
            self._close()
            self._failures = 0

    @property
    def up_stands(self) -> bool:
        """Whether the broker takes what goes up."""
        return self._up_since is not None

    @property
    def send_at(self) -> float | None:
        """When `send_due` is to be called, if no frame comes before."""
        return self._pairs.send_at

    def send(self, frame: bytes, now: float) -> None:
        """A copy of a frame, if that can be sent; it may wait for the next one."""
        if self._up is not None and self._up_since is not None:
            self._send(self._up, self._pairs.add(frame, now))

    def send_due(self, now: float) -> None:
        """Send what has waited in vain."""
        if self._up is not None:
            self._send(self._up, self._pairs.due(now))

    def _came(self, bundle: bytes, arrived: float) -> None:
        try:
            frames = voice_frame.unbundle(bundle, self._number)
        except Malformed:
            self._counters["malformed"] += 1
        else:
            for frame in frames:
                self._take(frame, arrived)

    def _send(self, up: Watched, frames: list[bytes]) -> None:
        for frame in frames:
            try:
                up.socket.send(frame, zmq.NOBLOCK)
            except zmq.Again:
                self._counters["lane_dropped_sending"] += 1
            else:
                self._counters["lane_frames_sent"] += 1

    def turn(self, ready: Mapping[object, int], now: float, *, look: bool) -> None:
        """Look after both connections."""
        self.down.hear(ready)
        self.down.reopen_due(now)
        self.down.cut_endless(now, look=look)
        if self.retry_at is not None and now >= self.retry_at:
            self._counters["lane_reopened"] += 1
            self._open()
        if self._up is not None:
            self._look_after(self._up, ready, now, look=look)

    def forget(self) -> None:
        """Nothing is wanted any more."""
        self.want(frozenset(), up=False)
        self.down.forget()

    def _look_after(self, up: Watched, ready: Mapping[object, int], now: float, *, look: bool) -> None:
        news = list(up.news()) if up.monitor in ready else []
        if zmq.EVENT_HANDSHAKE_SUCCEEDED in news:
            self._introduce(up, now)
        # All that a broker may say here is that it does not want it.
        unwanted = up.socket in ready and any(True for _ in up.messages())
        if unwanted or up.endless(now, look=look) or any(event & BROKEN for event in news):
            self._fail(now)

    def _introduce(self, up: Watched, now: float) -> None:
        try:
            up.socket.send(messages.encode(messages.Lane(self._number)), zmq.NOBLOCK)
        except zmq.Again:
            self._fail(now)
        else:
            self._up_since = now

    def _fail(self, now: float) -> None:
        stood = self._up_since is not None and now - self._up_since >= _STOOD_SECONDS
        self._close()
        self._failures = 0 if stood else self._failures + 1
        self.retry_at = now + _PAUSES[min(self._failures, len(_PAUSES) - 1)]

    def _open(self) -> None:
        self.retry_at = None
        if self._sockets.endpoint is not None:
            self._up = self._sockets.control()

    def _close(self) -> None:
        self.retry_at = self._up_since = None
        self._pairs.forget()
        if self._up is not None:
            self._up.close(self._sockets.poller)
            self._up = None
