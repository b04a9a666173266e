"""From a phrase to the keys of a room.

::

    phrase ─Argon2id→ master ─┬→ room id      the broker sees it, and nothing else of what is here
                              ├→ text key     Fernet, sealing.py
                              ├→ room words   for people to compare
                              ├→ log key      marks in a client's own log, client/log.py
                              ├→ draft key    what is written and not sent, client/drafts.py
              ├→ mark key     marks of devices about which something is remembered, client/tuning.py
                              └→ voice root → a base key for each sender's session, sframe.py

The master never leaves this file, and no key shows in a repr. Every derivation has a label of its own, so no
key is ever used for two things. See docs/protocol.md, "Keys".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from common import limits
from common.crypto.phrase import normalise
from common.words import words_of

LABEL: Final = b"SecureChat v1 "
SESSION_ID_BYTES: Final = 16
LOG_MARK_BYTES: Final = 16
_SALT_BYTES: Final = 16
_ROOM_WORDS: Final = 2  # 26 bits: tells a mistyped key from the right one, and is quickly said
_ROOM_WORDS_BYTES: Final = 16
_FINGERPRINT_BYTES: Final = 10  # 80 bits: 16 characters of base32, without padding


@dataclass(frozen=True, slots=True)
class StretchCost:
    """What one guess at a phrase costs. Tests pass a small one."""

    memory_kib: int = 65_536
    iterations: int = 3
    lanes: int = 4


# A constant of the version, never negotiated: a broker could ask for a cheap one. 0.2-0.4 s on a PC of 2020.
STRETCH_COST: Final = StretchCost()


class VoiceKeySource(Protocol):
    """Where voice keys come from. Version 2 can hand out random keys as another class behind this."""

    def voice_base(self, session_id: bytes) -> bytes:
        """The SFrame base key (32 bytes) of the sender with this session id (16 bytes)."""
        ...


@dataclass(frozen=True, slots=True)
class RoomKeys:
    """The keys of one room on one broker. Made by `stretch` only.

    `room_id` is 16 bytes, the keys are 32, `room_words` is like `otter lamp`: equal for all with this phrase.
    """

    room_id: bytes
    broker_key: bytes
    room_words: str
    text_key: bytes = field(repr=False)
    draft_key: bytes = field(repr=False)
    _voice_root: bytes = field(repr=False)
    _log_key: bytes = field(repr=False)
    _mark_key: bytes = field(repr=False)

    def voice_base(self, session_id: bytes) -> bytes:
        """The SFrame base key (32 bytes) of the sender with this session id (16 bytes)."""
        return _expand(self._voice_root, LABEL + b"voice base" + session_id, limits.KEY_BYTES)

    def log_mark(self, content: bytes) -> bytes:
        """16 bytes that find a line again in a client's own log, and tell nothing to who has the file alone."""
        return hmac.digest(self._log_key, content, "sha256")[:LOG_MARK_BYTES]

    def device_mark(self, device: bytes) -> bytes:
        """32 bytes under which something about a device is remembered, and that tell nothing to who has them alone."""
        return hmac.digest(self._mark_key, device, "sha256")


def length_prefixed(field_bytes: bytes) -> bytes:
    """`LP`: four bytes of length, then the bytes, so that no two lists of fields have the same bytes."""
    return len(field_bytes).to_bytes(4, "big") + field_bytes


def stretch(phrase: str, broker_key: bytes, cost: StretchCost = STRETCH_COST) -> RoomKeys:
    """The keys of the room that this phrase opens at the broker with this public key (32 bytes).

    Takes a good part of a second and 64 MiB: call it off the user interface's and the network's thread.
    Raises `BadPhrase`; ValueError if the broker key has another size.
    """
    if len(broker_key) != limits.KEY_BYTES:
        raise ValueError(f"a broker key has {limits.KEY_BYTES} bytes, not {len(broker_key)}")
    # The broker's key in the salt: tables of guesses must be built for each broker anew.
    salt = hashlib.sha256(length_prefixed(LABEL + b"salt") + length_prefixed(broker_key)).digest()[:_SALT_BYTES]
    master = Argon2id(
        salt=salt,
        length=limits.KEY_BYTES,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    ).derive(normalise(phrase))
    words = words_of(_expand(master, LABEL + b"room words", _ROOM_WORDS_BYTES), _ROOM_WORDS)
    return RoomKeys(
        room_id=_expand(master, LABEL + b"room id", limits.ROOM_ID_BYTES),
        broker_key=broker_key,
        room_words=" ".join(words),
        text_key=_expand(master, LABEL + b"text fernet", limits.KEY_BYTES),
        draft_key=_expand(master, LABEL + b"drafts", limits.KEY_BYTES),
        _voice_root=_expand(master, LABEL + b"voice root", limits.KEY_BYTES),
        _log_key=_expand(master, LABEL + b"log marks", limits.KEY_BYTES),
        _mark_key=_expand(master, LABEL + b"device marks", limits.KEY_BYTES),
    )


def device_signer(device_secret: bytes, room_id: bytes) -> Ed25519PrivateKey:
    """The key that signs for this device (secret: 32 random bytes) in this room: another in each, linking none."""
    seed = HKDF(algorithm=SHA256(), length=limits.KEY_BYTES, salt=None, info=LABEL + b"device" + room_id)
    return Ed25519PrivateKey.from_private_bytes(seed.derive(device_secret))


def lasting_connection_secret(device_secret: bytes) -> bytes:
    """The CURVE secret key (32 bytes) of this device for brokers that let in only keys they know: the same at all."""
    seed = HKDF(algorithm=SHA256(), length=limits.KEY_BYTES, salt=None, info=LABEL + b"lasting connection")
    return seed.derive(device_secret)


def connection_key(secret: bytes) -> bytes:
    """The public key (32 bytes) of a CURVE secret key."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def session_id(session_public: bytes) -> bytes:
    """The id (16 bytes) of a session's public key (32 bytes). Receivers compute it and never take it from anyone."""
    return hashlib.sha256(LABEL + b"session" + session_public).digest()[:SESSION_ID_BYTES]


def device_fingerprint(device_public: bytes) -> str:
    """16 lower-case characters of base32 (80 bits) that name a device's public key in events and on screens."""
    digest = hashlib.sha256(LABEL + b"device fingerprint" + device_public).digest()
    return base64.b32encode(digest[:_FINGERPRINT_BYTES]).decode("ascii").lower()


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=size, info=label).derive(secret)
