"""Seal and open bodies: Fernet outside, padded and signed inside.

::

    token  = Fernet under the room's text key, clock 0, of
    body   = m ‖ Ed25519 signature (64)
    m      = length (2) ‖ MessagePack ‖ zeros up to a multiple of 64
    signed = LP(L+"sig") ‖ LP(kind) ‖ LP(room id) ‖ LP(broker key) ‖ LP(m)
    proof  = in a hello, the session key's signature of
             LP(L+"hello proof") ‖ LP(room id) ‖ LP(broker key) ‖ LP(device's public key)

Whoever has the phrase can make a Fernet token; only the signature tells who made it, and only under the kind,
room and broker that it was made for. This file checks that a body says what its signer signed. Whether the
signer belongs to the room, and whether the body came before, is for session and roster to judge: it keeps no
state and reads no clock. See docs/protocol.md, "Sealed body".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Generic, TypeAlias, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from common import limits
from common.crypto.keys import LABEL, SESSION_ID_BYTES, RoomKeys, length_prefixed, session_id
from common.errors import LocalError, SealBroken, TooLong

_BLOCK: Final = 64  # bodies come in few sizes, so that a token tells little about the length of a line
_SIGNATURE_BYTES: Final = 64
_LENGTH_BYTES: Final = 2
_TOKEN_HEAD: Final = b"\x80" + bytes(8)  # Fernet's version, and the clock that we leave at 0
_DIGEST_BYTES: Final = 16

PublicKey: TypeAlias = Annotated[bytes, Meta(min_length=limits.KEY_BYTES, max_length=limits.KEY_BYTES)]
Signature: TypeAlias = Annotated[bytes, Meta(min_length=_SIGNATURE_BYTES, max_length=_SIGNATURE_BYTES)]
SessionId: TypeAlias = Annotated[bytes, Meta(min_length=SESSION_ID_BYTES, max_length=SESSION_ID_BYTES)]
Digest: TypeAlias = Annotated[bytes, Meta(min_length=_DIGEST_BYTES, max_length=_DIGEST_BYTES)]
PostId: TypeAlias = Annotated[bytes, Meta(min_length=limits.POST_ID_BYTES, max_length=limits.POST_ID_BYTES)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=limits.MAX_INTEGER)]
Name: TypeAlias = Annotated[str, Meta(max_length=limits.NAME_BYTES)]  # characters here; bytes are checked too
Line: TypeAlias = Annotated[str, Meta(max_length=limits.TEXT_BYTES)]


class _Sealed(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """What all shapes share: an array of a fixed length, no unknown fields, immutable."""


class Text(_Sealed, frozen=True, tag=1):
    """A line of text, up to `limits.TEXT_BYTES` bytes of UTF-8. May hold any character: clean it before showing."""

    text: Line


Content: TypeAlias = Text  # what a post can hold; a union with tags once there are more kinds


class PresentSignal(_Sealed, frozen=True, tag=1):
    """The session ids that the sender sees, and a digest (16 bytes) of its roster."""

    sessions: Annotated[tuple[SessionId, ...], Meta(max_length=limits.ROOM_MEMBERS_MAX)]
    digest: Digest


class SeenSignal(_Sealed, frozen=True, tag=2):
    """The post id of the newest line that the sender's user has seen. Not its number: brokers give those."""

    post: PostId


class WritingSignal(_Sealed, frozen=True, tag=3):
    """The sender's user is writing a line just now."""


class ClockSignal(_Sealed, frozen=True, tag=4):
    """What is heard at this media time of the sender was spoken at `spoken`, in µs of the broker's clock."""

    media_time: Annotated[int, Meta(ge=0, lt=2**32)]
    spoken: Count


SignalContent: TypeAlias = PresentSignal | SeenSignal | WritingSignal | ClockSignal  # what a signal can hold


class HelloBody(_Sealed, frozen=True, tag=1):
    """Who I am: the public keys of my device, this run and this connection, and my name. Signed by the device key.

    `connection` is my CURVE key, which the broker tells beside the hello: a hello that somebody else repeats comes
    with another one. `proof` is the session key's signature over the device's key: else an insider could put
    somebody's session, and so their voice, under a device and name of his own.
    """

    device: PublicKey
    session: PublicKey
    connection: PublicKey
    name: Name
    proof: Signature


