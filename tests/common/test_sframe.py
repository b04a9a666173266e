from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from common import limits
from common.crypto.sframe import CtrHmac, FrameKeys, FrameOpener, FrameSealer, Opened, Suite
from common.errors import KeySpent, LocalError, Malformed, Replayed, SealBroken
from common.voice_frame import decode_header, encode_header
from tests.common.insider import VECTORS

PUBLISHED: dict[str, list[dict[str, Any]]] = json.loads((VECTORS / "sframe.json").read_text(encoding="utf-8"))
BASE = bytes(range(32))
PACKET = b"one packet of coded voice"
TAG_BYTES = {1: 10, 2: 8, 3: 4, 4: 16, 5: 16}


def unhex(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(vector[name]) for name in names]


def sealer_at(ctr: int, base: bytes = BASE, kid: int = 0, suite: Suite = Suite.AES_256_GCM_SHA512_128) -> FrameSealer:
    sealer = FrameSealer(base, kid, suite)
    sealer._next = ctr
    return sealer


def test_all_suites_have_a_published_vector() -> None:
    assert [vector["cipher_suite"] for vector in PUBLISHED["sframe"]] == list(Suite)


@pytest.mark.parametrize("vector", PUBLISHED["aes_ctr_hmac"], ids=lambda vector: f"suite {vector['cipher_suite']}")
def test_published_ctr_hmac_vectors(vector: dict[str, Any]) -> None:
    key, nonce, aad, plain, sealed = unhex(vector, "key", "nonce", "aad", "pt", "ct")
    aead = CtrHmac(key, TAG_BYTES[vector["cipher_suite"]])
    assert aead.encrypt(nonce, plain, aad) == sealed
    assert aead.decrypt(nonce, sealed, aad) == plain
    with pytest.raises(InvalidTag):
        aead.decrypt(nonce, sealed, aad + b"x")


@pytest.mark.parametrize("vector", PUBLISHED["sframe"], ids=lambda vector: f"suite {vector['cipher_suite']}")
def test_published_sframe_vectors(vector: dict[str, Any]) -> None:
    base, metadata, plain, sealed, nonce = unhex(vector, "base_key", "metadata", "pt", "ct", "nonce")
    kid, ctr, suite = vector["kid"], vector["ctr"], Suite(vector["cipher_suite"])
    assert sealer_at(ctr, base, kid, suite).seal(plain, metadata) == sealed
    assert FrameOpener(base, kid, suite).open(sealed, metadata) == Opened(ctr, plain)
    keys = FrameKeys(base, kid, suite)
    assert keys.salt.to_bytes(12, "big").hex() == vector["sframe_salt"]
    assert keys.nonce(ctr) == nonce


def test_the_frozen_voice_frame() -> None:
    # What version 1 sends: suite 5, KID 0, no metadata.
    assert FrameSealer(BASE).seal(b"voice").hex() == "00f58c6f4df6b89999eca525a77cdb3d8a0670524a25"


@pytest.mark.parametrize("suite", Suite)
def test_counters_rise_from_0_and_frames_open_in_any_order(suite: Suite) -> None:
    sealer, opener = FrameSealer(BASE, suite=suite), FrameOpener(BASE, suite=suite)
    frames = [sealer.seal(bytes([number % 256])) for number in range(300)]
    assert [decode_header(frame).ctr for frame in frames] == list(range(300))
    for number in reversed(range(300)):
        assert opener.open(frames[number]) == Opened(number, bytes([number % 256]))


def test_no_two_frames_share_a_nonce() -> None:
    # A nonce used twice under GCM gives away the authentication key.
    sealer = FrameSealer(BASE)
    assert sealer.seal(PACKET)[1:] != sealer.seal(PACKET)[1:]


def test_a_counter_is_spent_even_where_sealing_fails() -> None:
    sealer = FrameSealer(BASE)
    with pytest.raises(TypeError):
        sealer.seal("text")  # type: ignore[arg-type]
    assert decode_header(sealer.seal(PACKET)).ctr == 1


def test_the_last_counter() -> None:
    sealer = sealer_at(limits.VOICE_COUNTER_MAX)
    assert FrameOpener(BASE).open(sealer.seal(PACKET)).ctr == limits.VOICE_COUNTER_MAX
    for _ in range(2):
        with pytest.raises(KeySpent, match="connect again"):
            sealer.seal(PACKET)
    assert issubclass(KeySpent, LocalError)


def test_a_counter_beyond_the_last_is_refused() -> None:
    # One authentic frame far ahead would shut out all later ones.
    keys, ctr = FrameKeys(BASE, 0, Suite.AES_256_GCM_SHA512_128), limits.VOICE_COUNTER_MAX + 1
    header = encode_header(0, ctr)
    frame = header + keys.aead.encrypt(keys.nonce(ctr), PACKET, header)
    with pytest.raises(Malformed, match="counter"):
        FrameOpener(BASE).open(frame)


