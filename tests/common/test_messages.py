from __future__ import annotations

import hashlib
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import limits
from common.errors import Malformed
from common.messages import (
    Accepted,
    Closing,
    Fetch,
    FromBroker,
    FromClient,
    Join,
    Joined,
    Lane,
    Leave,
    Listen,
    Listening,
    Member,
    MemberJoined,
    MemberLeft,
    Page,
    Ping,
    Pong,
    Post,
    Posted,
    Refused,
    Resubscribe,
    RoomLimits,
    Signal,
    Signalled,
    StoredPost,
    decode_from_broker,
    decode_from_client,
    encode,
    post_id,
)

ROOM_ID, ID16 = bytes(16), bytes(range(16))
AB = b"ab"

# One of each, with the bytes that version 1 puts on the wire.
FROM_CLIENT: list[tuple[FromClient, str]] = [
    (Join(ROOM_ID, b"h", 3), "9401c410" + "00" * 16 + "c4016803"),
    (Listen(on=True), "9202c3"),
    (Post(b"t"), "9203c40174"),
    (Signal(b"t", None), "9304c40174c0"),
    (Signal(b"t", AB), "9304c40174c4026162"),
    (Fetch(0, None, 200), "940500c0ccc8"),
    (Fetch(None, 9, 1), "9405c00901"),
    (Leave(), "9106"),
    (Ping(5), "920705"),
    (Lane(1), "920801"),
]
FROM_BROKER: list[tuple[FromBroker, str]] = [
    (
        Joined(AB, b"room", (Member(b"cd", b"h", ID16 * 2),), 9, 2, ID16, RoomLimits(64, 20, 30, 110)),
        "9820c4026162c404726f6f6d9193c4026364c40168c420" + (ID16 * 2).hex() + "0902c410" + ID16.hex() + "9440141e6e",
    ),
    (MemberJoined(AB, b"h", ID16 * 2), "9421c4026162c40168c420" + (ID16 * 2).hex()),
    (MemberLeft(AB), "9222c4026162"),
    (Listening((AB, b"cd")), "922392c4026162c4026364"),
    (Accepted(ID16, 2, 1), "9424c410" + ID16.hex() + "0201"),
    (Posted(2, 1, b"t"), "94250201c40174"),
    (Page((StoredPost(2, 1, b"t"),), 1, more=True), "942691930201c4017401c3"),
    (Signalled(AB, b"t"), "9327c4026162c40174"),
    (Resubscribe(), "9128"),
    (Refused("post", "rate", "Slow.", 500, ID16), "9629a4706f7374a472617465a5536c6f772ecd01f4c410" + ID16.hex()),
    (Pong(5, 6, 7), "942a050607"),
    (Closing(1000), "922bcd03e8"),
]


@pytest.mark.parametrize(("message", "part"), FROM_CLIENT)
def test_what_clients_send_is_frozen(message: FromClient, part: str) -> None:
    assert encode(message).hex() == part
    assert decode_from_client(bytes.fromhex(part)) == message
    with pytest.raises(Malformed):
        decode_from_broker(bytes.fromhex(part))


@pytest.mark.parametrize(("message", "part"), FROM_BROKER)
def test_what_brokers_send_is_frozen(message: FromBroker, part: str) -> None:
    assert encode(message).hex() == part
    assert decode_from_broker(bytes.fromhex(part)) == message
    with pytest.raises(Malformed):
        decode_from_client(bytes.fromhex(part))


def test_every_type_is_in_the_tables() -> None:
    assert {type(message) for message, _ in FROM_CLIENT} == set(get_args(FromClient))
    assert {type(message) for message, _ in FROM_BROKER} == set(get_args(FromBroker))


def test_no_message_looks_like_a_voice_frame() -> None:
    # The first byte tells the two apart.
    for message, _ in (*FROM_CLIENT, *FROM_BROKER):
        assert encode(message)[:1] != b"V"


def test_a_refusal_need_not_be_about_a_post() -> None:
    refused = Refused("join", "full", "The room is full.", 0)
    assert decode_from_broker(encode(refused)) == refused
    assert decode_from_broker(msgspec.msgpack.encode([41, "join", "full", "…", 0])) == Refused("join", "full", "…", 0)


