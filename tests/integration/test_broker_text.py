"""A broker process and raw clients: text, signals, pages, rooms, restarts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from common import limits, messages
from common.words import broker_words
from tests.integration.broker_process import BrokerProcess, RawClient

ROOM = b"r" * limits.ROOM_ID_BYTES
OTHER_ROOM = b"o" * limits.ROOM_ID_BYTES


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    with BrokerProcess(tmp_path) as started:
        yield started


def test_two_clients_relay_text(broker: BrokerProcess) -> None:
    # Would catch a broker that numbers wrongly, echoes to the sender, or leaks into another room.
    with RawClient(broker) as ann, RawClient(broker) as ben, RawClient(broker) as eve:
        first = ann.join(ROOM, b"ann")
        second = ben.join(ROOM, b"ben")
        eve.join(OTHER_ROOM)
        assert first.members == ()
        assert second.members == (messages.Member(first.member, b"ann", ann.key),)
        assert ann.expect(messages.MemberJoined).hello == b"ben"
        ann.send(messages.Post(b"sealed"))
        accepted = ann.expect(messages.Accepted)
        assert (accepted.post_id, accepted.seq, accepted.prev_seq) == (messages.post_id(b"sealed"), 1, 0)
        assert ben.expect(messages.Posted) == messages.Posted(1, 0, b"sealed")
        eve.send(messages.Fetch(0, None, 10))
        assert eve.expect(messages.Page).posts == ()


def test_newcomer_reads_lines_of_one_who_left(broker: BrokerProcess) -> None:
    # Would catch posts that are dropped with their sender or with the last member of a room.
    with RawClient(broker) as ann:
        ann.join(ROOM)
        ann.send(messages.Post(b"one"))
        ann.send(messages.Post(b"two"))
        ann.expect(messages.Accepted, seq=2)
        ann.send(messages.Leave())
        ann.send(messages.Ping(1))
        ann.expect(messages.Refused, what="ping", code="not_joined")
    with RawClient(broker) as ben:
        joined = ben.join(ROOM)
        assert (joined.oldest_seq, joined.newest_seq) == (1, 2)
        ben.send(messages.Fetch(None, 3, 10))
        assert [post.token for post in ben.expect(messages.Page).posts] == [b"one", b"two"]


def test_signals_reach_all_others_or_one(broker: BrokerProcess) -> None:
    # Would catch a signal to one member that everybody sees.
    with RawClient(broker) as ann, RawClient(broker) as ben, RawClient(broker) as cem:
        ann.join(ROOM)
        ben_is = ben.join(ROOM).member
        cem.join(ROOM)
        ann.send(messages.Signal(b"to ben", ben_is))
        ann.send(messages.Signal(b"to all", None))
        assert ben.expect(messages.Signalled).token == b"to ben"
        assert ben.expect(messages.Signalled).token == b"to all"
        assert cem.expect(messages.Signalled).token == b"to all"


def test_same_key_again_replaces_its_own_connection_only(broker: BrokerProcess) -> None:
    # Would catch a rejoin that leaves a ghost, or that throws out somebody else.
    with RawClient(broker) as ann, RawClient(broker) as ben:
        ann.join(ROOM)
        old = ben.join(ROOM).member
        again = RawClient(broker, ben.context)
        again.dealer.close()
        again.public, again.secret = ben.public, ben.secret
        again.dealer = again.open(zmq.DEALER)
        again.connect(again.dealer, broker.control)
        assert len(again.join(ROOM).members) == 1
        assert ann.expect(messages.MemberLeft).member == old
        ann.ping()


def test_kill_and_restart_keep_the_key(tmp_path: Path) -> None:
    # Would catch a key that is made anew: every client would refuse the broker.
    broker = BrokerProcess(tmp_path)
    with broker:
        key, words = broker.key, broker.words
        broker.kill()
        broker.start()
        assert broker.key == key
        assert broker.words == words == broker_words(key)
        with RawClient(broker) as ann:
            ann.join(ROOM)


def test_stop_says_closing(broker: BrokerProcess) -> None:
    # Would catch a stop that drops the last words, or that ends with an error.
    with RawClient(broker) as ann:
        ann.join(ROOM)
        broker.terminate()
        ann.expect(messages.Closing)  # read at once: a DEALER forgets what it has not read when the peer goes
        assert broker.stop() == (0, "")
