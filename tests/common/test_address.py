from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.address import Address, is_this_machine, join_host_port, parse_address, parse_port
from common.errors import BadAddress


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("example.org", "example.org", 9090),
        ("  example.org:1234\n", "example.org", 1234),
        ("example.org.", "example.org.", 9090),
        ("my_nas:1", "my_nas", 1),
        ("a" * 63 + ".b", "a" * 63 + ".b", 9090),
        ("192.168.1.20:65535", "192.168.1.20", 65_535),
        ("[fe80::1]", "fe80::1", 9090),
        ("[fe80::1]:80", "fe80::1", 80),
        ("[FE80:0:0::1%eth0]:80", "fe80::1%eth0", 80),
        ("::1", "::1", 9090),
        ("fe80::1:9090", "fe80::1:9090", 9090),  # without brackets all of it is the address
    ],
)
def test_right_addresses(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", ":9090", "host:", "host:0", "host:65536", "host:123456", "host:+1", "host:１", "host:9 0", "a b",
        "[::1", "[::1]9090", "[::1]:", "[host]:9090", "[]", "::g", "1.2.3", "1.2.3.4.5", "256.1.1.1", "0127.0.0.1",
        "-a", "a-", "a..b", ".", ".a", "a" * 64, "a." * 127 + "bb", "ü.example", "host/path", "user@host", "a\nb",
        "::1%", "::1%a b", "::1%\0", "::1%" + "z" * 65, "1.2.3.4%eth0", "\ud800",
    ],
)  # fmt: skip
def test_wrong_addresses(text: str) -> None:
    with pytest.raises(BadAddress):
        parse_address(text)


def test_a_long_wrong_host_is_refused_at_once() -> None:
    # With optional dots between labels this took longer than anybody lives.
    with pytest.raises(BadAddress, match="is not a host"):
        parse_address("a" * 60 + "." + "a" * 60 + "!")


def test_messages_do_not_quote_without_end() -> None:
    with pytest.raises(BadAddress) as caught:
        parse_address("!" * 10_000)
    assert len(str(caught.value)) < 300


def test_whether_a_host_is_this_machine() -> None:
    # Would catch: an invite that is sent to a friend and leads nowhere, without a word about it.
    assert all(map(is_this_machine, ("localhost", "LocalHost.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_this_machine, ("example.org", "192.168.0.2", "localhost.example.org", "::2", "10.0.0.1")))


def test_written_with_the_brackets_that_ipv6_needs() -> None:
    assert str(Address("fe80::1", 1)) == "[fe80::1]:1"
    assert join_host_port("host", 2) == "host:2"
    assert parse_port("00080") == 80


@given(st.text(max_size=80) | st.text("ab.:[]%0159-_", max_size=30))
def test_random_addresses_are_refused_or_round_trip(text: str) -> None:
    try:
        address = parse_address(text)
    except BadAddress:
        return
    assert parse_address(str(address)) == address