WRONG_FROM_CLIENT: list[Any] = [
    [], [0], [9], [8, 0], ["1"], [-1], {}, None, 1, "Join", [[1]],
    [1, bytes(15), b"h", 0], [1, bytes(17), b"h", 0], [1, ROOM_ID, b"", 0],
    [1, ROOM_ID, bytes(limits.HELLO_BYTES + 1), 0],
    [1, ROOM_ID, b"h", -1], [1, ROOM_ID, b"h", 2**63], [1, ROOM_ID, b"h", 1.5], [1, ROOM_ID, b"h"],
    [1, ROOM_ID, b"h", 0, 0],
    [2, 1], [2, None], [2], [3, b""], [3, "text"], [3, bytes(limits.TOKEN_BYTES + 1)],
    [4, b"t"], [4, b"t", b"abc"], [4, b"t", b""],
    [5, None, None, 10], [5, 1, 1, 10], [5, 1, None, 0], [5, 1, None, 201], [5, -1, None, 1],
    [6, 0], [7, "now"], [7, True],
]  # fmt: skip


@pytest.mark.parametrize("fields", WRONG_FROM_CLIENT)
def test_wrong_messages_of_clients(fields: object) -> None:
    with pytest.raises(Malformed):
        decode_from_client(msgspec.msgpack.encode(fields))


WRONG_FROM_BROKER: list[Any] = [
    [31], [44], [33, AB], [33, b"abc", b"h"], [34, None], [35, [AB] * 501], [35, [b"a"]], [36, bytes(15), 1, 0],
    [38, [[1, 0, b"t"]] * 201, 0, False], [38, [[1, 0]], 0, False], [38, [], 0, 1], [40, 1],
    [41, "x" * 33, "c", "r", 0, None],
    [41, "w", "c", "r" * 501, 0, None], [41, "w", "c", "r", 0, b"short"], [42, 1], [43, -5],
]  # fmt: skip


@pytest.mark.parametrize("fields", WRONG_FROM_BROKER)
def test_wrong_messages_of_brokers(fields: object) -> None:
    with pytest.raises(Malformed):
        decode_from_broker(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    "part",
    [
        b"", b"\xc1", b"V", b"\x92", b"\x92\x02", b"\x92\x02\xc3\x00", b"\xdd\xff\xff\xff\xff\x03", b"\x91" * 30_000,
        b"\x92\x23\xdd\xff\xff\xff\xff", b"\x92\x03\xc6\xff\xff\xff\xff", b"\x96\x29\xa2\xff\xfe\xa1c\xa1r\x00\xc0",
    ],
)  # fmt: skip
def test_bytes_that_are_no_message(part: bytes) -> None:
    # Cut off, a second object behind, sizes that are not there, endless nesting, text that is not UTF-8.
    for decode in (decode_from_client, decode_from_broker):
        with pytest.raises(Malformed):
            decode(part)


def test_oversize_messages_are_not_even_parsed() -> None:
    with pytest.raises(Malformed, match="32769 bytes"):
        decode_from_client(bytes(limits.CONTROL_BYTES + 1))
    with pytest.raises(Malformed, match="524289 bytes"):
        decode_from_broker(bytes(limits.FROM_BROKER_BYTES + 1))


PARTS = [bytes.fromhex(part) for _, part in (*FROM_CLIENT, *FROM_BROKER)]


@given(
    st.binary(max_size=200)
    | st.builds(
        lambda part, at, noise, cut: part[:at] + noise + part[at + cut :],
        st.sampled_from(PARTS),
        st.integers(0, 40),
        st.binary(max_size=3),
        st.integers(0, 3),
    )
)
def test_random_parts_decode_or_are_malformed(part: bytes) -> None:
    for decode in (decode_from_client, decode_from_broker):
        try:
            message: Any = decode(part)
        except Malformed:
            continue
        assert decode(encode(message)) == message


SIMPLE = st.none() | st.booleans() | st.integers(-5, 2**64 - 1) | st.text(max_size=9) | st.binary(max_size=17)


@given(st.lists(SIMPLE | st.lists(SIMPLE, max_size=3), max_size=8), st.integers(0, 45))
def test_random_fields_decode_or_are_malformed(fields: list[Any], tag: int) -> None:
    for decode in (decode_from_client, decode_from_broker):
        try:
            decode(msgspec.msgpack.encode([tag, *fields]))
        except Malformed:
            continue


def test_post_id() -> None:
    assert post_id(b"token") == hashlib.sha256(b"token").digest()[:16]
