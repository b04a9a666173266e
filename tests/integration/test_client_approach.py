"""The way to a broker over real loopback sockets: what answers there, and how long it may take."""

from __future__ import annotations

import errno
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from msgspec.structs import replace

from client import approach as way
from client.approach import Approach, approach
from client.commands import Connect
from client.events import BrokerChanged, Clash, Part
from client.target import AttemptFailed, KeyChanged, Target, read_target
from common.address import Address
from common.banner import Banner, encode_banner
from common.crypto import keys
from common.crypto.keys import RoomKeys, StretchCost
from common.invite import Invite
from common.words import broker_words, word_list

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
STRONG = "-".join(word_list()[100:700:100])
Talk = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = StretchCost(memory_kib=32, iterations=1, lanes=1)
    monkeypatch.setattr(way, "stretch", lambda phrase, key: keys.stretch(phrase, key, cheap))


@contextmanager
def listening(talk: Talk) -> Iterator[int]:
    """A server on a thread; `talk` is called with each connection. Its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    assert not thread.is_alive()


def says(line: bytes) -> Talk:
    return lambda connection: connection.sendall(line)


def banner_of(key: bytes = KEY, control: int = 9090, voice: int = 9091) -> Talk:
    return says(encode_banner(Banner(key, control, voice)))


def target_at(
    banner_port: int,
    *,
    control: int = 9090,
    key: bytes | None = None,
    voice: int | None = None,
    phrase: str = STRONG,
    accept: bool = False,
) -> Target:
    return Target(Address("localhost", control), banner_port, key, voice, "Ann", phrase, accept)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def failure(target: Target, pin: bytes | None = None) -> AttemptFailed:
    with pytest.raises(AttemptFailed) as failed:
        approach(target, pin)
    assert failed.value.part in {Part.SERVER, Part.KEY}
    assert "\n" not in str(failed.value)
    return failed.value


def test_first_contact() -> None:
    with listening(banner_of(voice=9191)) as port:
        found = approach(target_at(port), None)
    assert (found.host, found.control_port, found.voice_port) == ("127.0.0.1", 9090, 9191)
    assert found.broker_key == found.keys.broker_key == KEY
    assert found.first_contact
    assert found.broker_words == broker_words(KEY)
    assert (found.invite.address, found.invite.broker_key) == (Address("localhost", 9090), KEY)
    assert (found.invite.voice_port, found.invite.banner_port, found.invite.phrase) == (9191, port, STRONG)


def test_a_known_broker_is_no_first_contact() -> None:
    with listening(banner_of()) as port:
        assert not approach(target_at(port), KEY).first_contact
        assert not approach(target_at(port, key=KEY), None).first_contact  # the link has told its key


def test_known_keys_are_used_again_for_the_same_broker_only() -> None:
    with listening(banner_of()) as port:
        known = approach(target_at(port), None).keys
        assert approach(target_at(port), KEY, known).keys is known
    with listening(banner_of(OTHER_KEY)) as port:
        # Keys of another broker would be another room, where nobody is.
        assert approach(target_at(port), None, known).keys.broker_key == OTHER_KEY


def test_a_changed_key_is_refused_loudly() -> None:
    with listening(banner_of(OTHER_KEY)) as port:
        pinned, invited = failure(target_at(port), KEY), failure(target_at(port, key=KEY))
    for failed in (pinned, invited):
        assert (failed.part, failed.code, failed.retry) == (Part.SERVER, "key_changed", False)
        assert "STOP" in str(failed)
    assert "invite" in str(invited)  # with its pin nothing is wrong: it has none
    for failed, clash in ((pinned, Clash.BROKER_AND_PIN), (invited, Clash.BROKER_AND_LINK)):
        assert isinstance(failed, KeyChanged)
        before, now = broker_words(KEY), broker_words(OTHER_KEY)
        assert failed.changed == BrokerChanged(str(failed.changed.address), before, now, OTHER_KEY, clash)
        assert before in str(failed)
        assert now in str(failed)


def test_only_the_key_that_was_compared_is_let_through() -> None:
    # Would catch a trust that goes to whoever answers next, which may be a third one.
    compared = replace(target_at(closed_port(), key=KEY), compared_key=OTHER_KEY)
    with listening(banner_of(OTHER_KEY)) as port:
        found = approach(replace(compared, banner_port=port), KEY)
        assert (found.broker_key, found.first_contact) == (OTHER_KEY, False)
    with listening(banner_of(KEY)) as port:
        failed = failure(replace(compared, banner_port=port), KEY)
    assert isinstance(failed, KeyChanged)
    assert (failed.changed.before, failed.changed.key) == (broker_words(OTHER_KEY), KEY)


def test_an_invite_with_another_key_than_the_pin_is_refused_before_anything_is_opened() -> None:
    met = threading.Event()
    with listening(lambda _connection: met.set()) as port:
        failed = failure(target_at(port, key=OTHER_KEY), KEY)
    assert (failed.code, failed.retry) == ("key_changed", False)
    assert isinstance(failed, KeyChanged)
    assert (failed.changed.clash, failed.changed.key) == (Clash.LINK_AND_PIN, OTHER_KEY)
    assert not met.is_set()


def test_a_weak_phrase_goes_to_known_brokers_only() -> None:
    with listening(banner_of()) as port:
        failed = failure(target_at(port, phrase="cat"))
        assert (failed.part, failed.code) == (Part.KEY, "weak_phrase")
        assert approach(target_at(port, phrase="cat"), KEY)
        assert approach(target_at(port, phrase="cat", accept=True), None).first_contact


@pytest.mark.parametrize(
    "talk",
    [
        says(b"SSH-2.0-OpenSSH_9.2\r\n"),
        says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        says(b""),
        says(b"\n"),
        says(b"\xff" * 10_000),
        says(b"SECURE-CHAT 1 " + b"A" * 43 + b" 9090"),  # cut off
        says(b"SECURE-CHAT 1 " + b"A" * 43 + b" 0 9091\n"),
        says(encode_banner(Banner(KEY, 1, 2)) * 2),
    ],
)
def test_another_program_is_told_as_such(talk: Talk) -> None:
    with listening(talk) as port:
        failed = failure(target_at(port))
    assert (failed.code, failed.retry) == ("not_a_broker", False)


def test_another_version_is_told_as_such() -> None:
    with listening(says(encode_banner(Banner(KEY, 1, 2)).replace(b"CHAT 1", b"CHAT 2"))) as port:
        assert "version 2" in str(failure(target_at(port)))


def _drip(connection: socket.socket) -> None:
    connection.settimeout(0.1)
    for _ in range(200):
        connection.sendall(b"S")
        with suppress(TimeoutError):
            if connection.recv(1) == b"":
                return


def _flood(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"S" * 1_000)


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        (lambda connection: connection.recv(1), "unreachable"),  # says nothing
        (_drip, "unreachable"),
        (_flood, "not_a_broker"),
    ],
)
def test_no_server_holds_an_attempt_for_long(talk: Talk, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # With a time-out for each byte the drip would be read to the end, for minutes, and judged to be no banner.
    monkeypatch.setattr(way, "_REACH_SECONDS", 0.3)
    with listening(talk) as port:
        assert failure(target_at(port)).code == code


def test_a_closed_port_may_open_later() -> None:
    failed = failure(target_at(closed_port()))
    assert (failed.part, failed.code, failed.retry) == (Part.SERVER, "unreachable", True)
    assert "Nothing listens" in str(failed)


def test_a_known_broker_may_do_without_a_banner() -> None:
    with listening(says(b"")) as control:
        found = approach(target_at(closed_port(), control=control), KEY)
        assert (found.host, found.control_port, found.voice_port) == ("127.0.0.1", control, control + 1)
        invited = approach(target_at(closed_port(), control=control, key=KEY, voice=7_000), None)
        assert invited.voice_port == 7_000
        with listening(says(b"something else\n")) as port:
            assert approach(target_at(port, control=control), KEY).broker_key == KEY


def test_a_known_broker_that_is_away_is_tried_again() -> None:
    failed = failure(target_at(closed_port(), control=closed_port()), KEY)
    assert (failed.code, failed.retry) == ("unreachable", True)


def test_forwarded_ports_keep_their_distance() -> None:
    with listening(banner_of(control=9090, voice=9091)) as port:
        # Seen from here the broker is at 19000, so its own 9091 is not where its voice is heard.
        assert approach(target_at(port, control=19_000), None).voice_port == 19_001
        assert approach(target_at(port, control=19_000, voice=7), None).voice_port == 7
    with listening(banner_of(control=1, voice=65_535)) as port:
        failed = failure(target_at(port, control=19_000))
    assert (failed.code, failed.retry) == ("bad_address", False)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "no computer called “localhost”"),
        (TimeoutError("timed out"), "does not answer"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "Nothing listens"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "Network is unreachable"),
        (OSError("something"), "something"),
    ],
)
def test_what_the_network_says_becomes_a_sentence(error: OSError, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_more: object) -> socket.socket:
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    failed = failure(target_at(1))
    assert (failed.code, failed.retry) == ("unreachable", True)
    assert words in str(failed)


def test_keys_show_in_no_repr() -> None:
    with listening(banner_of()) as port:
        found = approach(target_at(port), None)
    assert isinstance(found.keys, RoomKeys)
    assert STRONG not in repr(found)
    assert found.keys.text_key.hex() not in repr(found)


@pytest.mark.parametrize(
    ("met", "code"),
    [(ValueError("a mistake of ours"), "internal"), (AttemptFailed(Part.KEY, "weak_phrase", ""), "weak_phrase")],
)
def test_whatever_an_approach_meets_somebody_is_answered(
    monkeypatch: pytest.MonkeyPatch, met: Exception, code: str
) -> None:
    # Would catch a network thread that waits for ever for an approach that died.
    answers: queue.SimpleQueue[RoomKeys | Approach | AttemptFailed] = queue.SimpleQueue()

    def fails(*_: object) -> None:
        raise met

    monkeypatch.setattr(way, "approach", fails)
    way.approach_aside(read_target(Connect("host", "Ann", "key")), None, None, answers.put)
    answer = answers.get(timeout=30)
    assert isinstance(answer, AttemptFailed)
    assert answer.code == code
    assert not answer.retry


def test_the_keys_of_a_known_broker_come_before_it_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a history that waits for a broker which does not answer.
    answers: queue.SimpleQueue[object] = queue.SimpleQueue()
    monkeypatch.setattr(way, "approach", lambda _target, _pin, keys: keys)
    way.approach_aside(read_target(Connect("host", "Ann", STRONG)), KEY, None, answers.put)
    early = answers.get(timeout=30)
    assert isinstance(early, RoomKeys)
    assert early.broker_key == KEY
    assert answers.get(timeout=30) is early  # stretched once


def test_an_invite_to_another_broker_than_the_known_one_opens_no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: queue.SimpleQueue[object] = queue.SimpleQueue()
    monkeypatch.setattr(way, "approach", lambda *_: "the outcome")
    target = read_target(Connect(str(Invite(Address("host", 9090), bytes(32), 9091, 9092, STRONG)), "Ann", ""))
    way.approach_aside(target, KEY, None, answers.put)
    assert answers.get(timeout=30) == "the outcome"
