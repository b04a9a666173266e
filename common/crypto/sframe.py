"""Seal and open voice with SFrame (RFC 9605), all cipher suites of the RFC; voice uses the last.

Sealing and opening are different classes: who holds an opener cannot speak in the other's name by mistake, and a
sealer cannot be asked to use a counter twice. The header's layout is in common/voice_frame.py. This file knows
base keys; it does not know whose they are, nor what is inside a packet.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common import limits
from common.errors import KeySpent, Malformed, Replayed, SealBroken
from common.replay import ReplayWindow
from common.voice_frame import decode_header, encode_header

NONCE_BYTES: Final = 12
_AUTH_KEY_BYTES: Final = 32
_REPLAYED: Final = "voice frame was opened before, or is too old to tell"
_CTR_START: Final = bytes(4)  # RFC 9605, 4.5.1: the block counter begins at 0 behind the nonce


class Suite(IntEnum):
    """The cipher suites of RFC 9605, section 4.5."""

    AES_128_CTR_HMAC_SHA256_80 = 1
    AES_128_CTR_HMAC_SHA256_64 = 2
    AES_128_CTR_HMAC_SHA256_32 = 3
    AES_128_GCM_SHA256_128 = 4
    AES_256_GCM_SHA512_128 = 5


class Aead(Protocol):
    """Authenticated encryption under one key: `AESGCM` of the library, or `CtrHmac`."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext with its tag behind."""
        ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Plaintext. Raises InvalidTag."""
        ...


class CtrHmac:
    """AES-CTR with a truncated HMAC-SHA256 (RFC 9605, section 4.5.1). The key is encryption key ‖ 32-byte HMAC key."""

    def __init__(self, key: bytes, tag_bytes: int) -> None:
        self._encryption_key = AES(key[:-_AUTH_KEY_BYTES])
        self._auth_key = key[-_AUTH_KEY_BYTES:]
        self._tag_bytes = tag_bytes

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext with its tag behind."""
        ciphertext = self._apply_ctr(nonce, data)
        return ciphertext + self._tag(nonce, associated_data or b"", ciphertext)

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Plaintext. Raises InvalidTag."""
        ciphertext, tag = data[: -self._tag_bytes], data[-self._tag_bytes :]
        if not hmac.compare_digest(tag, self._tag(nonce, associated_data or b"", ciphertext)):
            raise InvalidTag
        return self._apply_ctr(nonce, ciphertext)

    def _apply_ctr(self, nonce: bytes, text: bytes) -> bytes:
        cipher = Cipher(self._encryption_key, CTR(nonce + _CTR_START)).encryptor()
        return cipher.update(text) + cipher.finalize()

    def _tag(self, nonce: bytes, associated: bytes, ciphertext: bytes) -> bytes:
        sizes = (len(associated), len(ciphertext), self._tag_bytes)
        authenticated = b"".join(size.to_bytes(8, "big") for size in sizes) + nonce + associated + ciphertext
        return hmac.digest(self._auth_key, authenticated, hashlib.sha256)[: self._tag_bytes]


@dataclass(frozen=True, slots=True)
class _Shape:
    hash: HashAlgorithm
    key_bytes: int
    tag_bytes: int
    gcm: bool


_SHAPES: Final = {
    Suite.AES_128_CTR_HMAC_SHA256_80: _Shape(SHA256(), 16 + _AUTH_KEY_BYTES, 10, gcm=False),
    Suite.AES_128_CTR_HMAC_SHA256_64: _Shape(SHA256(), 16 + _AUTH_KEY_BYTES, 8, gcm=False),
    Suite.AES_128_CTR_HMAC_SHA256_32: _Shape(SHA256(), 16 + _AUTH_KEY_BYTES, 4, gcm=False),
    Suite.AES_128_GCM_SHA256_128: _Shape(SHA256(), 16, 16, gcm=True),
    Suite.AES_256_GCM_SHA512_128: _Shape(SHA512(), 32, 16, gcm=True),
}


class FrameKeys:
    """What a base key becomes for one KID and suite (RFC 9605, section 4.4.2): derived once, then kept."""

    __slots__ = ("aead", "salt")

    def __init__(self, base_key: bytes, kid: int, suite: Suite) -> None:
        shape = _SHAPES[suite]
        context = kid.to_bytes(8, "big") + suite.to_bytes(2, "big")

        def derive(label: bytes, size: int) -> bytes:
            return HKDF(algorithm=shape.hash, length=size, salt=None, info=label + context).derive(base_key)

        key = derive(b"SFrame 1.0 Secret key ", shape.key_bytes)
        self.salt = int.from_bytes(derive(b"SFrame 1.0 Secret salt ", NONCE_BYTES), "big")
        self.aead: Aead = AESGCM(key) if shape.gcm else CtrHmac(key, shape.tag_bytes)

    def nonce(self, ctr: int) -> bytes:
        """The nonce (12 bytes) of one counter."""
        return (self.salt ^ ctr).to_bytes(NONCE_BYTES, "big")


class FrameSealer:
    """Seals the voice of one sender. One base key, one sealer: its counter starts at 0 and never goes back."""

    __slots__ = ("_keys", "_kid", "_next")

    def __init__(self, base_key: bytes, kid: int = 0, suite: Suite = Suite.AES_256_GCM_SHA512_128) -> None:
        self._keys = FrameKeys(base_key, kid, suite)
        self._kid = kid
        self._next = 0

    def seal(self, plaintext: bytes, metadata: bytes = b"") -> bytes:
        """The SFrame of a packet. Raises `KeySpent` when the counters are used up: join anew for another key."""
        ctr = self._next
        if ctr > limits.VOICE_COUNTER_MAX:
            raise KeySpent("This connection has sent as much voice as its key may seal: connect again.")
        self._next = ctr + 1  # before anything can fail: a counter is never used twice
        header = encode_header(self._kid, ctr)
        return header + self._keys.aead.encrypt(self._keys.nonce(ctr), plaintext, header + metadata)


class Opened(NamedTuple):
    """A packet that is authentic and new, and its counter."""

    ctr: int
    plaintext: bytes


class FrameOpener:
    """Opens the voice of one sender, each frame once."""

    __slots__ = ("_keys", "_kid", "_window")

    def __init__(self, base_key: bytes, kid: int = 0, suite: Suite = Suite.AES_256_GCM_SHA512_128) -> None:
        self._keys = FrameKeys(base_key, kid, suite)
        self._kid = kid
        self._window = ReplayWindow()

    def open(self, sframe: bytes, metadata: bytes = b"") -> Opened:
        """The packet in an SFrame. Count and drop the frame at any error.

        Raises `Malformed` (header), `SealBroken` (another key, or tampering), `Replayed` (opened before, or too old).
        """
        header = decode_header(sframe)
        if header.ctr > limits.VOICE_COUNTER_MAX:
            raise Malformed("voice counter beyond the last one of a session")
        if header.kid != self._kid:
            raise SealBroken("voice frame does not open")
        if not self._window.is_new(header.ctr):  # a copy, by the second lane: a fifth of the work of opening it
            raise Replayed(_REPLAYED)
        associated = sframe[: header.size] + metadata
        try:
            plaintext = self._keys.aead.decrypt(self._keys.nonce(header.ctr), sframe[header.size :], associated)
        except InvalidTag:
            raise SealBroken("voice frame does not open") from None
        self._window.accept(header.ctr)
        return Opened(header.ctr, plaintext)