class PostBody(_Sealed, frozen=True, tag=2):
    """A post: the device's public key, its name then, its own number of the post, ms since 1970, and the content.

    Signed by the device key, so it can be checked by somebody who never met the sender.
    """

    device: PublicKey
    name: Name
    counter: Count
    sent_at: Count
    content: Content


class SignalBody(_Sealed, frozen=True, tag=3):
    """A signal: the sender's session id, the receiver's (None: all), the sender's number of it, and the content.

    Signed by the session key.
    """

    session: SessionId
    to: SessionId | None
    seq: Count
    content: SignalContent


_B = TypeVar("_B", HelloBody, PostBody, SignalBody)


@dataclass(frozen=True, slots=True)
class _Kind(Generic[_B]):
    name: bytes
    token_bytes: int
    decoder: msgspec.msgpack.Decoder[_B]


_HELLO: Final = _Kind(b"hello", limits.HELLO_BYTES, msgspec.msgpack.Decoder(HelloBody))
_POST: Final = _Kind(b"post", limits.TOKEN_BYTES, msgspec.msgpack.Decoder(PostBody))
_SIGNAL: Final = _Kind(b"signal", limits.TOKEN_BYTES, msgspec.msgpack.Decoder(SignalBody))
_encoder: Final = msgspec.msgpack.Encoder()


class BodySealer:
    """Makes tokens for one room. Raises `TooLong` for a long name or text, `LocalError` for what no body may hold."""

    def __init__(self, keys: RoomKeys) -> None:
        self._keys = keys
        self._fernet = _fernet(keys)

    def seal_hello(self, device: Ed25519PrivateKey, session: Ed25519PrivateKey, connection: bytes, name: str) -> bytes:
        """The token that introduces me under this CURVE key (32 bytes); the two other keys sign in it."""
        device_public = device.public_key().public_bytes_raw()
        proof = session.sign(_proof_bytes(self._keys, device_public))
        body = HelloBody(device_public, session.public_key().public_bytes_raw(), connection, name, proof)
        return self._seal(_HELLO, body, device)

    def seal_post(self, body: PostBody, device: Ed25519PrivateKey) -> bytes:
        """The token of a post. Keep it: sent again it must be the same bytes."""
        _check_signer(device, body.device, lambda public: public)
        return self._seal(_POST, body, device)

    def seal_signal(self, body: SignalBody, session_key: Ed25519PrivateKey) -> bytes:
        """The token of a signal."""
        _check_signer(session_key, body.session, session_id)
        return self._seal(_SIGNAL, body, session_key)

    def _seal(self, kind: _Kind[_B], body: _B, signer: Ed25519PrivateKey) -> bytes:
        padded = _pad(_encode(kind, body))
        signature = signer.sign(_signed_bytes(self._keys, kind.name, padded))
        return self._fernet.encrypt_at_time(padded + signature, 0)


