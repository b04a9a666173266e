"""Somebody who has the phrase and writes whatever he likes under it: bodies made by hand from docs/protocol.md.

Built from the specification and not from common/crypto/sealing.py, so that a mistake there shows here.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.crypto.keys import RoomKeys

VECTORS = Path(__file__).parent.parent / "vectors"
TOKENS: dict[str, Any] = json.loads((VECTORS / "tokens.json").read_text(encoding="ascii"))

KEYS = RoomKeys(
    room_id=bytes.fromhex(TOKENS["room_id"]),
    broker_key=bytes.fromhex(TOKENS["broker_key"]),
    room_words="any words",
    text_key=bytes.fromhex(TOKENS["text_key"]),
    draft_key=bytes(32),
    _voice_root=bytes(32),
    _log_key=bytes(32),
    _mark_key=bytes(32),
)
DEVICE_KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(TOKENS["device_private"]))
SESSION_KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(TOKENS["session_private"]))
DEVICE = DEVICE_KEY.public_key().public_bytes_raw()
SESSION = SESSION_KEY.public_key().public_bytes_raw()
CONNECTION = bytes.fromhex(TOKENS["hello"]["connection"])
SESSION_ID = hashlib.sha256(b"SecureChat v1 session" + SESSION).digest()[:16]


def lp(field: bytes) -> bytes:
    return len(field).to_bytes(4, "big") + field


def pad(packed: bytes) -> bytes:
    framed = len(packed).to_bytes(2, "big") + packed
    return framed + bytes(-len(framed) % 64)


def sign(kind: bytes, padded: bytes, signer: Ed25519PrivateKey, keys: RoomKeys = KEYS) -> bytes:
    return signer.sign(
        lp(b"SecureChat v1 sig") + lp(kind) + lp(keys.room_id) + lp(keys.broker_key) + lp(padded),
    )


def prove(session: Ed25519PrivateKey, device: bytes, keys: RoomKeys = KEYS) -> bytes:
    """What a session's key says of its device, in a hello."""
    return session.sign(lp(b"SecureChat v1 hello proof") + lp(keys.room_id) + lp(keys.broker_key) + lp(device))


def wrap(inside: bytes, clock: int = 0, text_key: bytes = KEYS.text_key) -> bytes:
    return Fernet(base64.urlsafe_b64encode(text_key)).encrypt_at_time(inside, clock)


def unwrap(token: bytes) -> bytes:
    return Fernet(base64.urlsafe_b64encode(KEYS.text_key)).decrypt(token)


def token_of(kind: bytes, packed: bytes, signer: Ed25519PrivateKey) -> bytes:
    """A token that is right in all but what `packed` says."""
    padded = pad(packed)
    return wrap(padded + sign(kind, padded, signer))
