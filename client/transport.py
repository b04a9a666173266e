"""The sockets of a client: DEALER and SUB, polled.

It carries messages, voice frames and the news that a connection stands or has broken. It knows no room and
opens nothing sealed. libzmq's own reconnect is off (it would send queued posts and stale voice before the
join), so each attempt gets new sockets, and when to try again is decided elsewhere.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum, auto
from functools import partial
from typing import Final

import zmq

from client.commands import Lanes
from client.downlink import Downlink
from client.endpoint import Endpoint, Sockets
from client.further_lane import FurtherLane
from client.lanes import LaneWatch
from client.watched import BROKEN, Watched
from common import limits
from common.errors import Malformed
from common.messages import FromBroker, FromClient, decode_from_broker, encode

_VOICE_OLDEST: Final = 0.25  # seconds: a frame that waited longer is of no use to anybody
_VOICE_WAITING: Final = 64  # frames between voice thread and socket: 0.6 s, older ones go first
_CONTROL_WAITING: Final = 1_000  # messages that wait for a stalled connection before it is given up
_LOOK_SECONDS: Final = 1.0  # between two looks at what libzmq holds
_ASK_SECONDS: Final = 0.3  # between two questions to the kernel whether it had to send again
_COUNTERS: Final = (
    *("voice_dropped_sending", "malformed", "voice_reopened", "endless"),
    *("lane_frames_sent", "lane_dropped_sending", "lane_reopened"),
)
_RETURN, _FRAME = b"\0", b"\1"  # what wakes `poll`: it is to return, or to send a voice frame
_DEAF_AFTER: Final = 3  # voice connections that broke before they stood


def library_version() -> str:
    """What carries everything, and whether it can encrypt."""
    return f"libzmq {zmq.zmq_version()}" + ("" if zmq.has("curve") else " without CURVE: nothing can be reached")


class Link(Enum):
    """What happened to the control connection."""

    AUTHENTICATED = auto()  # the broker has proved that it holds its key: join now
    TURNED_AWAY = auto()  # the broker does not let this key in
    BROKEN = auto()
    DEAF = auto()  # only the voice connection, several times in a row


class Transport:
    """The first lane: a DEALER for control, text and voice on its way up, a SUB for voice on its way down.

    And further ones for copies of voice, while the watch wants them.
    """

    def __init__(self, take_voice: Callable[[bytes, float, bool], None], watch: LaneWatch | None = None) -> None:
        """`take_voice(frame, arrived, copy)` is called within `poll` for each frame that comes in.

        `copy`: it was asked for more than once, and another one was here first. Without `watch` there is one lane.
        """
        self._take_voice = take_voice
        self._watch = watch or LaneWatch(Lanes.ONE)
        self._sockets = Sockets()
        self._poller = self._sockets.poller
        self._wake_out, self._wake_in = socket.socketpair()
        for end in (self._wake_out, self._wake_in):
            end.settimeout(0)
        self._woken = self._wake_in.fileno()
        self._poller.register(self._woken, zmq.POLLIN)
        self._control: Watched | None = None
        self.counters: Final = dict.fromkeys(_COUNTERS, 0)
        self._voice = Downlink(self._sockets, partial(self._came, 0), self.counters)
        self._further = tuple(
            FurtherLane(number, self._sockets, partial(self._came, number), self.counters)
            for number in range(1, 1 + limits.FURTHER_LANES)
        )
        self._downs = (self._voice, *(lane.down for lane in self._further))
        self._topics: frozenset[bytes] = frozenset()
        self._talks = False
        self._waiting: deque[bytes] = deque()
        self._frames: deque[tuple[float, bytes]] = deque(maxlen=_VOICE_WAITING)
        self._look_at = self._ask_at = 0.0

    # --- from any thread ------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Make `poll` return."""
        self._wake(_RETURN)

    def send_voice(self, frame: bytes) -> None:
        """Hand over a finished frame. Never blocks; what has waited too long is dropped."""
        self._frames.append((time.monotonic(), frame))
        self._wake(_FRAME)

    def _wake(self, why: bytes) -> None:
        with contextlib.suppress(OSError):  # full: it is awake anyway; closed: nobody waits
            self._wake_out.send(why)

    # --- from the network thread ----------------------------------------------------------------------------

    def new_identity(self, secret: bytes | None = None) -> bytes:
        """A fresh CURVE key pair: one for each stay in a room, so that stays cannot be linked by it.

        Or that of a lasting secret key, for a broker that lets in only keys it knows. Returns the public one, 32 bytes.
        """
        return self._sockets.new_identity(secret)

    def open(self, endpoint: Endpoint) -> None:
        """Begin to connect; `poll` tells how it went."""
        self.close_link()
        self._sockets.endpoint = endpoint
        self._watch.connected()
        self._control = self._sockets.control()

    def close_link(self) -> None:
        """Drop the connections and everything that waits for them."""
        self._sockets.endpoint = None
        self._voice.forget()
        for lane in self._further:
            lane.forget()
        self._topics, self._talks = frozenset(), False
        self._waiting.clear()
        self._frames.clear()
        if self._control is not None:
            self._control.close(self._poller)
            self._control = None

    def close(self) -> None:
        """Close everything for good."""
        self.close_link()
        self._poller.unregister(self._woken)
        self._wake_in.close()
        self._wake_out.close()
        self._sockets.close()

    def flush(self, seconds: float) -> None:
        """Give what waits (a good-bye) a moment to leave before the sockets close."""
        if self._control is not None:
            self._send_waiting()
            self._control.socket.setsockopt(zmq.LINGER, int(seconds * 1000))

    def send(self, message: FromClient) -> None:
        """Send a control message, now or as soon as the connection takes it."""
        if self._control is None:
            return
        if len(self._waiting) < _CONTROL_WAITING:
            self._waiting.append(encode(message))
        self._send_waiting()

    def subscribe(self, topics: frozenset[bytes]) -> None:
        """Hear exactly these topics. None: the voice connections are closed, and no voice byte comes in."""
        self._topics = topics
        self._voice.subscribe(topics)
        self.mind_lanes()

    def talk(self, on: bool) -> None:
        """Whether voice may go up from now on: further lanes need a way for it."""
        self._talks = on
        self.mind_lanes()

    def mind_lanes(self) -> None:
        """Have as many as the watch wants."""
        for number, lane in enumerate(self._further, 1):
            wanted = number < self._watch.count
            lane.want(self._topics if wanted else frozenset(), up=wanted and self._talks)

    @property
    def lanes_standing(self) -> tuple[int, int]:
        """How many voice goes up, 1 at least, and by how many it comes down."""
        return (
            1 + sum(lane.up_stands for lane in self._further),
            sum(down.standing is not None for down in self._downs),
        )

    @property
    def voice_standing(self) -> float | None:
        """Since when the first lane's voice connection stands with its present topics; None: it does not."""
        return self._voice.standing

    @property
    def voice_heard(self) -> float:
        """When something last came in on it."""
        return self._voice.heard

    def reopen_voice(self, *, first_only: bool = False) -> None:
        """New voice connections in a moment; `first_only`: further lanes may be left, they bring something."""
        self._voice.reopen()
        for lane in () if first_only else self._further:
            lane.down.reopen()

    def poll(self, seconds: float) -> Iterator[FromBroker | Link]:
        """Wait up to `seconds`; yield what came in on the control connection. Voice passes meanwhile."""
        ready = self._wait(time.monotonic() + seconds)
        now = time.monotonic()
        look = now >= self._look_at
        if look:
            self._look_at = now + _LOOK_SECONDS
        failures = self._voice.failures
        self._voice.hear(ready)
        if failures < self._voice.failures == _DEAF_AFTER:
            yield Link.DEAF
        self._voice.reopen_due(now)
        for lane in self._further:
            lane.turn(ready, now, look=look)
        if self._control is not None:
            self._send_waiting()
            yield from self._receive_control(self._control, ready)
        yield from self._look_after(now, look=look)

    def _wait(self, until: float) -> dict[object, int]:
        """Until there is more to do than to pass voice on, which comes hundreds of times a second. What is ready."""
        for retry_at in (*(down.retry_at for down in self._downs), *(lane.retry_at for lane in self._further)):
            until = until if retry_at is None else min(until, retry_at)
        self._watch_for_room_to_send()
        while True:
            due = min((lane.send_at for lane in self._further if lane.send_at is not None), default=until)
            seconds = max(0.0, min(until, due) - time.monotonic())
            ready = dict(self._poller.poll(int(seconds * 1000 + 0.999)))
            woken = self._drain_wake_ups() if self._woken in ready else b""
            self._send_frames()
            passed = bool(woken) + sum(down.receive(ready) for down in self._downs)  # of what is ready
            if _RETURN in woken or len(ready) > passed or not (ready and seconds):
                return ready
            if any(down.too_many_parts for down in self._downs):
                return ready

    # --- control --------------------------------------------------------------------------------------------

    def _receive_control(self, control: Watched, ready: dict[object, int]) -> Iterator[FromBroker | Link]:
        """Messages first, then the news: what was said before a connection broke still counts."""
        news = list(control.news()) if control.monitor in ready else []
        if zmq.EVENT_HANDSHAKE_SUCCEEDED in news:
            yield Link.AUTHENTICATED
        for part in control.messages():
            message = self._decode(part)
            if message is not None:
                yield message
            if self._control is not control:
                return  # whoever took the message closed the connection
        if zmq.EVENT_HANDSHAKE_FAILED_AUTH in news:
            yield Link.TURNED_AWAY
        elif any(event & BROKEN for event in news):
            yield Link.BROKEN

    def _decode(self, part: bytes | None) -> FromBroker | None:
        try:
            if part is not None:
                return decode_from_broker(part)
        except Malformed:
            pass
        self.counters["malformed"] += 1
        return None

    def _send_waiting(self) -> None:
        while self._waiting and self._sent(self._waiting[0]):
            self._waiting.popleft()

    def _sent(self, part: bytes) -> bool:
        """Hand one part to libzmq; False where it cannot take it now."""
        if self._control is None:
            return False
        try:
            self._control.socket.send(part, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def _watch_for_room_to_send(self) -> None:
        if self._control is not None:
            flags = zmq.POLLIN | zmq.POLLOUT if self._waiting else zmq.POLLIN
            self._poller.modify(self._control.socket, flags)

    # --- voice ----------------------------------------------------------------------------------------------

    def _send_frames(self) -> None:
        now = time.monotonic()
        oldest = now - _VOICE_OLDEST
        while self._frames:
            handed_over, frame = self._frames.popleft()
            try:
                if self._control is None or handed_over < oldest:
                    raise zmq.Again
                for lane in self._further:
                    lane.send(frame, now)
                if self._waiting:
                    raise zmq.Again
                self._control.socket.send(frame, zmq.NOBLOCK)
                self._watch.sent(now)
            except zmq.Again:
                self.counters["voice_dropped_sending"] += 1
        for lane in self._further:
            lane.send_due(now)

    def _came(self, lane: int, frame: bytes, arrived: float) -> None:
        self._take_voice(frame, arrived, self._watch.frame(lane, frame, arrived))

    def _look_after(self, now: float, *, look: bool) -> Iterator[Link]:
        """A message may have any number of parts, and libzmq keeps them all until the last: that is cut."""
        self._voice.cut_endless(now, look=look)
        if self._control is None:
            return
        if self._talks and now >= self._ask_at:
            self._ask_at = now + _ASK_SECONDS
            if (resent := self._control.resent()) is not None:
                self._watch.resent(resent, now)
        if self._control.endless(now, look=look):
            self.counters["endless"] += 1
            yield Link.BROKEN

    def _drain_wake_ups(self) -> bytes:
        """Why `poll` was woken; what does not fit wakes it again."""
        return self._wake_in.recv(4096)
