from __future__ import annotations

import pytest

from broker.admission import NOT_ALLOWED, decide

KEY = bytes(range(32))
REQUEST = [b"1.0", b"1", b"", b"192.0.2.1", b"", b"CURVE", KEY]


def test_a_curve_key_is_vouched_for() -> None:
    # Would catch connections without a name, which may then claim any.
    assert decide(REQUEST, None) == (b"200", b"OK", KEY.hex().encode())


@pytest.mark.parametrize(
    ("request_parts", "code"),
    [
        ([*REQUEST[:5], b"NULL"], b"500"),
        ([*REQUEST[:5], b"NULL", b""], b"400"),
        ([*REQUEST[:5], b"PLAIN", b"ann", b"secret"], b"500"),
        ([*REQUEST[:6], KEY[:31]], b"400"),
        ([b"2.0", *REQUEST[1:]], b"500"),
        ([], b"500"),
    ],
)
def test_nothing_else_is(request_parts: list[bytes], code: bytes) -> None:
    # Would catch a door that opens without a key.
    assert decide(request_parts, None)[0] == code
    assert decide(request_parts, None)[2] == b""


def test_a_private_broker_lets_in_those_it_knows() -> None:
    # Would catch a list that nobody looks at.
    assert decide(REQUEST, {KEY})[0] == b"200"
    assert decide(REQUEST, {bytes(32)}) == (b"400", NOT_ALLOWED, b"")
