from __future__ import annotations

from broker.config import read_settings
from broker.greeting import greeting
from broker.ports import Ports
from common.words import broker_words

KEY = b"k" * 32
BESIDE = Ports(9090, 9091, 9092)


def said(*flags: str, ports: Ports = BESIDE, addresses: tuple[str, ...] = ("192.0.2.7", "127.0.0.1")) -> str:
    return greeting(read_settings(flags, {}, None), KEY, ports, addresses)


def test_ready_line_addresses_and_link() -> None:
    # Would catch a first line that programs cannot read, or an address that is left out.
    text = said()
    words = broker_words(KEY)
    ready = f"ready control=0.0.0.0:9090 voice=0.0.0.0:9091 banner=0.0.0.0:9092 fingerprint={words}\n\n"
    assert text.startswith(ready)
    assert "    192.0.2.7:9090\n    127.0.0.1:9090\n" in text
    assert "    secure-chat://192.0.2.7:9090/?k=" in text
    assert "TCP ports 9090, 9091 and 9092 forwarded" in text


def test_odd_ports_are_reached_by_the_link_only() -> None:
    # Would catch a plain address that leads nowhere: a client looks for the banner at PORT+2.
    for ports in (Ports(9090, 9091, 7000), Ports(41234, 40001, 39000)):
        text = said(ports=ports)
        assert "by this link only" in text
        assert f"    192.0.2.7:{ports.control}\n" not in text
        assert f"    secure-chat://192.0.2.7:{ports.control}/?k=" in text
    assert "    192.0.2.7:9090\n" in said(ports=Ports(9090, 7000, 9092))  # the banner names the voice port


def test_loopback_is_for_this_computer() -> None:
    # Would catch advice to forward ports where nothing could come in by them.
    for host in ("127.0.0.1", "::1"):
        text = said("--host", host, addresses=(host,))
        assert "Only this computer can connect" in text
        assert "forwarded" not in text
    tunnel = said("--host", "127.0.0.1", "--public-address", "chat.example.org", addresses=("chat.example.org",))
    assert "a tunnel on this computer" in tunnel
