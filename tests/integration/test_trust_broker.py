"""What clients do about a broker whose key is not the one they know: they refuse, and send nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.address import Address
from common.banner import Banner, encode_banner
from tests.integration.broker_process import BrokerProcess
from tests.integration.client_process import ClientProcess
from tests.integration.conftest import People


def refuses_loudly(person: ClientProcess, other: BrokerProcess) -> None:
    error = person.expect("error", code="key_changed")
    assert error["part"] == "server"
    assert other.words in error["message"]
    assert person.expect("disconnected", retry_in=None)["reason"]
    assert person.wait() == 1


def test_a_changed_key_is_refused_by_those_who_were_there_and_by_those_who_return(
    broker: BrokerProcess, people: People, tmp_path: Path
) -> None:
    # Would catch a client that trusts whoever answers at the address, at once or after a restart.
    ann = people("Ann", folder="ann", by_address=True)
    ann.expect("joined")
    assert ann.expect("broker") == {"event": "broker", "words": broker.words, "first_contact": True}
    assert broker.stop() == (0, "")
    (tmp_path / "other").mkdir()
    other = BrokerProcess(tmp_path / "other")
    other.start(port=broker.control.port)
    try:
        refuses_loudly(ann, other)
        back = people("Ann", folder="ann", by_address=True)
        refuses_loudly(back, other)
        assert back.texts == []
        assert "joined" not in other.log.read_text(encoding="utf-8")
        assert people("Ben", by_address=True).expect("joined")  # who knows neither meets the new one
        assert "joined" in other.log.read_text(encoding="utf-8")
    finally:
        other.kill()


@pytest.fixture
def known(broker: BrokerProcess, people: People) -> Address:
    """The address of a broker that the folder "ann" knows, and that is gone."""
    ann = people("Ann", folder="ann", by_address=True)
    ann.expect("joined")
    ann.quit()
    assert broker.stop() == (0, "")
    return broker.control


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", port)) as server:
        yield server


@contextmanager
def banner_of(key: bytes, control: Address) -> Iterator[None]:
    """Somebody who shows this key at the banner's port of a broker."""
    line = encode_banner(Banner(key, control.port, control.port + 1))
    with listening(control.port + 2) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with caller:
                    caller.sendall(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_changed_key_is_sent_nothing(known: Address, people: People) -> None:
    # Would catch a connection, let alone a message, to a broker that is not the known one.
    with listening(known.port) as control, listening(known.port + 1) as voice, banner_of(bytes(32), known):
        assert people("Ann", folder="ann", by_address=True).expect("error", code="key_changed")
        for server in (control, voice):
            server.settimeout(0)
            with pytest.raises(BlockingIOError):
                server.accept()


def test_a_copied_banner_opens_no_door(broker: BrokerProcess, known: Address, people: People, tmp_path: Path) -> None:
    # Would catch a client that believes the banner: only CURVE proves that a broker has the key that it shows.
    folder = tmp_path / "other"
    folder.mkdir()
    other = BrokerProcess(folder, "--banner-port", "0")
    other.start(port=known.port)
    with banner_of(broker.key, known):
        try:
            ann = people("Ann", folder="ann", by_address=True)
            assert ann.expect("disconnected")["retry_in"] is not None
            assert not any(event["event"] == "joined" for event in ann.events)
            assert "joined" not in other.log.read_text(encoding="utf-8")
        finally:
            other.kill()
