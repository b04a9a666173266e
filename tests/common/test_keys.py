from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
import zmq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from zmq.utils import z85

from common.crypto.keys import (
    STRETCH_COST,
    RoomKeys,
    StretchCost,
    VoiceKeySource,
    connection_key,
    device_fingerprint,
    device_signer,
    lasting_connection_secret,
    length_prefixed,
    session_id,
    stretch,
)
from common.errors import BadPhrase
from tests.common.insider import VECTORS

FROZEN: dict[str, Any] = json.loads((VECTORS / "keys.json").read_text(encoding="ascii"))
SMALL = StretchCost(memory_kib=32, iterations=1, lanes=4)
BROKER = bytes(range(32))
SESSION = bytes(range(16))


@pytest.mark.parametrize("case", FROZEN["rooms"], ids=lambda case: f"{case['memory_kib']} KiB {case['phrase']}")
def test_frozen_rooms(case: dict[str, Any]) -> None:
    # Any change in salt, label or size would lock everybody out of their rooms. The first case has the real cost.
    cost = StretchCost(case["memory_kib"], case["iterations"], case["lanes"])
    keys = stretch(case["phrase"], bytes.fromhex(case["broker_key"]), cost)
    assert keys.room_id.hex() == case["room_id"]
    assert keys.text_key.hex() == case["text_key"]
    assert keys.room_words == case["room_words"]
    assert keys.broker_key.hex() == case["broker_key"]
    assert keys.voice_base(bytes.fromhex(case["session_id"])).hex() == case["voice_base"]
    assert keys.log_mark(b"a line").hex() == case["log_mark"]
    assert keys.draft_key.hex() == case["draft_key"]


def test_the_cost_is_the_protocols_and_one_frozen_room_has_it() -> None:
    assert StretchCost(65_536, 3, 4) == STRETCH_COST
    assert (FROZEN["rooms"][0]["memory_kib"], FROZEN["rooms"][0]["iterations"]) == (65_536, 3)


def test_frozen_device() -> None:
    case = FROZEN["device"]
    signer = device_signer(bytes.fromhex(case["device_secret"]), bytes.fromhex(case["room_id"]))
    public = signer.public_key().public_bytes_raw()
    assert public.hex() == case["device_public"]
    assert device_fingerprint(public) == case["device_fingerprint"]
    session = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["session_private"]))
    assert session_id(session.public_key().public_bytes_raw()).hex() == case["session_id"]


def test_every_key_is_another() -> None:
    # A key used for two things ties their security together.
    keys = stretch("a phrase", BROKER, SMALL)
    known = [
        keys.text_key,
        keys._voice_root,
        keys._log_key,
        keys._mark_key,
        keys.draft_key,
        keys.voice_base(SESSION),
        keys.voice_base(bytes(16)),
        keys.room_id,
    ]
    assert len({key[:16] for key in known}) == len(known)


def test_a_device_has_another_mark_in_each_room() -> None:
    # or what is remembered about devices would tell in which rooms the same people are
    here, there = stretch("a phrase", BROKER, SMALL), stretch("another", BROKER, SMALL)
    marks = [keys.device_mark(device) for keys in (here, there) for device in (bytes(32), bytes(31) + b"1")]
    assert len(set(marks)) == 4
    assert here.device_mark(bytes(32)) == stretch("a phrase", BROKER, SMALL).device_mark(bytes(32))
    assert {len(mark) for mark in marks} == {32}


def test_phrase_and_broker_make_the_room() -> None:
    here = stretch("a phrase", BROKER, SMALL)
    assert here == stretch("  a phrase", BROKER, SMALL)
    assert here.room_id != stretch("another", BROKER, SMALL).room_id
    assert here.room_id != stretch("a phrase", bytes(32), SMALL).room_id


def test_another_cost_is_another_room() -> None:
    # A cost that reached nothing would leave the phrase unstretched.
    costs = [SMALL, StretchCost(64, 1, 4), StretchCost(32, 2, 4), StretchCost(32, 1, 2)]
    assert len({stretch("a phrase", BROKER, cost).room_id for cost in costs}) == 4


def test_no_secret_shows_in_a_repr() -> None:
    keys = stretch("a phrase", BROKER, SMALL)
    shown = repr(keys)
    for secret in (keys.text_key, keys.draft_key, keys._voice_root, keys._log_key, keys._mark_key):
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown
    assert "text_key" not in shown
    assert keys.room_words in shown


def test_keys_are_frozen_and_give_voice_keys() -> None:
    source: VoiceKeySource = stretch("a phrase", BROKER, SMALL)
    assert len(source.voice_base(SESSION)) == 32
    with pytest.raises(AttributeError):
        source.text_key = b""  # type: ignore[attr-defined]
    assert isinstance(source, RoomKeys)


def test_voice_keys_by_hand() -> None:
    # HKDF-Expand written out: one block of HMAC is 32 bytes.
    keys = stretch("a phrase", BROKER, SMALL)
    by_hand = hmac.digest(keys._voice_root, b"SecureChat v1 voice base" + SESSION + b"\1", "sha256")
    assert keys.voice_base(SESSION) == by_hand


def test_wrong_phrases_and_brokers() -> None:
    with pytest.raises(BadPhrase):
        stretch("   ", BROKER, SMALL)
    with pytest.raises(ValueError, match="32 bytes"):
        stretch("a phrase", BROKER[1:], SMALL)


def test_a_device_key_links_no_rooms() -> None:
    secret = bytes(32)
    here, there = (
        device_signer(secret, room).public_key().public_bytes_raw() for room in (bytes(16), bytes(15) + b"1")
    )
    assert here != there
    assert here == device_signer(secret, bytes(16)).public_key().public_bytes_raw()
    assert here != device_signer(b"1" * 32, bytes(16)).public_key().public_bytes_raw()


def test_a_fingerprint_is_80_bits_of_lower_case() -> None:
    fingerprint = device_fingerprint(bytes(32))
    digest = hashlib.sha256(b"SecureChat v1 device fingerprint" + bytes(32)).digest()
    assert len(fingerprint) == 16
    assert base64.b32decode(fingerprint.upper()) == digest[:10]
    assert fingerprint == fingerprint.lower()


def test_length_prefixed() -> None:
    # Without the lengths "ab" and "c" would be signed as "a" and "bc".
    assert length_prefixed(b"abc") == b"\0\0\0\3abc"
    assert length_prefixed(b"") == bytes(4)


def test_the_lasting_key_is_frozen_and_one_of_curve() -> None:
    # Would catch friends who are locked out after an update.
    secret = lasting_connection_secret(bytes(range(32)))
    assert secret.hex() == "65c5f10d61bd4e5e984f1098a9c622dba2f0a12a7e8856e1b2a3704c379d57cc"
    assert connection_key(secret) == z85.decode(zmq.curve_public(z85.encode(secret)))
