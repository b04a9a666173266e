from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import limits
from common.errors import Malformed
from common.voice_frame import (
    TOPIC_BYTES,
    VoiceFrame,
    bundle,
    decode_header,
    encode_header,
    on_lane,
    room_topic,
    split,
    topic,
    unbundle,
)
from tests.common.insider import VECTORS

ROOM, MEMBER = b"room", b"me"


def test_published_header_vectors() -> None:
    vectors = json.loads((VECTORS / "sframe.json").read_text(encoding="utf-8"))["header"]
    assert len(vectors) > 250
    for vector in vectors:
        encoded = bytes.fromhex(vector["encoded"])
        assert encode_header(vector["kid"], vector["ctr"]) == encoded
        header = decode_header(encoded + b"rest")
        assert (header.kid, header.ctr, header.size) == (vector["kid"], vector["ctr"], len(encoded))


@pytest.mark.parametrize("pair", [(-1, 0), (0, -1), (2**64, 0), (0, 2**64)])
def test_numbers_that_fit_no_header(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        encode_header(*pair)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "without a header"),
        ("80", "cut off"),  # a KID byte is missing
        ("08", "cut off"),  # a CTR byte is missing
        ("8808", "cut off"),
        ("0f01020304050607", "cut off"),
        ("0807", "shortest"),  # 7 fits the config byte
        ("8007", "shortest"),
        ("090008", "shortest"),  # 8 fits one byte
        ("0900ff", "shortest"),
        ("900008", "shortest"),
        ("0f00ffffffffffffff", "shortest"),
    ],
)
def test_wrong_headers(text: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        decode_header(bytes.fromhex(text))


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_headers_round_trip(kid: int, ctr: int) -> None:
    encoded = encode_header(kid, ctr)
    header = decode_header(encoded)
    assert (header.kid, header.ctr, header.size) == (kid, ctr, len(encoded))
    assert len(encoded) <= 17


@given(st.binary(max_size=20))
def test_every_header_has_one_spelling(sframe: bytes) -> None:
    # Two spellings of one counter would be two frames to the broker's filter.
    try:
        header = decode_header(sframe)
    except Malformed:
        return
    assert encode_header(header.kid, header.ctr) == sframe[: header.size]


def test_topics() -> None:
    assert topic(ROOM, MEMBER) == b"Vroomme"
    assert room_topic(ROOM) == b"Vroom"


def test_split() -> None:
    shortest, longest = bytes(17), bytes(limits.VOICE_FRAME_BYTES - 7)
    for sframe in (shortest, longest):
        assert split(topic(ROOM, MEMBER) + sframe) == VoiceFrame(ROOM, MEMBER, sframe)


@pytest.mark.parametrize(
    "frame", [b"", b"Vroomme" + bytes(16), b"Vroomme" + bytes(1_394), b"vroomme" + bytes(17), b"\x92" + bytes(40)]
)
def test_wrong_frames(frame: bytes) -> None:
    with pytest.raises(Malformed):
        split(frame)


@given(st.lists(st.binary(max_size=limits.VOICE_FRAME_BYTES - TOPIC_BYTES), min_size=1, max_size=2), st.integers(1, 2))
def test_bundles_round_trip(sframes: list[bytes], lane: int) -> None:
    frames = [topic(ROOM, MEMBER) + sframe for sframe in sframes]
    bundled = bundle(frames, lane)
    assert bundled.startswith(on_lane(topic(ROOM, MEMBER), lane))
    assert bundled.startswith(on_lane(room_topic(ROOM), lane))
    assert unbundle(bundled, lane) == frames


@pytest.mark.parametrize(
    "bundled",
    [
        b"",
        b"W",
        b"Wroomme",
        b"Wroomme\0",
        b"Wroomme\0\5x",
        b"Wroomme\0\1xy",
        b"Wroomme\0\1x\0",
        b"Wroomme" + b"\0\1x" * 3,  # more than anybody bundles
        b"Vroomme\0\1x",
        b"Xroomme\0\1x",
    ],
)
def test_wrong_bundles(bundled: bytes) -> None:
    with pytest.raises(Malformed, match="bundle"):
        unbundle(bundled, 1)


@given(st.binary(max_size=40), st.integers(1, 2))
def test_every_bundle_has_one_spelling(rest: bytes, lane: int) -> None:
    bundled = on_lane(topic(ROOM, MEMBER), lane) + rest
    try:
        frames = unbundle(bundled, lane)
    except Malformed:
        return
    assert bundle(frames, lane) == bundled
