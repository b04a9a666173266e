from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import msgspec
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from common import limits
from common.crypto.keys import RoomKeys
from common.crypto.sealing import (
    BodyOpener,
    BodySealer,
    HelloBody,
    PostBody,
    PresentSignal,
    SeenSignal,
    SignalBody,
    Text,
)
from common.errors import LocalError, SealBroken, TooLong
from tests.common.insider import (
    CONNECTION,
    DEVICE,
    DEVICE_KEY,
    KEYS,
    SESSION,
    SESSION_ID,
    SESSION_KEY,
    TOKENS,
    pad,
    prove,
    sign,
    token_of,
    unwrap,
    wrap,
)

Fields: TypeAlias = list[Any]

SEALER, OPENER = BodySealer(KEYS), BodyOpener(KEYS)
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
MOST = limits.MAX_INTEGER

HELLO = HelloBody(DEVICE, SESSION, CONNECTION, "Ann", bytes.fromhex(TOKENS["hello"]["proof"]))
POST = PostBody(DEVICE, "Ann", 7, 1_700_000_000_123, Text("Grüße, 你好 🙂"))
SIGNAL = SignalBody(SESSION_ID, b"\xff" * 16, 3, PresentSignal((b"\1" * 16, b"\2" * 16), b"\3" * 16))
SEEN = SignalBody(SESSION_ID, None, 4, SeenSignal(b"\4" * 16))

# The same three as MessagePack, by hand.
PROOF = prove(SESSION_KEY, DEVICE)
FIELDS: dict[str, Fields] = {
    "hello": [1, DEVICE, SESSION, CONNECTION, "Ann", PROOF],
    "post": [2, DEVICE, "Ann", 7, 1_700_000_000_123, [1, "hi"]],
    "signal": [3, SESSION_ID, b"\xff" * 16, 3, [1, [b"\1" * 16], b"\3" * 16]],
}
SIGNERS = {"hello": DEVICE_KEY, "post": DEVICE_KEY, "signal": SESSION_KEY}
KINDS = tuple(FIELDS)


def opener_of(kind: str, keys: RoomKeys = KEYS) -> Callable[[bytes], object]:
    opener = BodyOpener(keys)
    return {
        "hello": opener.open_hello,
        "post": opener.open_post,
        "signal": lambda token: opener.open_signal(token, SESSION),
    }[kind]


def sealed(kind: str, sealer: BodySealer = SEALER) -> bytes:
    if kind == "hello":
        return sealer.seal_hello(DEVICE_KEY, SESSION_KEY, CONNECTION, "Ann")
    if kind == "post":
        return sealer.seal_post(POST, DEVICE_KEY)
    return sealer.seal_signal(SIGNAL, SESSION_KEY)


def assert_broken(kind: str, token: bytes, keys: RoomKeys = KEYS) -> None:
    with pytest.raises(SealBroken) as caught:
        opener_of(kind, keys)(token)
    assert str(caught.value) == "a sealed body does not open: another key, another room, or it was changed"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def signed_token(kind: str, fields: Fields) -> bytes:
    return token_of(kind.encode(), msgspec.msgpack.encode(fields), SIGNERS[kind])


# --- what is right ------------------------------------------------------------------------------------------


def test_frozen_tokens_open() -> None:
    # A room's posts are kept for years: this version must read what it wrote.
    assert OPENER.open_hello(TOKENS["hello"]["token"].encode()) == HELLO
    assert OPENER.open_post(TOKENS["post"]["token"].encode()) == POST
    assert OPENER.open_signal(TOKENS["signal"]["token"].encode(), SESSION) == SIGNAL
    assert OPENER.open_signal(TOKENS["seen_signal"]["token"].encode(), SESSION) == SEEN


def test_a_seen_signal_made_today_holds_the_frozen_bytes() -> None:
    assert unwrap(SEALER.seal_signal(SEEN, SESSION_KEY)) == unwrap(TOKENS["seen_signal"]["token"].encode())


