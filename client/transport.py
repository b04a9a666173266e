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
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import zmq
from zmq.utils import z85

from client.watched import BROKEN, Watched
from common import limits
from common.address import join_host_port
from common.errors import Malformed
from common.messages import FromBroker, FromClient, decode_from_broker, encode

_VOICE_OLDEST: Final = 0.25  # seconds: a frame that waited longer is of no use to anybody
_VOICE_WAITING: Final = 64  # frames between voice thread and socket: 0.6 s, older ones go first
_SEND_QUEUE: Final = 64  # messages that libzmq holds for a stalled connection
_RECEIVE_QUEUE: Final = 200  # messages that libzmq takes ahead: 100 MiB, should a broker send only the largest
_RECEIVE_VOICE_QUEUE: Final = 1_000
_VOICE_MESSAGE_BYTES: Final = 4_096  # no frame has more than 1,400; CURVE's handshake needs 512
_CONTROL_WAITING: Final = 1_000  # messages that wait for a stalled connection before it is given up
_LOOK_SECONDS: Final = 1.0  # between two looks at what libzmq holds
_VOICE_PAUSES: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # seconds, by how often it broke before it stood
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


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect: a numeric host, both ports, and the key that the broker must prove to hold."""

    host: str
    control_port: int
    voice_port: int
    broker_key: bytes


class Transport:
    """One lane: a DEALER for control, text and voice on its way up, a SUB for voice on its way down."""

    def __init__(self, take_voice: Callable[[bytes, float], None]) -> None:
        """`take_voice(frame, arrived)` is called within `poll` for each frame that comes in."""
        self._take_voice = take_voice
        self._context = zmq.Context(io_threads=1)
        self._context.linger = 0
        self._poller = zmq.Poller()
        self._wake_out, self._wake_in = socket.socketpair()
        for end in (self._wake_out, self._wake_in):
            end.settimeout(0)
        self._poller.register(self._wake_in, zmq.POLLIN)
        self._keys = zmq.curve_keypair()
        self._endpoint: Endpoint | None = None
        self._control: Watched | None = None
        self._voice: Watched | None = None
        self._voice_retry_at: float | None = None
        self._voice_failures = 0
        self._topics: frozenset[bytes] = frozenset()
        self.voice_standing: float | None = None  # since when the voice connection stands with its present topics
        self.voice_heard = float("-inf")  # when something last came in on it
        self._waiting: deque[bytes] = deque()
        self._frames: deque[tuple[float, bytes]] = deque(maxlen=_VOICE_WAITING)
        self._look_at = 0.0
        self.counters: Final = {"voice_dropped_sending": 0, "malformed": 0, "voice_reopened": 0, "endless": 0}

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
        if secret is None:
            self._keys = zmq.curve_keypair()
        else:
            encoded = z85.encode(secret)
            self._keys = zmq.curve_public(encoded), encoded
        return z85.decode(self._keys[0])

    def open(self, endpoint: Endpoint) -> None:
        """Begin to connect; `poll` tells how it went."""
        self.close_link()
        self._endpoint = endpoint
        self._voice_failures = 0
        self._control = self._connect(zmq.DEALER, endpoint.control_port)

    def close_link(self) -> None:
        """Drop the connections and everything that waits for them."""
        self._close_voice()
        self._topics = frozenset()
        self._waiting.clear()
        self._frames.clear()
        if self._control is not None:
            self._control.close(self._poller)
            self._control = None

    def close(self) -> None:
        """Close everything for good."""
        self.close_link()
        self._poller.unregister(self._wake_in)
        self._wake_in.close()
        self._wake_out.close()
        self._context.destroy(linger=0)

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
        """Hear exactly these topics. None: the voice connection is closed, and no voice byte comes in."""
        if topics == self._topics:
            return
        if not topics:
            self._close_voice()
        elif self._voice is not None:
            for topic in self._topics - topics:
                self._voice.socket.unsubscribe(topic)
            for topic in topics - self._topics:
                self._voice.socket.subscribe(topic)
            if self.voice_standing is not None:
                self.voice_standing = time.monotonic()
        self._topics = topics
        if topics and self._voice is None and self._voice_retry_at is None:
            self._open_voice()

    def reopen_voice(self) -> None:
        """A new voice connection in a moment: not at once, since asking for it costs a broker less than us."""
        self._close_voice()
        if self._topics:
            self._voice_retry_at = time.monotonic() + self._voice_pause()

    def poll(self, seconds: float) -> Iterator[FromBroker | Link]:
        """Wait up to `seconds`; yield what came in on the control connection. Voice passes meanwhile."""
        ready = self._wait(time.monotonic() + seconds)
        failures = self._voice_failures
        if self._voice is not None and self._voice.monitor in ready:
            self._hear_of_voice(self._voice)
        if failures < self._voice_failures == _DEAF_AFTER:
            yield Link.DEAF
        if self._voice_retry_at is not None and time.monotonic() >= self._voice_retry_at:
            self.counters["voice_reopened"] += 1
            self._close_voice()
            self._open_voice()
        if self._control is not None:
            self._send_waiting()
            yield from self._receive_control(self._control, ready)
        yield from self._look_for_endless_messages(time.monotonic())

    def _wait(self, until: float) -> dict[object, int]:
        """Until there is more to do than to pass voice on, which comes hundreds of times a second. What is ready."""
        if self._voice_retry_at is not None:
            until = min(until, self._voice_retry_at)
        self._watch_for_room_to_send()
        while True:
            seconds = max(0.0, until - time.monotonic())
            ready = dict(self._poller.poll(int(seconds * 1000 + 0.999)))
            woken = self._drain_wake_ups() if self._wake_in.fileno() in ready else b""
            self._send_frames()
            voice = self._voice if self._voice is not None and self._voice.socket in ready else None
            if voice is not None:
                self._receive_voice(voice)
            passed = bool(woken) + (voice is not None)  # of what is ready
            if _RETURN in woken or len(ready) > passed or not (ready and seconds):
                return ready
            if voice is not None and voice.endless(time.monotonic(), look=False):
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
        oldest = time.monotonic() - _VOICE_OLDEST
        while self._frames:
            handed_over, frame = self._frames.popleft()
            try:
                if self._control is None or handed_over < oldest or self._waiting:
                    raise zmq.Again
                self._control.socket.send(frame, zmq.NOBLOCK)
            except zmq.Again:
                self.counters["voice_dropped_sending"] += 1

    def _receive_voice(self, voice: Watched) -> None:
        arrived = time.monotonic()
        self.voice_heard = arrived
        for part in voice.messages():
            if part is not None:
                self._take_voice(part, arrived)
            else:
                self.counters["malformed"] += 1

    def _hear_of_voice(self, voice: Watched) -> None:
        news = list(voice.news())
        if zmq.EVENT_HANDSHAKE_SUCCEEDED in news:
            self._voice_failures = 0
            self.voice_standing = time.monotonic()
        if any(event & BROKEN for event in news):
            # Cut by the broker (a late answer to "speaker off") or by the network: try again in a moment.
            self._voice_failures += 1
            self.reopen_voice()

    def _look_for_endless_messages(self, now: float) -> Iterator[Link]:
        """A message may have any number of parts, and libzmq keeps them all until the last: that is cut."""
        look = now >= self._look_at
        if look:
            self._look_at = now + _LOOK_SECONDS
        if self._voice is not None and self._voice.endless(now, look=look):
            self.counters["endless"] += 1
            self._close_voice()
            self._voice_retry_at = now + _VOICE_PAUSES[-1]
        if self._control is not None and self._control.endless(now, look=look):
            self.counters["endless"] += 1
            yield Link.BROKEN

    def _voice_pause(self) -> float:
        return _VOICE_PAUSES[min(self._voice_failures, len(_VOICE_PAUSES) - 1)]

    def _open_voice(self) -> None:
        if self._endpoint is not None and self._control is not None:
            self._voice = self._connect(zmq.SUB, self._endpoint.voice_port, self._topics)

    def _close_voice(self) -> None:
        self._voice_retry_at = self.voice_standing = None
        if self._voice is not None:
            self._voice.close(self._poller)
            self._voice = None

    # --- sockets --------------------------------------------------------------------------------------------

    def _connect(self, kind: int, port: int, topics: frozenset[bytes] = frozenset()) -> Watched:
        endpoint = self._endpoint
        if endpoint is None:
            raise RuntimeError("connect before open")
        sock = self._context.socket(kind)
        sock.setsockopt(zmq.IPV6, 1)
        sock.setsockopt(zmq.LINGER, 0)
        sock.setsockopt(zmq.RECONNECT_IVL, -1)
        sock.setsockopt(zmq.IMMEDIATE, 1)
        sock.setsockopt(zmq.HANDSHAKE_IVL, int(limits.HANDSHAKE_SECONDS * 1000))
        sock.setsockopt(zmq.SNDHWM, _SEND_QUEUE)
        control = kind == zmq.DEALER
        sock.setsockopt(zmq.RCVHWM, _RECEIVE_QUEUE if control else _RECEIVE_VOICE_QUEUE)
        sock.setsockopt(zmq.MAXMSGSIZE, limits.FROM_BROKER_BYTES if control else _VOICE_MESSAGE_BYTES)
        sock.setsockopt(zmq.CURVE_SERVERKEY, endpoint.broker_key)
        sock.setsockopt(zmq.CURVE_PUBLICKEY, self._keys[0])
        sock.setsockopt(zmq.CURVE_SECRETKEY, self._keys[1])
        for topic in topics:
            sock.setsockopt(zmq.SUBSCRIBE, topic)
        watched = Watched(sock, self._poller, port, time.monotonic())
        sock.connect(f"tcp://{join_host_port(endpoint.host, port)}")
        return watched

    def _drain_wake_ups(self) -> bytes:
        """Why `poll` was woken; what does not fit wakes it again."""
        return self._wake_in.recv(4096)
