"""The client's sockets against brokers that break the rules, in one process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import zmq
from zmq.utils import z85

from client.commands import Lanes
from client.endpoint import Endpoint
from client.lanes import LaneWatch
from client.transport import Link, Transport
from common import messages
from common.address import Address
from common.messages import FromBroker
from common.voice_frame import bundle, on_lane
from tests.integration.relay import Relay

PATIENCE = 30.0
TOPIC = b"Vroomme"


class Evil:
    """Both sockets of a broker, which does what the test says."""

    def __init__(self) -> None:
        self._context = zmq.Context()
        public, self._secret = zmq.curve_keypair()
        self.key = z85.decode(public)
        self.router, self.control_port = self._open(zmq.ROUTER)
        self.voice, self.voice_port = self._open(zmq.XPUB)

    def _open(self, kind: int) -> tuple[zmq.Socket[bytes], int]:
        opened = self._context.socket(kind)
        opened.linger = 0
        opened.rcvtimeo = opened.sndtimeo = int(PATIENCE * 1000)
        opened.curve_server = True
        opened.curve_secretkey = self._secret
        return opened, opened.bind_to_random_port("tcp://127.0.0.1")

    def endpoint(self, *, control: int = 0, voice: int = 0) -> Endpoint:
        return Endpoint("127.0.0.1", control or self.control_port, voice or self.voice_port, self.key)

    def met(self) -> bytes:
        """Wait for a client's message: its connection."""
        return self.router.recv_multipart()[0]

    def close(self) -> None:
        self._context.destroy(linger=0)


class Heard:
    """A client's transport, and everything that it has told."""

    def __init__(self, watch: LaneWatch | None = None) -> None:
        self.frames: list[bytes] = []
        self.news: list[FromBroker | Link] = []
        self.transport = Transport(lambda frame, _, __: self.frames.append(frame), watch)

    def until(self, done: Callable[[], object]) -> None:
        for _ in range(int(PATIENCE / 0.05)):
            self.news += self.transport.poll(0.05)
            if done():
                return
        raise AssertionError((self.news, self.transport.counters))

    def meet(self, evil: Evil, endpoint: Endpoint) -> bytes:
        self.transport.open(endpoint)
        self.until(lambda: Link.AUTHENTICATED in self.news)
        self.transport.send(messages.Ping(1))
        return evil.met()

    @property
    def counters(self) -> dict[str, int]:
        return self.transport.counters


@pytest.fixture
def evil() -> Iterator[Evil]:
    with closing(Evil()) as broker:
        yield broker


@pytest.fixture
def client() -> Iterator[Heard]:
    heard = Heard()
    with closing(heard.transport):
        yield heard


def test_a_message_of_two_parts_is_dropped_and_the_next_one_read(evil: Evil, client: Heard) -> None:
    connection = client.meet(evil, evil.endpoint())
    evil.router.send_multipart([connection, b"one", b"two"])
    evil.router.send_multipart([connection, b"garbage"])
    evil.router.send_multipart([connection, messages.encode(messages.Resubscribe())])
    client.until(lambda: messages.Resubscribe() in client.news)
    assert client.counters["malformed"] == 2
    assert client.counters["endless"] == 0
    assert Link.BROKEN not in client.news


def test_a_message_of_many_parts_ends_the_connection(evil: Evil, client: Heard) -> None:
    # Would catch a client that takes whatever number of parts a broker puts into one message.
    connection = client.meet(evil, evil.endpoint())
    evil.router.send_multipart([connection, *[b"x"] * 65])
    client.until(lambda: Link.BROKEN in client.news)
    assert client.counters["endless"] == 1


@pytest.mark.skipif(
    not hasattr(socket, "TCP_INFO"), reason="the kernel does not say how much a connection has received"
)
def test_a_message_that_never_ends_ends_the_connection(evil: Evil, client: Heard) -> None:
    # Would catch parts without end, all of which libzmq keeps. The relay passes on no end: libzmq itself sends none.
    with closing(Relay(Address("127.0.0.1", evil.control_port), most=20_000_000)) as relay:
        connection = client.meet(evil, evil.endpoint(control=relay.port))
        parts = [b"x" * 500_000] * 44
        threading.Thread(target=evil.router.send_multipart, args=([connection, *parts],), daemon=True).start()
        client.until(lambda: Link.BROKEN in client.news)
        assert client.counters["endless"] == 1


def test_a_voice_message_of_many_parts_costs_the_voice_connection_only(evil: Evil, client: Heard) -> None:
    client.meet(evil, evil.endpoint())
    client.transport.subscribe(frozenset({TOPIC}))
    client.until(lambda: client.transport.voice_standing)
    assert evil.voice.recv() == b"\1" + TOPIC
    evil.voice.send(TOPIC + b"a frame")
    evil.voice.send_multipart([TOPIC, b"two"])
    evil.voice.send_multipart([TOPIC, *[b"x"] * 70])
    client.until(lambda: client.counters["endless"] == 1)
    assert client.frames == [TOPIC + b"a frame"]
    assert client.counters["malformed"] == 2
    assert client.transport.voice_standing is None
    client.until(lambda: client.transport.voice_standing)  # four seconds later
    assert client.counters["voice_reopened"] == 1
    assert Link.BROKEN not in client.news