@pytest.mark.parametrize("content", [[2], [2, b"\4" * 15], [2, b"\4" * 17], [2, b"\4" * 16, 0], [3, b"\4" * 16]])
def test_a_seen_signal_of_another_shape_does_not_open(content: Fields) -> None:
    assert_broken("signal", signed_token("signal", [3, SESSION_ID, None, 4, content]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_made_today_holds_the_frozen_bytes(kind: str) -> None:
    # Ed25519 is deterministic, so all but Fernet's random IV must be the same.
    assert unwrap(sealed(kind)) == unwrap(TOKENS[kind]["token"].encode())


@pytest.mark.parametrize("kind", KINDS)
def test_bodies_made_by_hand_open(kind: str) -> None:
    # Else the tests below would be refused for the wrong reason.
    opener_of(kind)(signed_token(kind, FIELDS[kind]))


def test_largest_bodies_fit_their_tokens() -> None:
    name = "é" * 32
    hello = SEALER.seal_hello(DEVICE_KEY, SESSION_KEY, CONNECTION, name)
    assert OPENER.open_hello(hello) == HelloBody(DEVICE, SESSION, CONNECTION, name, PROOF)
    assert len(hello) == 524  # as limits.py says
    post = PostBody(DEVICE, name, MOST, MOST, Text("x" * limits.TEXT_BYTES))
    assert OPENER.open_post(SEALER.seal_post(post, DEVICE_KEY)) == post
    signal = SignalBody(SESSION_ID, None, MOST, PresentSignal((bytes(16),) * limits.ROOM_MEMBERS_MAX, bytes(16)))
    assert OPENER.open_signal(SEALER.seal_signal(signal, SESSION_KEY), SESSION) == signal


def test_tokens_tell_no_time_and_little_length() -> None:
    sizes = set()
    for length in range(40):
        token = SEALER.seal_post(PostBody(DEVICE, "Ann", 1, 1, Text("x" * length)), DEVICE_KEY)
        assert base64.urlsafe_b64decode(token)[:9] == b"\x80" + bytes(8)
        sizes.add(len(token))
    assert len(sizes) <= 2


@given(st.text(max_size=200), st.text(max_size=16), st.integers(0, MOST))
def test_posts_round_trip(text: str, name: str, counter: int) -> None:
    post = PostBody(DEVICE, name, counter, 5, Text(text))
    assert OPENER.open_post(SEALER.seal_post(post, DEVICE_KEY)) == post


# --- what we refuse to seal ---------------------------------------------------------------------------------


def test_long_texts_and_names_are_refused_by_bytes() -> None:
    for text in ("x" * (limits.TEXT_BYTES + 1), "é" * (limits.TEXT_BYTES // 2 + 1)):
        with pytest.raises(TooLong, match="text is 16,00"):
            SEALER.seal_post(PostBody(DEVICE, "Ann", 1, 1, Text(text)), DEVICE_KEY)
    with pytest.raises(TooLong, match="name is 66"):
        SEALER.seal_post(PostBody(DEVICE, "é" * 33, 1, 1, Text("")), DEVICE_KEY)
    with pytest.raises(TooLong, match="name is 65"):
        SEALER.seal_hello(DEVICE_KEY, SESSION_KEY, CONNECTION, "x" * 65)


@pytest.mark.parametrize(
    "post",
    [
        PostBody(DEVICE, "Ann", -1, 1, Text("")),
        PostBody(DEVICE, "Ann", 1, MOST + 1, Text("")),
        PostBody(DEVICE, "Ann", 1, 2**70, Text("")),
        PostBody(DEVICE, "Ann", 1, 1, Text("\ud800")),
        PostBody(DEVICE, "\udfff", 1, 1, Text("")),
    ],
)
def test_what_the_other_side_would_not_take_is_not_sealed(post: PostBody) -> None:
    with pytest.raises(LocalError, match="cannot be sent"):
        SEALER.seal_post(post, DEVICE_KEY)


def test_a_present_signal_of_too_many_or_short_ids_is_not_sealed() -> None:
    for sessions in ((bytes(16),) * (limits.ROOM_MEMBERS_MAX + 1), (bytes(15),)):
        signal = SignalBody(SESSION_ID, None, 1, PresentSignal(sessions, bytes(16)))
        with pytest.raises(LocalError, match="cannot be sent"):
            SEALER.seal_signal(signal, SESSION_KEY)


def test_only_the_named_key_signs() -> None:
    # A post signed by the wrong key would be accepted by the broker and by nobody else: a line lost.
    with pytest.raises(LocalError, match="another signer"):
        SEALER.seal_post(POST, SESSION_KEY)
    with pytest.raises(LocalError, match="another signer"):
        SEALER.seal_signal(SIGNAL, DEVICE_KEY)


# --- strangers: no phrase -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_of_a_token_counts(kind: str) -> None:
    token = sealed(kind)
    for position in range(len(token)):
        wrong = bytearray(token)
        wrong[position] ^= 1
        assert_broken(kind, bytes(wrong))


@pytest.mark.parametrize("kind", KINDS)
def test_cut_and_lengthened_tokens(kind: str) -> None:
    token = sealed(kind)
    for wrong in (b"", b"=", token[:-1], token[:-4], token[4:], token + b"=", token + b"AAAA", token * 2):
        assert_broken(kind, wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_has_one_spelling(kind: str) -> None:
    # The library skips foreign characters: a broker could give one post many ids without knowing any key.
    token = sealed(kind)
    for wrong in (token + b"\n", b" " + token, token[:9] + b"!" + token[9:], token.replace(b"g", b"\xffg", 1)):
        assert_broken(kind, wrong)


def test_spare_bits_of_base64_are_zero() -> None:
    # Two spellings of the last byte would be two ids of one post.
    token = next(token for token in map(_named_post, range(64)) if token.endswith(b"="))
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    end = len(token.rstrip(b"="))
    respelled = token[: end - 1] + bytes([digits[digits.index(token[end - 1]) | 1]]) + token[end:]
    assert base64.urlsafe_b64decode(respelled) == base64.urlsafe_b64decode(token)
    assert_broken("post", respelled)


def _named_post(length: int) -> bytes:
    return SEALER.seal_post(PostBody(DEVICE, "Ann", 1, 1, Text("x" * length)), DEVICE_KEY)


def test_another_rooms_key() -> None:
    for kind in KINDS:
        assert_broken(kind, sealed(kind), replace(KEYS, text_key=bytes(32)))


@pytest.mark.parametrize(("kind", "most"), [("hello", 1_024), ("post", 24_576), ("signal", 24_576)])
def test_oversize_tokens_are_refused_before_they_are_opened(kind: str, most: int, monkeypatch: Any) -> None:
    # Who has no phrase must not make us decrypt more than a token's size.
    sizes: list[int] = []

    def decrypt(_: object, token: bytes) -> bytes:
        sizes.append(len(token))
        return b""

    monkeypatch.setattr(Fernet, "decrypt", decrypt)
    head = base64.urlsafe_b64encode(b"\x80" + bytes(8))
    for size in (most, most + 4):
        assert_broken(kind, head.ljust(size, b"A"))
    assert sizes == [most]


# --- insiders: the right phrase, another's name -------------------------------------------------------------


@pytest.mark.parametrize("signed_as", KINDS)
@pytest.mark.parametrize("shape", KINDS)
@pytest.mark.parametrize("opened_as", KINDS)
def test_type_confusion(signed_as: str, shape: str, opened_as: str) -> None:
    # A hello must never be played back as a post, nor a post as a signal.
    for signer in (DEVICE_KEY, SESSION_KEY):
        token = token_of(signed_as.encode(), msgspec.msgpack.encode(FIELDS[shape]), signer)
        if signed_as == shape == opened_as and signer is SIGNERS[shape]:
            opener_of(opened_as)(token)
        else:
            assert_broken(opened_as, token)


@pytest.mark.parametrize("kind", KINDS)
def test_bodies_of_another_room_or_broker(kind: str) -> None:
    # Sealed anew under this room's text key by an insider of both.
    for elsewhere in (replace(KEYS, room_id=bytes(16)), replace(KEYS, broker_key=bytes(32))):
        assert_broken(kind, sealed(kind, BodySealer(elsewhere)))
        assert_broken(kind, sealed(kind), elsewhere)
        opener_of(kind, elsewhere)(sealed(kind, BodySealer(elsewhere)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_bit_under_the_seal_counts(kind: str) -> None:
    inside = unwrap(sealed(kind))
    for position in range(len(inside)):
        wrong = bytearray(inside)
        wrong[position] ^= 0x10
        assert_broken(kind, wrap(bytes(wrong)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_signed_by_somebody_else(kind: str) -> None:
    assert_broken(kind, token_of(kind.encode(), msgspec.msgpack.encode(FIELDS[kind]), STRANGER))


PRETENDER = STRANGER.public_key().public_bytes_raw()


@pytest.mark.parametrize(
    "proof",
    [
        PROOF,  # copied from the hello of the session's owner, where it vouches for the owner's device
        prove(STRANGER, PRETENDER),  # of the pretender's own making
        prove(DEVICE_KEY, PRETENDER),
        prove(SESSION_KEY, PRETENDER, replace(KEYS, room_id=bytes(16))),  # from a room where they share a session
        prove(SESSION_KEY, PRETENDER, replace(KEYS, broker_key=bytes(32))),
        bytes(64),
    ],
    ids=["copied", "own", "by the victim's device", "other room", "other broker", "none"],
)
def test_a_hello_with_somebody_elses_session(proof: bytes) -> None:
    # Would bind the victim's voice to the device and name of an insider, for newcomers who meet him first.
    fields = [1, PRETENDER, SESSION, CONNECTION, "Ann", proof]
    assert_broken("hello", token_of(b"hello", msgspec.msgpack.encode(fields), STRANGER))


def test_a_session_may_vouch_for_any_device() -> None:
    # Else the test above would be refused for the wrong reason.
    fields = [1, PRETENDER, SESSION, CONNECTION, "Ann", prove(SESSION_KEY, PRETENDER)]
    OPENER.open_hello(token_of(b"hello", msgspec.msgpack.encode(fields), STRANGER))


@pytest.mark.parametrize("session", [bytes(32), b"\xff" * 32], ids=["zeros", "ones"])
def test_a_hello_whose_session_is_no_good_key(session: bytes) -> None:
    assert_broken("hello", signed_token("hello", [1, DEVICE, session, CONNECTION, "Ann", PROOF]))


def test_a_signal_names_the_session_that_signed_it() -> None:
    # The session's own signature over another session's id.
    fields = [3, bytes(16), *FIELDS["signal"][2:]]
    assert_broken("signal", signed_token("signal", fields))


def test_signals_open_only_with_the_key_of_their_session() -> None:
    token = sealed("signal")
    for public in (DEVICE, bytes(32), b"\xff" * 32, b"", bytes(31)):
        with pytest.raises(SealBroken):
            OPENER.open_signal(token, public)


def test_the_clear_clock_must_be_0() -> None:
    inside = unwrap(sealed("post"))
    OPENER.open_post(wrap(inside))
    assert_broken("post", wrap(inside, clock=1_700_000_000))


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        bytes(64),  # a MessagePack of no bytes
        b"\xff\xff" + bytes(62),  # longer than the body
        pad(msgspec.msgpack.encode(FIELDS["post"])) + bytes(64),  # a block too many
        pad(msgspec.msgpack.encode(FIELDS["post"]))[:-1] + b"\1",  # something hidden in the padding
        pad(msgspec.msgpack.encode(FIELDS["post"]) + b"\xc0"),  # a second object behind
        pad(msgspec.msgpack.encode([*FIELDS["post"][:-1], [1, "x" * 64]]))[:-1],  # no multiple of a block
        pad(b"\x91" * 20_000),  # nested deep enough to exhaust the stack
        pad(b"\xdd\xff\xff\xff\xff"),  # an array that claims four thousand million elements
    ],
)  # fmt: skip
def test_malformed_layouts_under_a_right_signature(padded: bytes) -> None:
    assert_broken("post", wrap(padded + sign(b"post", padded, DEVICE_KEY)))


WRONG_FIELDS: list[tuple[str, Fields]] = [
    ("hello", [1, DEVICE, SESSION, CONNECTION, "Ann"]),  # without proof
    ("hello", [1, DEVICE, SESSION, CONNECTION, "Ann", None]),
    ("hello", [1, DEVICE, SESSION, CONNECTION, "Ann", PROOF[:-1]]),
    ("hello", [1, DEVICE, SESSION, CONNECTION, "Ann", PROOF, None]),  # a field of no version
    ("hello", [1, DEVICE, SESSION, CONNECTION, b"Ann", PROOF]),
    ("hello", [1, DEVICE, SESSION[:-1], CONNECTION, "Ann", PROOF]),
    ("hello", [1, DEVICE, SESSION, CONNECTION[:-1], "Ann", PROOF]),
    ("hello", [1, DEVICE, SESSION, "Ann", PROOF]),  # without the connection
    ("hello", [1, DEVICE, SESSION, CONNECTION, "x" * 65, PROOF]),
    ("hello", [1, DEVICE, SESSION, CONNECTION, "é" * 33, PROOF]),
    ("post", [2, DEVICE, "Ann", -1, 1, [1, "hi"]]),
    ("post", [2, DEVICE, "Ann", 1.0, 1, [1, "hi"]]),
    ("post", [2, DEVICE, "Ann", True, 1, [1, "hi"]]),
    ("post", [2, DEVICE, "Ann", 2**63, 1, [1, "hi"]]),
    ("post", [2, DEVICE, "Ann", 1, 1, [2, "hi"]]),  # a kind of content that this version does not know
    ("post", [2, DEVICE, "Ann", 1, 1, ["1", "hi"]]),
    ("post", [2, DEVICE, "Ann", 1, 1, [1, "hi", 1]]),
    ("post", [2, DEVICE, "Ann", 1, 1, [1, "é" * 8_001]]),
    ("post", [2, DEVICE, "é" * 33, 1, 1, [1, "hi"]]),
    ("post", [2, DEVICE, "Ann", 1, 1, None]),
    ("signal", [3, SESSION_ID, b"", 1, [1, [], bytes(16)]]),
    ("signal", [3, SESSION_ID, None, 1, [2, [], bytes(16)]]),  # a kind of signal that this version does not know
    ("signal", [3, SESSION_ID, None, 1, [1, [bytes(15)], bytes(16)]]),
    ("signal", [3, SESSION_ID, None, 1, [1, [bytes(16)] * 501, bytes(16)]]),
    ("signal", [3, SESSION_ID, None, 1, [1, [], bytes(17)]]),
]


@pytest.mark.parametrize(("kind", "fields"), WRONG_FIELDS)
def test_wrong_fields_under_a_right_signature(kind: str, fields: Fields) -> None:
    assert_broken(kind, signed_token(kind, fields))


def test_text_that_is_not_utf8() -> None:
    packed = msgspec.msgpack.encode(FIELDS["post"]).replace(b"\xa2hi", b"\xa2\xff\xfe")
    assert_broken("post", token_of(b"post", packed, DEVICE_KEY))
    surrogate = msgspec.msgpack.encode(FIELDS["post"]).replace(b"\xa2hi", b"\xa3\xed\xa0\x80")
    assert_broken("post", token_of(b"post", surrogate, DEVICE_KEY))


SIMPLE = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=9)
    | st.binary(max_size=40)
)
ANYTHING = st.recursive(
    SIMPLE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@given(st.sampled_from(KINDS), ANYTHING)
def test_any_messagepack_under_a_right_signature(kind: str, anything: object) -> None:
    assert_broken(kind, token_of(kind.encode(), msgspec.msgpack.encode(anything), SIGNERS[kind]))


@given(st.sampled_from(KINDS), st.binary(max_size=200))
def test_any_bytes_under_a_right_signature(kind: str, packed: bytes) -> None:
    assert_broken(kind, token_of(kind.encode(), packed, SIGNERS[kind]))


@given(st.sampled_from(KINDS), st.data())
def test_one_field_exchanged_under_a_right_signature(kind: str, draw: st.DataObject) -> None:
    fields = list(FIELDS[kind])
    fields[draw.draw(st.integers(0, len(fields) - 1))] = draw.draw(ANYTHING)
    _opens_or_breaks(kind, signed_token(kind, fields))


@given(st.sampled_from(KINDS), st.data())
def test_mutated_messagepack_under_a_right_signature(kind: str, draw: st.DataObject) -> None:
    packed = bytearray(msgspec.msgpack.encode(FIELDS[kind]))
    at = draw.draw(st.integers(0, len(packed) - 1))
    packed[at : at + draw.draw(st.integers(0, 3))] = draw.draw(st.binary(max_size=3))
    _opens_or_breaks(kind, token_of(kind.encode(), bytes(packed), SIGNERS[kind]))


@given(st.sampled_from(KINDS), st.binary(max_size=300))
def test_any_bytes_in_place_of_a_token(kind: str, token: bytes) -> None:
    assert_broken(kind, token)
    assert_broken(kind, wrap(token))


def _opens_or_breaks(kind: str, token: bytes) -> None:
    try:
        body = opener_of(kind)(token)
    except SealBroken:
        return
    # What opened is in bounds: it can be sealed again by its signer.
    if isinstance(body, HelloBody):
        SEALER.seal_hello(DEVICE_KEY, SESSION_KEY, CONNECTION, body.name)
    elif isinstance(body, PostBody):
        SEALER.seal_post(body, DEVICE_KEY)
    else:
        assert isinstance(body, SignalBody)
        SEALER.seal_signal(body, SESSION_KEY)
