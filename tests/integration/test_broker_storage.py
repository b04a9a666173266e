"""A broker process and its disk: what it said to be kept is there after a kill; voice goes on where the disk fails."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from broker.config import read_settings
from broker.core import Core
from broker.engine.embedded import EmbeddedEngine
from broker.keypair import load_or_make
from broker.server import Server
from common import limits, messages, voice_frame
from common.address import Address
from tests.fakes.engine import HeldDatabase
from tests.integration.broker_process import BrokerProcess, RawClient, wait_for

ROOM = b"r" * limits.ROOM_ID_BYTES


def post(client: RawClient, token: bytes) -> messages.Accepted:
    client.send(messages.Post(token))
    return client.expect(messages.Accepted, post_id=messages.post_id(token))


def refused(client: RawClient, token: bytes) -> messages.Refused:
    client.send(messages.Post(token))
    return client.expect(messages.Refused, what="post", post_id=messages.post_id(token))


def page(client: RawClient) -> list[bytes]:
    client.send(messages.Fetch(0, None, limits.PAGE_POSTS))
    return [stored.token for stored in client.expect(messages.Page).posts]


def voice_goes_on(ann: RawClient, ben: RawClient) -> None:
    """Ben hears Ann."""
    assert ann.joined is not None
    ben.listen()
    topic = voice_frame.topic(ann.joined.room, ann.joined.member)
    ann.expect(messages.Listening)
    with ben.subscribe(topic) as channel:
        frame = topic + b"sealed".ljust(60)
        for _ in range(200):
            ann.dealer.send(frame)
            if channel.poll(50):
                assert channel.recv() == frame
                return
    pytest.fail("nothing was heard")


def test_a_killed_broker_has_all_it_acknowledged(tmp_path: Path) -> None:
    # Would catch an acknowledgement that comes before the commit, and numbers that begin anew.
    broker = BrokerProcess(tmp_path)
    with broker:
        with RawClient(broker) as ann:
            log_id = ann.join(ROOM).log_id
            numbers = [post(ann, b"line %d" % number).seq for number in range(20)]
        broker.kill()
        broker.start()
        with RawClient(broker) as ben:
            joined = ben.join(ROOM)
            assert (joined.log_id, joined.newest_seq, joined.oldest_seq) == (log_id, 20, 1)
            assert page(ben) == [b"line %d" % number for number in range(20)]
            assert post(ben, b"line 7").seq == numbers[7]
            assert post(ben, b"after").seq == 21
        assert broker.stop() == (0, "")


def test_what_is_kept_of_a_room_is_what_was_set(tmp_path: Path) -> None:
    with BrokerProcess(tmp_path, "--keep-posts", "5") as broker, RawClient(broker) as ann:
        ann.join(ROOM)
        for number in range(12):
            post(ann, b"line %d" % number)
        assert page(ann) == [b"line %d" % number for number in range(7, 12)]


def test_history_off_keeps_nothing(tmp_path: Path) -> None:
    # Would catch a token on disk where none was to be kept.
    with BrokerProcess(tmp_path, "--history", "off") as broker:
        with RawClient(broker) as ann, RawClient(broker) as ben:
            ann.join(ROOM)
            ben.join(ROOM)
            assert post(ann, b"a token that passes by").seq == 1
            assert ben.expect(messages.Posted).token == b"a token that passes by"
            assert page(ben) == []
        kept = b"".join(path.read_bytes() for path in broker.folder.rglob("*") if path.is_file())
        assert b"passes by" not in kept
        assert broker.stop() == (0, "")


def test_voice_flows_while_a_commit_hangs(tmp_path: Path) -> None:
    # Would catch a disk that holds up voice, and a line that is acknowledged before it is on disk.
    place = ["--host", "127.0.0.1", "--port", "0", "--data", str(tmp_path), "--log", str(tmp_path / "all.log")]
    pair, database = load_or_make(tmp_path), HeldDatabase(Path(":memory:"))
    engine = EmbeddedEngine(Path("posts"), os.urandom, time.time, opened=lambda _: database)
    server = Server(read_settings(place, {}, None), pair, Core(engine), lambda _: None)
    engine.wake_by(server.wake)
    serving = threading.Thread(target=server.run)
    serving.start()
    broker = BrokerProcess(tmp_path)  # where the clients look for one
    broker.key = pair.public
    broker.control, broker.voice = Address("127.0.0.1", server.ports.control), Address("127.0.0.1", server.ports.voice)
    try:
        with RawClient(broker) as ann, RawClient(broker) as ben:
            ann.join(ROOM)
            ben.join(ROOM)
            database.go.clear()
            ann.send(messages.Post(b"on its way to the disk"))
            voice_goes_on(ann, ben)
            ann.send(messages.Ping(7))
            while not isinstance(answer := ann.receive(), messages.Pong):
                assert not isinstance(answer, messages.Accepted)
            database.go.set()
            assert ann.expect(messages.Accepted).seq == 1
            assert ben.expect(messages.Posted).token == b"on its way to the disk"
    finally:
        database.go.set()
        server.stop()
        serving.join()
        engine.close()
        server.close()


# --- a disk that fails --------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid():
        pytest.skip("needs the right to mount a file system")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_loses_nothing_that_was_acknowledged(small_disk: Path, tmp_path: Path) -> None:
    # Would catch an acknowledgement for nothing, a broker that ends, and one that stays dumb when there is place again.
    with BrokerProcess(small_disk, "--log", str(tmp_path / "all.log")) as broker:
        broker.log = tmp_path / "all.log"
        ballast = small_disk / "ballast"
        with RawClient(broker) as ann, RawClient(broker) as ben:
            ann.join(ROOM)
            ben.join(ROOM)
            kept = [b"first"]
            post(ann, kept[0])
            with suppress(OSError):  # as much as there is place for
                ballast.write_bytes(bytes(4 * 2**20))
            while (answer := answered(ann, token := os.urandom(10_000))) is None:
                kept.append(token)
            assert answer.code == "storage"
            assert answer.retry_after > 0
            wait_for(broker, "posts cannot be kept")
            voice_goes_on(ann, ben)
            ann.send(messages.Signal(b"a signal", None))
            assert ben.expect(messages.Signalled).token == b"a signal"
            ballast.unlink()
            while (answer := answered(ann, token)) is not None:
                assert ann.receive(answer.retry_after / 1_000) is None  # as long as it was asked to wait
            wait_for(broker, "posts are kept again")
        broker.kill()
        broker.start()
        with RawClient(broker) as cem:
            assert cem.join(ROOM).newest_seq == len(kept) + 1
            assert page(cem)[: len(kept)] == kept
        assert broker.stop() == (0, "")


def answered(client: RawClient, token: bytes) -> messages.Refused | None:
    """None: it is kept."""
    client.send(messages.Post(token))
    while not isinstance(answer := client.receive(), messages.Accepted | messages.Refused):
        assert answer is not None
    return answer if isinstance(answer, messages.Refused) else None


def flip_bytes(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for offset in range(0, len(content), 50):
        content[offset] ^= 0xFF
    path.write_bytes(content)


def write_newer(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()


@pytest.mark.parametrize(("spoil", "why"), [(flip_bytes, ""), (write_newer, "newer version")], ids=["flipped", "newer"])
def test_a_database_that_cannot_be_used_stops_neither_broker_nor_voice(tmp_path: Path, spoil: object, why: str) -> None:
    # Would catch a broker that does not start, one that overwrites what might be repaired, and a silent one.
    assert callable(spoil)
    broker = BrokerProcess(tmp_path)
    with broker:
        with RawClient(broker) as ann:
            ann.join(ROOM)
            post(ann, b"before")
        assert broker.stop() == (0, "")
        database = broker.folder / "data/posts.sqlite3"
        spoil(database)
        before = database.read_bytes()
        broker.start()
        assert why in wait_for(broker, "posts cannot be kept")
        with RawClient(broker) as ann, RawClient(broker) as ben:
            ann.join(ROOM)
            ben.join(ROOM)
            assert refused(ann, b"after").code == "storage"
            ann.send(messages.Fetch(0, None, 5))
            assert ann.expect(messages.Refused, what="fetch").code == "storage"
            voice_goes_on(ann, ben)
        assert broker.stop() == (0, "")
        assert database.read_bytes() == before


def test_a_database_that_breaks_while_it_is_used_stops_nobody(tmp_path: Path) -> None:
    broker = BrokerProcess(tmp_path)
    with broker, RawClient(broker) as ann, RawClient(broker) as ben:
        ann.join(ROOM)
        ben.join(ROOM)
        for number in range(30):
            post(ann, bytes([number]) * 10_000)
        for path in (broker.folder / "data").glob("posts.sqlite3*"):
            if not path.name.endswith("-shm"):
                flip_bytes(path)
        for number in range(5):
            ann.send(messages.Post(b"after %d" % number))
        ann.send(messages.Fetch(0, None, 200))
        voice_goes_on(ann, ben)
        ann.ping()
        assert broker.alive
