"""A broker process and raw clients: who hears whom, and what is tried against it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
import zmq

from common import limits, voice_frame
from tests.integration.broker_process import BrokerProcess, RawClient, closed, next_event, watched

ROOM = b"r" * limits.ROOM_ID_BYTES
OTHER_ROOM = b"o" * limits.ROOM_ID_BYTES
_ROUNDS = 15


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    with BrokerProcess(tmp_path) as started:
        yield started


@pytest.fixture(params=["broker", "tests.integration.slow_broker"])
def busy_broker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[BrokerProcess]:
    with BrokerProcess(tmp_path, module=request.param) as started:
        yield started


def topic_of(client: RawClient) -> bytes:
    assert client.joined is not None
    return voice_frame.topic(client.joined.room, client.joined.member)


def frame_of(client: RawClient, number: int = 0) -> bytes:
    return topic_of(client) + bytes([number]) * 80


def hears(listener: zmq.Socket[bytes], talker: RawClient) -> bool:
    """Talk until something arrives; the subscription may still be on its way."""
    for _ in range(150):
        talker.dealer.send(frame_of(talker))
        if listener.poll(100):
            return listener.recv() == frame_of(talker)
    return False


def silent(listener: zmq.Socket[bytes], *talkers: RawClient) -> bool:
    """Talk, wait until the broker has read it all, and see that nothing comes."""
    for talker in talkers:
        for number in range(20):
            talker.dealer.send(frame_of(talker, number))
        talker.ping()
    return not listener.poll(200)


def test_voice_reaches_listeners_of_the_same_room_only(broker: BrokerProcess) -> None:
    # Would catch voice across rooms, voice to a speaker that is off, and prefixes that match everything.
    with RawClient(broker) as ann, RawClient(broker) as ben, RawClient(broker) as cem, RawClient(broker) as eve:
        ann.join(ROOM)
        ben.join(ROOM)
        cem.join(ROOM)
        eve.join(OTHER_ROOM)
        ben.listen()
        eve.listen()
        sub = ben.subscribe(topic_of(ann))
        assert hears(sub, ann)
        speaker_off = cem.subscribe(topic_of(ann))
        other_room = eve.subscribe(topic_of(ann))
        wide = ben.subscribe(voice_frame.room_topic(topic_of(ann)[1:5]))  # only for rooms of over 64
        assert silent(speaker_off, ann)
        assert silent(other_room, ann)
        assert silent(wide, ann)
        assert hears(sub, ann)


def test_somebody_elses_topic_is_not_relayed(broker: BrokerProcess) -> None:
    # Would catch a member that speaks as another.
    with RawClient(broker) as ann, RawClient(broker) as ben, RawClient(broker) as eve:
        ann.join(ROOM)
        ben.join(ROOM)
        eve.join(ROOM)
        ben.listen()
        sub = ben.subscribe(topic_of(ann))
        assert hears(sub, ann)
        while sub.poll(200):
            sub.recv()
        for _ in range(10):
            eve.dealer.send(frame_of(ann))
        eve.ping()
        assert not sub.poll(200)


@pytest.mark.parametrize("topic", [b"", b"V", b"Vroo", b"Vroomm", b"Vroommmm", b"x" * 451])
def test_odd_topics_cut_their_connection(broker: BrokerProcess, topic: bytes) -> None:
    # Would catch refused topics that stay in libzmq's memory, and prefixes that hear everybody.
    with RawClient(broker) as eve:
        sub = eve.open(zmq.SUB)
        sub.setsockopt(zmq.SUBSCRIBE, topic)
        assert closed(sub, broker.voice)


def test_user_messages_do_not_hand_out_anybodys_voice(busy_broker: BrokerProcess) -> None:
    # libzmq gives an approval to the connection behind the last message that it took for a subscription. A user
    # message shifts that by one: Ben's approval would go to whoever asks next, here a guest of another room.
    with ExitStack() as stack:
        one_thread = zmq.Context[zmq.Socket[bytes]]()  # so that what is sent in this order arrives in it
        stack.callback(one_thread.destroy, linger=0)
        ann, ben, eve, mal = (
            stack.enter_context(RawClient(busy_broker, one_thread, owns_context=False)) for _ in range(4)
        )
        ann.join(ROOM)
        ben.join(ROOM)
        ben.listen()
        mal.join(OTHER_ROOM)
        mal.listen()
        for _ in range(_ROUNDS):
            ben.ping()
            mal.ping()
            first, second, sub = eve.open(zmq.XSUB), mal.open(zmq.XSUB), ben.open(zmq.SUB)
            for one in (first, second, sub):
                assert ready(one, busy_broker)
            first.send(b"attack")
            sub.subscribe(topic_of(ann))
            second.send(b"\1" + topic_of(mal))
            assert silent(second, ann)
            assert not first.poll(0)
            for one in (first, second, sub):
                one.close()
        with closing(ben.subscribe(topic_of(ann))) as sub:  # as a client does that is told to Resubscribe
            assert hears(sub, ann)


def ready(made: zmq.Socket[bytes], broker: BrokerProcess) -> bool:
    """Connect to the voice port, and wait until the broker has let it in."""
    with watched(made, zmq.EVENT_HANDSHAKE_SUCCEEDED) as monitor:
        RawClient.connect(made, broker.voice)
        return next_event(monitor) == zmq.EVENT_HANDSHAKE_SUCCEEDED


def memory_of(broker: BrokerProcess) -> float:
    """MiB that it holds now."""
    return float(psutil.Process(broker.pid).memory_info().rss) / 2**20


def test_refused_topics_leave_memory_as_it_was(broker: BrokerProcess) -> None:
    # Would catch topics that libzmq keeps though nobody may hear them: 10,000 of these are 5 MB.
    def refused(times: int) -> None:
        for _ in range(times):
            with RawClient(broker) as eve:
                sub = eve.open(zmq.XSUB)
                for number in range(100):
                    sub.send(b"\1" + f"{number:04}".encode() * 125)
                assert closed(sub, broker.voice)

    refused(30)  # what it once needed it keeps for the next time
    before = memory_of(broker)
    refused(100)
    assert memory_of(broker) - before < 4.0


def test_user_message_cuts_its_connection(broker: BrokerProcess) -> None:
    # Would catch an attacker that may try again on the same connection.
    with RawClient(broker) as eve:
        attacker = eve.open(zmq.XSUB)
        with watched(attacker, zmq.EVENT_DISCONNECTED) as monitor:
            eve.connect(attacker, broker.voice)
            attacker.send(b"attack")
            assert next_event(monitor) == zmq.EVENT_DISCONNECTED


def test_speaker_off_cuts_the_subscription(broker: BrokerProcess) -> None:
    # Would catch a listener that the room believes deaf and that still hears.
    with RawClient(broker) as ann, RawClient(broker) as ben, RawClient(broker) as cem:
        ann.join(ROOM)
        ben.join(ROOM)
        cem.join(ROOM)
        for client in (ben, cem):
            client.listen()
        stays, goes = cem.subscribe(topic_of(ann)), ben.subscribe(topic_of(ann))
        assert hears(stays, ann)
        assert hears(goes, ann)
        ben.listen(False)
        while goes.poll(200):
            goes.recv()
        assert silent(goes, ann)
        assert hears(stays, ann)


def test_unsubscribing_ends_it(broker: BrokerProcess) -> None:
    # Would catch an unsubscription that nobody answers: the same bytes would keep coming down.
    with RawClient(broker) as ann, RawClient(broker) as ben:
        ann.join(ROOM)
        ben.join(ROOM)
        ben.listen()
        sub = ben.subscribe(topic_of(ann))
        assert hears(sub, ann)
        with watched(sub, zmq.EVENT_DISCONNECTED) as monitor:
            sub.setsockopt(zmq.UNSUBSCRIBE, topic_of(ann))
            while sub.poll(300):
                sub.recv()
            assert silent(sub, ann)
            assert not monitor.poll(0)