def test_another_kid_under_the_right_key_is_refused() -> None:
    # Version 1 has KID 0 only; an insider can write another into a header and authenticate it.
    keys, header = FrameKeys(BASE, 0, Suite.AES_256_GCM_SHA512_128), encode_header(1, 0)
    with pytest.raises(SealBroken):
        FrameOpener(BASE).open(header + keys.aead.encrypt(keys.nonce(0), PACKET, header))


@pytest.mark.parametrize("suite", Suite)
def test_a_bit_flipped_anywhere_breaks_the_seal(suite: Suite) -> None:
    frame = sealer_at(300, kid=9, suite=suite).seal(PACKET)
    opener = FrameOpener(BASE, 9, suite)
    for position in range(len(frame)):
        wrong = bytearray(frame)
        wrong[position] ^= 1
        with pytest.raises((SealBroken, Malformed)):
            opener.open(bytes(wrong))
    for size in range(len(frame)):
        with pytest.raises((SealBroken, Malformed)):
            opener.open(frame[:size])
    with pytest.raises(SealBroken):
        opener.open(frame + b"\0")
    # And all that noise has not moved the window.
    assert opener.open(frame).ctr == 300


def test_wrong_key_kid_suite_and_metadata() -> None:
    frame = sealer_at(5).seal(PACKET, b"context")
    wrong = [
        (FrameOpener(bytes(32)), b"context"),
        (FrameOpener(BASE, 1), b"context"),
        (FrameOpener(BASE, suite=Suite.AES_128_GCM_SHA256_128), b"context"),
        (FrameOpener(BASE), b""),
        (FrameOpener(BASE), b"contexT"),
    ]
    told = set()
    for opener, metadata in wrong:
        with pytest.raises(SealBroken) as caught:
            opener.open(frame, metadata)
        told.add(str(caught.value))
    assert len(told) == 1  # nobody learns which of them it was
    assert FrameOpener(BASE).open(frame, b"context").plaintext == PACKET


def test_metadata_is_not_taken_for_header_or_packet() -> None:
    frame = FrameSealer(BASE).seal(PACKET, b"ab")
    with pytest.raises(SealBroken):
        FrameOpener(BASE).open(frame[:1] + b"ab" + frame[1:])


def test_each_frame_opens_once() -> None:
    sealer, opener = FrameSealer(BASE), FrameOpener(BASE)
    frames = [sealer.seal(PACKET) for _ in range(limits.REPLAY_WINDOW + 1)]
    opener.open(frames[-1])
    opener.open(frames[1])
    for again in (frames[-1], frames[1], frames[0]):  # twice, twice, and one that is too old to tell
        with pytest.raises(Replayed):
            opener.open(again)


def test_a_forgery_does_not_move_the_window() -> None:
    # Marked before the tag was checked, one forged counter would silence the sender.
    opener, sealer = FrameOpener(BASE), FrameSealer(BASE)
    with pytest.raises(SealBroken):
        opener.open(encode_header(0, 4_000_000) + bytes(40))
    with pytest.raises(SealBroken):
        opener.open(encode_header(0, 0) + bytes(40))
    assert opener.open(sealer.seal(PACKET)).ctr == 0


def test_what_came_before_is_not_even_opened() -> None:
    # Mistake: with two lanes each copy would be decrypted for nothing, hundreds a second.
    sealer, opener = FrameSealer(BASE), FrameOpener(BASE)
    opener.open(sealer.seal(PACKET))
    with pytest.raises(Replayed):
        opener.open(encode_header(0, 0) + bytes(40))  # nobody's seal
    assert opener.open(sealer.seal(PACKET)).ctr == 1


def test_an_empty_packet() -> None:
    assert FrameOpener(BASE).open(FrameSealer(BASE).seal(b"")) == Opened(0, b"")


@given(st.binary(max_size=80), st.sampled_from(Suite))
def test_random_frames_raise_only_declared_errors(sframe: bytes, suite: Suite) -> None:
    with pytest.raises((SealBroken, Malformed)):
        FrameOpener(BASE, suite=suite).open(sframe)


@given(st.lists(st.integers(0, 30), max_size=60))
def test_loss_reordering_and_duplication_deliver_each_packet_once(arrivals: list[int]) -> None:
    sealer, opener = FrameSealer(BASE), FrameOpener(BASE)
    frames = [sealer.seal(bytes([number])) for number in range(31)]
    opened = []
    for number in arrivals:
        try:
            opened.append(opener.open(frames[number]).ctr)
        except Replayed:
            assert number in opened
    assert sorted(opened) == sorted(set(arrivals))
