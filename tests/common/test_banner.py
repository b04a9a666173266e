from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import limits
from common.banner import Banner, decode_banner, decode_key, encode_banner, encode_key
from common.errors import Malformed

KEY = bytes(range(32))
LINE = b"SECURE-CHAT 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8 9090 9091\n"


def test_the_line_is_frozen() -> None:
    assert encode_banner(Banner(KEY, 9090, 9091)) == LINE
    assert decode_banner(LINE) == Banner(KEY, 9090, 9091)


def test_the_longest_line_fits() -> None:
    longest = encode_banner(Banner(KEY, 65_535, 65_535))
    assert len(longest) <= limits.BANNER_BYTES
    assert decode_banner(longest).voice_port == 65_535


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "not a Secure Chat broker"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not a Secure Chat broker"),
        (LINE[:-1], "not a Secure Chat broker"),  # cut off
        (LINE + b"x", "not a Secure Chat broker"),
        (LINE * 100, "not a Secure Chat broker"),
        (LINE.replace(b"\n", b"\r\n"), "not a Secure Chat broker"),
        (LINE.replace(b" 1 ", b" -1 "), "not a Secure Chat broker"),
        (LINE.replace(b" 1 ", b" 2 "), "speaks version 2"),
        (LINE.replace(b" 9090 ", b" 0 "), "port that does not exist"),
        (LINE.replace(b" 9091\n", b" 65536\n"), "port that does not exist"),
        (LINE.replace(b"h8 ", b"h9 "), "not a key"),  # the same key in another spelling
        (LINE.replace(b"9090", "９０９０".encode()), "not a Secure Chat broker"),  # digits, but not ASCII's
    ],
)
def test_wrong_lines(line: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        decode_banner(line)


@pytest.mark.parametrize("text", ["", "A", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "/", "\ud800" * 43, "é" * 43])
def test_wrong_keys(text: str) -> None:
    with pytest.raises(Malformed):
        decode_key(text)


@given(st.binary(min_size=32, max_size=32))
def test_keys_round_trip(key: bytes) -> None:
    assert decode_key(encode_key(key)) == key


@given(
    st.binary(max_size=200)
    | st.builds(lambda at, byte: LINE[:at] + byte + LINE[at + 1 :], st.integers(0, 69), st.binary(max_size=2))
)
def test_random_lines_are_malformed_or_read(line: bytes) -> None:
    try:
        banner = decode_banner(line)
    except Malformed:
        return
    assert len(banner.key) == 32


@given(st.text(max_size=60) | st.text("AB_-+/= \n", min_size=40, max_size=45))
def test_random_keys_are_malformed_or_read(text: str) -> None:
    with contextlib.suppress(Malformed):
        assert encode_key(decode_key(text)) == text
