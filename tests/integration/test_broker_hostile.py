"""A broker process under bad input: garbage, storms, stalls. It goes on, and nobody else loses anything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import zmq

from broker.traffic import UNFINISHED_BYTES
from common import limits, messages
from common.address import Address
from tests.integration.broker_process import (
    PATIENCE,
    BrokerProcess,
    RawClient,
    next_event,
    read_banner,
    wait_for,
    watched,
)

ROOM = b"r" * limits.ROOM_ID_BYTES


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    with BrokerProcess(tmp_path, "--joins-per-minute", "5") as started:
        yield started
        if started.alive:
            assert started.stop() == (0, "")  # no traceback, whatever was done to it


def still_serves(broker: BrokerProcess) -> bool:
    with RawClient(broker) as ann, RawClient(broker) as ben:
        ann.join(ROOM)
        ben.join(ROOM)
        ann.send(messages.Post(b"still here"))
        return ben.expect(messages.Posted).token == b"still here"


def test_null_and_plain_clients_get_nothing(broker: BrokerProcess) -> None:
    # Would catch a door that opens without CURVE.
    for address in (broker.control, broker.voice):
        for plain in (False, True):
            assert first_event_without_curve(address, plain) == zmq.EVENT_DISCONNECTED
    for port in ("control", "voice"):
        wait_for(broker, f"reason={port} port: no CURVE handshake")  # the address may be gone with the connection
    assert still_serves(broker)


def first_event_without_curve(address: Address, plain: bool) -> int:
    with zmq.Context() as context, context.socket(zmq.DEALER) as stranger:
        stranger.linger = 0
        if plain:
            stranger.plain_username, stranger.plain_password = b"ann", b"secret"
        with watched(stranger, zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED) as monitor:
            stranger.connect(f"tcp://{address}")
            stranger.send(messages.encode(messages.Join(ROOM, b"hello", 0)), zmq.NOBLOCK)
            event = next_event(monitor)
        assert not stranger.poll(0)
        return event


@pytest.mark.parametrize("garbage", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100_000, bytes(range(256)) * 16])
def test_garbage_on_all_ports(broker: BrokerProcess, garbage: bytes) -> None:
    # Would catch a port that a stray connection stops.
    for address in (broker.control, broker.voice, broker.banner):
        # It may be cut while we write, as it should be.
        with socket.create_connection((address.host, address.port), PATIENCE) as stray, suppress(OSError):
            stray.sendall(garbage)
    assert read_banner(broker.banner).key == broker.key
    assert still_serves(broker)


def test_banner_serves_many_and_reads_nothing(broker: BrokerProcess) -> None:
    # Would catch callers that are kept, or a slow one that holds up the next.
    idle = [socket.create_connection((broker.banner.host, broker.banner.port)) for _ in range(50)]
    assert read_banner(broker.banner).key == broker.key
    for caller in idle:
        caller.close()


def test_malformed_messages_are_dropped_and_end_the_connection(broker: BrokerProcess) -> None:
    # Would catch a traceback, a stop, or a client that may send nonsense for ever.
    with RawClient(broker) as eve, RawClient(broker) as ann:
        ann.join(ROOM)
        joined = eve.join(ROOM)
        eve.dealer.send_multipart([b"two", b"parts"])
        eve.dealer.send(b"")
        eve.dealer.send(b"\x93\x01")
        eve.ping()
        for _ in range(limits.MALFORMED_LIMIT):
            eve.dealer.send(b"\xc1nonsense")
        assert ann.expect(messages.MemberLeft).member == joined.member
    assert "malformed" in wait_for(broker, "too many malformed messages")


def test_oversize_message_is_refused_clearly(broker: BrokerProcess) -> None:
    # Would catch silence where a person has pasted too much.
    with RawClient(broker) as ann:
        ann.join(ROOM)
        ann.dealer.send(b"\x92\x03\xc5" + (limits.TOKEN_BYTES + 1).to_bytes(2, "big") + b"x" * (limits.TOKEN_BYTES + 1))
        assert ann.expect(messages.Refused).code == "too_large"
        ann.dealer.send(b"x" * (limits.CONTROL_BYTES + 1))  # libzmq ends the connection
    assert still_serves(broker)


def test_join_storm_is_refused_with_a_time(broker: BrokerProcess) -> None:
    # Would catch joins without a limit, or a limit without an answer.
    with RawClient(broker) as eve:
        for _ in range(5):
            eve.join(ROOM)
        eve.send(messages.Join(ROOM, b"hello", 0))
        refused = eve.expect(messages.Refused)
        assert (refused.what, refused.code) == ("join", "too_fast")
        assert 0 < refused.retry_after <= 12_001
        assert not eve.broker.log.read_text().count("hello")


def test_client_that_chooses_its_routing_id_is_turned_away(broker: BrokerProcess) -> None:
    # Would catch a stranger that takes another's name at the ROUTER.
    with RawClient(broker) as eve:
        named = eve.open(zmq.DEALER)
        named.setsockopt(zmq.ROUTING_ID, b"ann")
        with watched(named, zmq.EVENT_DISCONNECTED) as monitor:
            eve.connect(named, broker.control)
            named.send(messages.encode(messages.Join(ROOM, b"hello", 0)))
            assert next_event(monitor) == zmq.EVENT_DISCONNECTED
        assert not named.poll(0)


def test_one_that_reads_nothing_falls_behind_and_others_go_on(broker: BrokerProcess) -> None:
    # Would catch a send that waits for a stalled peer, or a queue for it that grows without end.
    with RawClient(broker) as ann, RawClient(broker) as slow, ExitStack() as stack:
        ann.join(ROOM)
        slow.dealer.close()
        slow.dealer = slow.open(zmq.DEALER)
        slow.dealer.setsockopt(zmq.RCVHWM, 1)
        slow.dealer.setsockopt(zmq.RCVBUF, 4_096)
        slow.connect(slow.dealer, broker.control)
        slow.send(messages.Join(ROOM, b"slow", 0))
        slow_is = ann.expect(messages.MemberJoined, hello=b"slow").member
        for _ in range(50):  # each as much as it may send at once; together more than all buffers hold
            ben = stack.enter_context(RawClient(broker, ann.context, owns_context=False))
            ben.join(ROOM)
            for _ in range(limits.SIGNAL_BURST):
                ben.send(messages.Signal(b"x" * 4_000, slow_is))
            ben.ping()
        assert "behind member=" + slow_is.hex() in wait_for(broker, "behind")
        ann.send(messages.Post(b"to those who read"))
        assert ben.expect(messages.Posted).token == b"to those who read"


def test_too_many_connections_from_one_address(tmp_path: Path) -> None:
    # Would catch an address that takes every descriptor of the broker.
    with BrokerProcess(tmp_path, "--connections-per-address", "3") as broker:
        strays = [socket.create_connection((broker.control.host, broker.control.port), PATIENCE) for _ in range(4)]
        strays[-1].settimeout(PATIENCE)
        while strays[-1].recv(4_096):  # libzmq's greeting, then the end
            pass
        for stray in strays:
            stray.close()
        wait_for(broker, "too many connections")


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="the kernel does not say how much a connection has sent")
def test_flood_is_cut(tmp_path: Path) -> None:
    # Would catch an endless message, which libzmq would keep in memory.
    with BrokerProcess(tmp_path, "--bytes-per-second", "100000") as broker, RawClient(broker) as eve:
        eve.join(ROOM)
        with watched(eve.dealer, zmq.EVENT_DISCONNECTED) as monitor:
            for _ in range(200):
                eve.dealer.send(b"x" * 10_000, zmq.SNDMORE | zmq.NOBLOCK)
            eve.dealer.send(b"")
            assert next_event(monitor) == zmq.EVENT_DISCONNECTED
        wait_for(broker, "sends too much")


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="the kernel does not say how much a connection has sent")
def test_message_that_never_ends_is_cut_however_slow(broker: BrokerProcess) -> None:
    # Would catch parts without end below the rate: none of them would ever leave libzmq's memory.
    with RawClient(broker) as eve, relay(broker.control, UNFINISHED_BYTES + 100_000) as between:
        endless = eve.open(zmq.DEALER)
        with watched(endless, zmq.EVENT_DISCONNECTED) as monitor:
            eve.connect(endless, between)
            for _ in range(200):
                endless.send(b"x" * limits.TOKEN_BYTES, zmq.SNDMORE)
            endless.send(b"the end, which the broker never sees")
            assert next_event(monitor) == zmq.EVENT_DISCONNECTED
        wait_for(broker, "does not end its messages")
    assert still_serves(broker)


@contextmanager
def relay(to: Address, most: int) -> Iterator[Address]:
    """An address that passes on to another, both ways, but no more than `most` bytes in that direction."""
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as stack:

        def serve() -> None:
            near, _ = server.accept()
            far = socket.create_connection((to.host, to.port), PATIENCE)
            stack.callback(near.close)
            stack.callback(far.close)
            far.settimeout(None)
            back = threading.Thread(target=copy, args=(far, near), daemon=True)
            back.start()
            copy(near, far, most)
            back.join(PATIENCE)
            with suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield Address(*server.getsockname())
        serving.join(PATIENCE)


def copy(source: socket.socket, target: socket.socket, most: int = 2**62) -> None:
    with suppress(OSError):
        while most and (part := source.recv(min(65_536, most))):
            target.sendall(part)
            most -= len(part)


def test_log_tells_whose_connection_ended(broker: BrokerProcess) -> None:
    # Would catch a log in which a member is never heard of again after its connection broke, or the broker stopped.
    with RawClient(broker) as ann:
        ann_is = ann.join(ROOM).member.hex()
        with RawClient(broker) as ben:
            ben_is = ben.join(ROOM).member.hex()
        wait_for(broker, f"disconnected member={ben_is} address=127.0.0.1 reason=control port")
        assert broker.stop() == (0, "")
        assert f"left member={ann_is} address=127.0.0.1 reason=broker stops" in broker.log.read_text()


def test_log_holds_no_content(broker: BrokerProcess) -> None:
    # Would catch a log that tells who is called what, which room it was, or what was said.
    with RawClient(broker) as ann:
        ann.join(ROOM, b"hello-of-ann")
        ann.send(messages.Post(b"token-of-ann"))
        ann.expect(messages.Accepted)
        ann.send(messages.Leave())
    text = wait_for(broker, "left member=")
    for secret in ("hello-of-ann", "token-of-ann", ROOM.decode(), ROOM.hex(), ann.key.hex(), ann.public.decode()):
        assert secret not in text
    assert "address=127.0.0.1" in text