class BodyOpener:
    """Opens tokens of one room. Every failure is `SealBroken`, in one wording: nobody learns what was wrong."""

    def __init__(self, keys: RoomKeys) -> None:
        self._keys = keys
        self._fernet = _fernet(keys)

    def open_hello(self, token: bytes) -> HelloBody:
        """A hello that the device and the session named in it have signed. Clean the name before showing it.

        Next: its connection must be the one that the broker names.
        """
        body = self._open(_HELLO, token, lambda body: body.device)
        _verify(body.session, body.proof, _proof_bytes(self._keys, body.device))
        return body

    def open_post(self, token: bytes) -> PostBody:
        """A post that the device named in it has signed. Next: its (device, counter) must be new."""
        return self._open(_POST, token, lambda body: body.device)

    def open_signal(self, token: bytes, session_public: bytes) -> SignalBody:
        """A signal of the session with this public key (32 bytes). Next: is it to me, and is its seq new?"""
        body = self._open(_SIGNAL, token, lambda _: session_public)
        if body.session != session_id(session_public):
            raise _broken()
        return body

    def _open(self, kind: _Kind[_B], token: bytes, signer_of: Callable[[_B], bytes]) -> _B:
        """In the receiver's order: size, Fernet, shape, signature."""
        try:
            padded, signature = self._unwrap(kind, token)
            body = kind.decoder.decode(_unpad(padded))
            _check_lengths(body)
        except (InvalidToken, TooLong, RecursionError, ValueError, msgspec.MsgspecError):
            raise _broken() from None
        _verify(signer_of(body), signature, _signed_bytes(self._keys, kind.name, padded))
        return body

    def _unwrap(self, kind: _Kind[_B], token: bytes) -> tuple[bytes, bytes]:
        """The padded body and its signature."""
        if len(token) > kind.token_bytes or not _is_plain_spelling(token):
            raise _broken()
        inside = self._fernet.decrypt(token)
        if len(inside) < _BLOCK + _SIGNATURE_BYTES or len(inside) % _BLOCK:
            raise _broken()
        return inside[:-_SIGNATURE_BYTES], inside[-_SIGNATURE_BYTES:]


def _broken() -> SealBroken:
    return SealBroken("a sealed body does not open: another key, another room, or it was changed")


def _fernet(keys: RoomKeys) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(keys.text_key))


def _is_plain_spelling(token: bytes) -> bool:
    """Whether a token is the one way to write its bytes, with a clock of 0.

    The library passes over characters that are not base64. With that a broker could make many tokens, each with
    another post id, of one post, and have its sender taken for a copied device.
    """
    try:
        raw = base64.urlsafe_b64decode(token)
    except binascii.Error:
        return False
    return raw.startswith(_TOKEN_HEAD) and base64.urlsafe_b64encode(raw) == token


def _signed_bytes(keys: RoomKeys, kind: bytes, padded: bytes) -> bytes:
    return b"".join(map(length_prefixed, (LABEL + b"sig", kind, keys.room_id, keys.broker_key, padded)))


def _proof_bytes(keys: RoomKeys, device_public: bytes) -> bytes:
    return b"".join(map(length_prefixed, (LABEL + b"hello proof", keys.room_id, keys.broker_key, device_public)))


def _verify(public: bytes, signature: bytes, signed: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):  # ValueError: no public key at all
        raise _broken() from None


def _check_signer(signer: Ed25519PrivateKey, expected: bytes, name_of: Callable[[bytes], bytes]) -> None:
    if name_of(signer.public_key().public_bytes_raw()) != expected:
        raise LocalError("a body names another signer than the key that is to sign it")


def _check_lengths(body: HelloBody | PostBody | SignalBody) -> None:
    """Bytes of UTF-8, which the types cannot count."""
    if not isinstance(body, SignalBody):
        _check_length("name", body.name, limits.NAME_BYTES)
    if isinstance(body, PostBody):
        _check_length("text", body.content.text, limits.TEXT_BYTES)


def _check_length(what: str, text: str, most: int) -> None:
    size = len(text.encode())
    if size > most:
        raise TooLong(f"The {what} is {size:,} bytes long, and {most:,} are allowed: make it shorter.")


def _encode(kind: _Kind[_B], body: _B) -> bytes:
    """MessagePack that the decoder of the other side is known to take."""
    try:
        _check_lengths(body)
        packed = _encoder.encode(body)
        kind.decoder.decode(packed)  # msgspec checks nothing when a struct is made
    except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError) as error:
        raise LocalError(f"This cannot be sent: {error}") from error
    return packed


def _pad(packed: bytes) -> bytes:
    framed = len(packed).to_bytes(_LENGTH_BYTES, "big") + packed
    return framed + bytes(-len(framed) % _BLOCK)


def _unpad(padded: bytes) -> bytes:
    """The MessagePack. Raises `SealBroken` where the padding is not zeros, or longer than it must be."""
    end = _LENGTH_BYTES + int.from_bytes(padded[:_LENGTH_BYTES], "big")
    if not 0 <= len(padded) - end < _BLOCK or any(padded[end:]):
        raise _broken()
    return padded[_LENGTH_BYTES:end]