def test_a_voice_port_that_nobody_listens_at_is_told_once_and_tried_again(evil: Evil, client: Heard) -> None:
    # Would catch a client that gives voice up for good, or spins.
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = int(nobody.getsockname()[1])
    client.meet(evil, evil.endpoint(voice=port))
    client.transport.subscribe(frozenset({TOPIC}))
    client.until(lambda: Link.DEAF in client.news)
    assert client.counters["voice_reopened"] == 2
    evil.voice.bind(f"tcp://127.0.0.1:{port}")
    client.until(lambda: client.transport.voice_standing)
    assert client.news.count(Link.DEAF) == 1
    evil.voice.recv()
    evil.voice.send(TOPIC + b"a frame")
    client.until(lambda: client.frames)
    assert Link.BROKEN not in client.news


def test_topics_come_and_go_on_one_connection(evil: Evil, client: Heard) -> None:
    client.meet(evil, evil.endpoint())
    for topics, asked in (
        ({b"VroomAA", b"VroomBB"}, {b"\1VroomAA", b"\1VroomBB"}),
        ({b"VroomBB", b"VroomCC"}, {b"\0VroomAA", b"\1VroomCC"}),
    ):
        client.transport.subscribe(frozenset(topics))
        client.until(lambda: client.transport.voice_standing)
        assert {evil.voice.recv(), evil.voice.recv()} == asked
    before = client.transport.voice_standing
    client.transport.subscribe(frozenset(topics))  # as they are
    assert client.transport.voice_standing == before
    client.transport.subscribe(frozenset())
    assert client.transport.voice_standing is None
    assert {evil.voice.recv(), evil.voice.recv()} == {b"\0VroomBB", b"\0VroomCC"}  # it is closed
    client.transport.reopen_voice()  # asked for too late: nobody listens any more
    client.news += client.transport.poll(0)
    assert client.counters["voice_reopened"] == 0


def test_a_good_bye_leaves_before_the_sockets_close(evil: Evil, client: Heard) -> None:
    client.transport.flush(0.1)  # there is nothing to wait for
    connection = client.meet(evil, evil.endpoint())
    client.transport.send_voice(b"V a frame")
    client.news += client.transport.poll(0)
    client.transport.send(messages.Leave())
    client.transport.flush(PATIENCE)
    client.transport.close_link()
    assert evil.router.recv_multipart() == [connection, b"V a frame"]
    assert evil.router.recv_multipart() == [connection, messages.encode(messages.Leave())]


def test_a_broker_with_another_key_is_a_broken_connection(evil: Evil, client: Heard) -> None:
    other = Endpoint("127.0.0.1", evil.control_port, evil.voice_port, z85.decode(zmq.curve_keypair()[0]))
    client.transport.open(other)
    client.until(lambda: Link.BROKEN in client.news)
    assert Link.AUTHENTICATED not in client.news


def test_a_peer_without_curve_is_a_broken_connection(client: Heard) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as plain:
        plain.linger = 0
        port = plain.bind_to_random_port("tcp://127.0.0.1")
        client.transport.open(Endpoint("127.0.0.1", port, port, bytes(32)))
        client.until(lambda: Link.BROKEN in client.news)
        assert Link.AUTHENTICATED not in client.news


def test_messages_that_nobody_takes_are_bounded(client: Heard, evil: Evil) -> None:
    client.transport.send(messages.Ping(0))  # there is no connection: nowhere to keep it for
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        client.transport.open(Endpoint("127.0.0.1", int(silent.getsockname()[1]), 1, evil.key))
        for number in range(2_000):
            client.transport.send(messages.Ping(number))
        for _ in range(100):
            client.transport.send_voice(b"V" * 100)
        client.news += client.transport.poll(0)
        assert client.counters["voice_dropped_sending"] == 64  # the last 0.6 s; what came before was dropped by them
        assert len(client.transport._waiting) == 1_000


def test_lanes_that_stand_and_each_frame_that_goes_up_are_told(evil: Evil) -> None:
    # Would catch listeners who are never told of a lane, and a watch that takes all talk for silence.
    class Watch(LaneWatch):
        went = 0

        def sent(self, now: float) -> None:
            super().sent(now)
            self.went += 1

    watch = Watch(Lanes.FOUR)
    watch.turn(0.0)
    with closing((client := Heard(watch)).transport):
        client.meet(evil, evil.endpoint())
        assert client.transport.lanes_standing == (1, 0)
        client.transport.subscribe(frozenset({TOPIC}))
        client.until(lambda: client.transport.lanes_standing == (1, 4))
        client.transport.talk(on=True)
        client.until(lambda: client.transport.lanes_standing == (4, 4))
        for _ in range(3):
            client.transport.send_voice(TOPIC + bytes(100))
        client.until(lambda: watch.went == 3)
        client.transport.talk(on=False)
        assert client.transport.lanes_standing == (1, 4)


def test_bundles_of_a_further_lane_and_what_is_none(evil: Evil) -> None:
    # Would catch a broker that ends a client with a bundle that is none, and one whose frames pass for others.
    watch = LaneWatch(Lanes.TWO)
    watch.turn(0.0)
    with closing((client := Heard(watch)).transport):
        client.meet(evil, evil.endpoint())
        client.transport.subscribe(frozenset({TOPIC}))
        asked = set[bytes]()
        while len(asked) < 2:
            client.until(lambda: evil.voice.poll(0))
            asked.add(evil.voice.recv())
        assert asked == {b"\1" + TOPIC, b"\1" + on_lane(TOPIC, 1)}
        good = bundle([TOPIC + b"one", TOPIC + b"two"], 1)
        for message in (good + b"x", good[:-1], on_lane(TOPIC, 1), good):
            evil.voice.send(message)
        client.until(lambda: client.frames)
        assert client.frames == [TOPIC + b"one", TOPIC + b"two"]
        assert client.counters["malformed"] == 3
