"""The sockets of the broker and the loop that serves them: ROUTER, XPUB, the banner's port.

Everything is decided by `Core`; here messages are received, handed over, and the actions that come back are
carried out. The loop never waits for a peer or a disk. A voice frame goes from one socket to the other as the
same libzmq message, uncopied. See docs/protocol.md for why each socket option is what it is.
"""

from __future__ import annotations

import socket
import time  # noqa: TID251 - a transport
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Final

import zmq

from broker.actions import Action, CutConnection, CutVoice, Deliver, Note
from broker.admission import Admission
from broker.allowed import AllowedKeys
from broker.banner_port import BannerPort
from broker.config import Settings
from broker.core import Core
from broker.guard import Guard, host_of, shut
from broker.keypair import KeyPair
from broker.ports import Ports, refused_port
from broker.status import Standing, Turns
from broker.subscriptions import Verdict
from broker.traffic import Traffic
from common import limits, messages, voice_frame
from common.banner import Banner, encode_banner
from common.errors import BadSetting
from common.kernel import Peer, peer_of

_EACH_TURN: Final = 200  # messages from one socket before the others have their turn
_WAITING: Final = 1_000  # messages for one connection: joining a room of 500 takes 800 at once
_WAITING_VOICE: Final = 200  # frames for one listener: 200 ms of ten talkers
_TAKING: Final = 200  # messages of one connection that wait for us: more stay in the kernel, and slow their sender
_ENVELOPE: Final = 64  # what CURVE and ZMTP put around a part, and some
_LEAST_ENVELOPE: Final = 35
_VOICE_PORT_MESSAGE: Final = 512  # 256 and less break the CURVE handshake
_LAST_WORDS_MS: Final = 300  # for Closing to get out
_LONGEST_WAIT: Final = 60.0
_NUMBERED: Final = b"\0"  # what the ids begin with that libzmq gives


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a ROUTER connection comes from: its descriptor, its peer, its CURVE key; and what went through it."""

    descriptor: int
    peer: Peer | None
    key: bytes
    address: str
    traffic: Traffic = field(default_factory=Traffic)


class Server:
    """Listens from the start on; `run` serves until `stop`. Raises `BadSetting` if a port cannot be had.

    `tell` gets every line for the log, from several threads.
    """

    def __init__(self, settings: Settings, pair: KeyPair, core: Core, tell: Callable[[Note], None]) -> None:
        self._core = core
        self._tell = tell
        self._stopping = False
        self._asked: SimpleQueue[Callable[[Standing], None]] = SimpleQueue()
        self._turns = Turns()
        self._sources: dict[bytes, _Source] = {}
        self._connections: dict[int, bytes] = {}  # descriptor → routing id, so that dead sources are forgotten
        self._channels: dict[int, Peer | None] = {}
        allowed = None if settings.allowed_keys is None else AllowedKeys(settings.allowed_keys, tell)
        self._banner = _open_banner(settings)  # first of the sockets: it is the easiest to undo
        self._wake_in, self._wake_out = _wake_up_pair()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._router = self._open(zmq.ROUTER, pair, limits.CONTROL_BYTES, _WAITING)
        self._router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self._xpub = self._open(zmq.XPUB, pair, _VOICE_PORT_MESSAGE, _WAITING_VOICE)
        self._xpub.setsockopt(zmq.XPUB_MANUAL, 1)
        self._admission = Admission(self._context, allowed, tell)
        self._admission.start()
        most, rate = settings.connections_per_address, settings.bytes_per_second
        self._guard = Guard(self._router, self._xpub, most, rate, tell, self)
        self._guard.start()
        try:
            control = _bind(self._router, settings, "port", settings.port)
            voice = _bind(self._xpub, settings, "voice-port", settings.voice_port)
        except BadSetting:
            self.close()
            raise
        self.ports = Ports(control, voice, self._banner.port)
        self._banner.line = encode_banner(Banner(pair.public, control, voice))

    def wake(self) -> None:
        """Make the loop look around. From any thread, and from a signal handler."""
        with suppress(OSError):  # full: it is awake anyway
            self._wake_in.send(b"w")

    def stop(self) -> None:
        """End `run`. From any thread, and from a signal handler."""
        self._stopping = True
        self.wake()

    def ask(self, take: Callable[[Standing], None]) -> None:
        """Have the loop call this with the numbers of the moment. From any thread; `take` must return at once."""
        self._asked.put(take)
        self.wake()

    def run(self) -> None:
        """Serve until `stop`; then say `Closing` to everybody."""
        poller = zmq.Poller()
        poller.register(self._router, zmq.POLLIN)
        poller.register(self._xpub, zmq.POLLIN)
        poller.register(self._banner.fileno(), zmq.POLLIN)
        poller.register(self._wake_out.fileno(), zmq.POLLIN)
        core = self._core
        while not self._stopping:
            wait = max(0.0, min(core.next_tick() - time.monotonic(), _LONGEST_WAIT))
            ready = dict(poller.poll(int(wait * 1_000) + 1))
            now = time.monotonic()
            if self._xpub in ready:
                self._serve_voice_port(now)
            if self._router in ready:
                relayed = core.counts.voice_relayed
                self._serve_control(now)
                if core.counts.voice_relayed != relayed:
                    self._turns.add(time.monotonic() - now)
            if self._banner.fileno() in ready and not self._banner.answer():
                poller.unregister(self._banner.fileno())  # it stays readable: polling it would spin
            if self._wake_out.fileno() in ready:
                self._woken(now)
            if core.next_tick() <= now:
                poller.register(self._banner.fileno(), zmq.POLLIN)  # again, in case it had no descriptors
                self._act(core.tick(now), now)
        self._act(core.closing(), time.monotonic())

    def close(self) -> None:
        """Close everything, within a third of a second."""
        self._wake_in.close()
        self._wake_out.close()
        self._banner.close()
        self._router.close(linger=_LAST_WORDS_MS)
        self._xpub.close(linger=0)
        self._context.term()  # ends the threads of admission and guard, which close their own sockets

    # --- sockets ---------------------------------------------------------------------------------------------

    def _open(self, kind: int, pair: KeyPair, largest: int, waiting: int) -> zmq.Socket[bytes]:
        """A CURVE socket that takes parts of up to `largest` bytes and keeps `waiting` messages a connection."""
        opened = self._context.socket(kind)
        opened.setsockopt(zmq.MAXMSGSIZE, largest)
        opened.setsockopt(zmq.SNDHWM, waiting)
        opened.setsockopt(zmq.RCVHWM, _TAKING)
        opened.curve_server = True
        opened.curve_secretkey = pair.secret
        opened.curve_publickey = pair.public
        opened.setsockopt(zmq.IPV6, 1)
        opened.setsockopt(zmq.LINGER, 0)
        opened.setsockopt(zmq.BACKLOG, 512)
        opened.setsockopt(zmq.HANDSHAKE_IVL, 3_000)
        opened.setsockopt(zmq.HEARTBEAT_IVL, 2_000)
        opened.setsockopt(zmq.HEARTBEAT_TIMEOUT, 6_000)
        opened.setsockopt(zmq.HEARTBEAT_TTL, 8_000)
        opened.setsockopt(zmq.TOS, 0xB8)  # expedited forwarding, where a network honours it
        return opened

    # --- coming in -------------------------------------------------------------------------------------------

    def _serve_control(self, now: float) -> None:
        """Take what waits on the ROUTER, but not for ever. Voice frames go straight on."""
        receive, publish, voice = self._router.recv, self._xpub.send, self._core.voice
        for _ in range(_EACH_TURN):
            try:
                connection = receive(zmq.NOBLOCK)
            except zmq.Again:
                return
            frame = receive(zmq.NOBLOCK, copy=False)
            source = self._sources.get(connection)
            part = self._part(frame, source)
            bundles = voice(connection, part, now) if part[:1] == voice_frame.MARK else None
            if bundles is None:
                self._control(connection, frame, source, part, now)
                continue
            publish(frame, zmq.NOBLOCK, copy=False)
            for bundle in bundles:
                publish(bundle, zmq.NOBLOCK)

    def _part(self, frame: zmq.Frame, source: _Source | None) -> bytes:
        """The one part of a message; b"", which is malformed, where there are more."""
        part = frame.bytes
        size = len(part) + _ENVELOPE
        if frame.more:
            size += self._drop_rest(self._router)
            part = b""
        if source is not None:
            source.traffic.taken += size
        return part

    def _control(self, connection: bytes, frame: zmq.Frame, source: _Source | None, part: bytes, now: float) -> None:
        """A message that is no voice to be passed on."""
        if part[:1] == voice_frame.MARK:
            if source is not None:
                return  # the core has counted it
            part = b""  # voice from somebody who never said anything else: malformed
        source = source or self._source(connection, frame)
        if source is not None:
            self._act(self._core.receive(connection, source.key, source.address, part, now), now)

    def _serve_voice_port(self, now: float) -> None:
        """Take what waits on the XPUB. Each subscription is answered before the next one is received."""
        for _ in range(_EACH_TURN):
            try:
                frame = self._xpub.recv(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                self._act(self._core.voice_port_drained(), now)
                return
            more = frame.more
            if more:
                self._drop_rest(self._xpub)
            self._answer_subscription(frame, more, now)

    def _answer_subscription(self, frame: zmq.Frame, more: bool, now: float) -> None:
        told, key = frame.bytes, _key(frame)
        channel = None if key is None else self._channel(frame)
        if more or told[:1] not in {b"\0", b"\1"}:
            address = host_of(self._channels.get(channel)) if channel is not None else ""
            self._act(self._core.user_message(channel, address), now)
            self._shut_channel(channel)
            return
        topic = told[1:]
        if told[0]:
            verdict = Verdict.REFUSE
            if key is not None and channel is not None:
                verdict = self._core.subscribed(channel, key, topic)
        else:
            verdict = self._core.unsubscribed(channel, key, topic)
        if verdict is Verdict.APPROVE:
            self._xpub.setsockopt(zmq.SUBSCRIBE if told[0] else zmq.UNSUBSCRIBE, topic)
        elif verdict is Verdict.CUT:
            self._shut_channel(channel)

    def _woken(self, now: float) -> None:
        with suppress(OSError):
            while self._wake_out.recv(4_096):
                pass
        self._act(self._core.settle(now), now)
        while not self._asked.empty():  # this thread alone takes from it
            self._asked.get()(self._standing(now))

    def _standing(self, now: float) -> Standing:
        """The core's numbers, and those of who never got as far as the core."""
        standing = self._core.standing(now)
        outside = {**self._guard.counts, "keys_turned_away": self._admission.turned_away}
        counters = {**standing.counters, **outside}
        return replace(standing, counters=counters, forwarding=self._turns.forwarding())

    @staticmethod
    def _drop_rest(opened: zmq.Socket[bytes]) -> int:
        """The further parts of a message that should have had one; how many bytes they took on their way."""
        size = 0
        while opened.getsockopt(zmq.RCVMORE):
            size += len(opened.recv(zmq.NOBLOCK)) + _ENVELOPE
        return size

    # --- who is who ------------------------------------------------------------------------------------------

    def _source(self, connection: bytes, frame: zmq.Frame) -> _Source | None:
        """Remember where a connection comes from, when it is heard for the first time. None: it is shut."""
        descriptor = frame.get(zmq.SRCFD)
        peer = peer_of(descriptor)
        if connection[:1] != _NUMBERED:  # a routing id of the client's choice: it could be another's
            shut(descriptor, peer)
            self._tell(Note("cut", "", host_of(peer), "chose its routing id"))
            return None
        address = str(frame.get("Peer-Address")).removeprefix("::ffff:")
        if host_of(peer) != address:
            peer = None  # it is gone already, and its descriptor is somebody else's: nothing to shut
        source = _Source(descriptor, peer, _key(frame) or b"", address)
        old = self._connections.get(descriptor)
        if old is not None:  # its descriptor was given to this one: it is dead
            self._sources.pop(old, None)
        self._connections[descriptor] = connection
        self._sources[connection] = source
        return source

    def handle_at(self, descriptor: int, peer: Peer) -> str:
        """The handle of the member at a descriptor, for the guard's thread: it only looks."""
        connection = self._connections.get(descriptor, b"")
        source = self._sources.get(connection)
        return self._core.handle_of(connection) if source is not None and source.peer == peer else ""

    def traffic_at(self, descriptor: int, peer: Peer) -> Traffic | None:
        """What went through the control connection at a descriptor, for the guard's thread: it only looks."""
        source = self._sources.get(self._connections.get(descriptor, b""))
        return source.traffic if source is not None and source.peer == peer else None

    def _channel(self, frame: zmq.Frame) -> int:
        """The voice channel of a frame. Its peer is looked up each time: a descriptor may have been given anew."""
        descriptor: int = frame.get(zmq.SRCFD)
        self._channels[descriptor] = peer_of(descriptor)
        return descriptor

    def _shut_channel(self, channel: int | None) -> None:
        if channel is not None:
            shut(channel, self._channels.pop(channel, None))

    # --- going out -------------------------------------------------------------------------------------------

    def _act(self, actions: list[Action], now: float) -> None:
        """Carry out what the core asks for, and what it asks for when a delivery fails."""
        waiting = deque(actions)
        while waiting:
            action = waiting.popleft()
            if isinstance(action, Deliver):
                part = messages.encode(action.message)
                for connection in action.to:
                    failed = self._deliver(connection, part, action, now)
                    if failed:
                        waiting.extend(failed)
            elif isinstance(action, Note):
                self._tell(action)
            elif isinstance(action, CutVoice):
                for channel in action.channels:
                    self._shut_channel(channel)
            else:
                self._cut(action)

    def _deliver(self, connection: bytes, part: bytes, action: Deliver, now: float) -> list[Action]:
        source = self._sources.get(connection)
        try:
            self._router.send(connection, zmq.SNDMORE | zmq.NOBLOCK)
            self._router.send(part, zmq.NOBLOCK)
            if source is not None:
                source.traffic.given += len(part) + _LEAST_ENVELOPE
        except zmq.Again:
            return self._core.undeliverable(connection, action.message, now)
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            return self._core.lost(connection, now)
        return []

    def _cut(self, action: CutConnection) -> None:
        source = self._sources.pop(action.connection, None)
        if source is not None:
            self._connections.pop(source.descriptor, None)
            shut(source.descriptor, source.peer)


def _wake_up_pair() -> tuple[socket.socket, socket.socket]:
    """What is written to the first can be read from the second; neither ever waits."""
    pair = socket.socketpair()
    for end in pair:
        end.settimeout(0.0)
    return pair


def _key(frame: zmq.Frame) -> bytes | None:
    """The CURVE key that libzmq vouches for, None on what libzmq says for a dead connection."""
    try:
        return bytes.fromhex(str(frame.get("User-Id")))
    except (zmq.ZMQError, KeyError, ValueError):
        return None


def _open_banner(settings: Settings) -> BannerPort:
    try:
        return BannerPort(settings.host, settings.banner_port)
    except OSError as error:
        raise refused_port(settings, "banner-port", error.errno) from error


def _bind(opened: zmq.Socket[bytes], settings: Settings, name: str, port: int) -> int:
    """Listen, and tell on which port. Raises `BadSetting`."""
    bracketed = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        opened.bind(f"tcp://{bracketed}:{port or '*'}")
    except zmq.ZMQError as error:
        raise refused_port(settings, name, error.errno) from error
    endpoint = opened.getsockopt_string(zmq.LAST_ENDPOINT)
    return int(endpoint.rstrip("\0").rpartition(":")[2])
