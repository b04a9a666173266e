"""Invite links: `secure-chat://HOST:PORT/?k=<broker key>&v=<voice port>&b=<banner port>#phrase`.

What stands behind `#` is the room's phrase and never goes to a server. The key is the broker's, so a client
that starts from an invite trusts no banner. `v` and `b` are there only where they are not PORT+1 and PORT+2.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from common import limits
from common.address import BANNER_OFFSET, VOICE_OFFSET, Address, parse_address, parse_port
from common.banner import decode_key, encode_key
from common.discreet import Discreet
from common.errors import BadAddress, BadInvite, Malformed

SCHEME: Final = "secure-chat"
_LONGEST: Final = 8_192


class Invite(Discreet, frozen=True):
    """Where the broker is, its public key (32 bytes), and the room's phrase (None: the link is for any room)."""

    address: Address
    broker_key: bytes
    voice_port: int
    banner_port: int
    phrase: str | None

    def __str__(self) -> str:
        """The link, phrase included: not for logs."""
        query = f"k={encode_key(self.broker_key)}"
        if self.voice_port != self.address.port + VOICE_OFFSET:
            query += f"&v={self.voice_port}"
        if self.banner_port != self.address.port + BANNER_OFFSET:
            query += f"&b={self.banner_port}"
        phrase = "" if self.phrase is None else "#" + quote(self.phrase, safe="-")
        return f"{SCHEME}://{self.address}/?{query}{phrase}"


def is_invite(text: str) -> bool:
    """Whether a text in the server field is meant as a link, right or wrong."""
    return text.strip().lower().startswith(SCHEME + ":")


def parse_invite(text: str) -> Invite:
    """Read a link. Raises `BadInvite` that names the part which is wrong."""
    text = text.strip()
    if len(text) > _LONGEST or not is_invite(text):
        raise BadInvite(f"This is not an invite link: one starts with {SCHEME}:// and has been copied whole.")
    try:
        parts = urlsplit(text)
        fields = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query), max_num_fields=8)
        phrase = unquote(parts.fragment, errors="strict") if parts.fragment else None
        phrase_bytes = 0 if phrase is None else len(phrase.encode())  # half a surrogate pair fails here
    except ValueError as error:
        raise BadInvite("The invite link is damaged: ask for it again and copy all of it.") from error
    address = _address(parts.netloc)
    values = _values(fields)
    if phrase_bytes > limits.PHRASE_BYTES:
        raise BadInvite("The key in the invite link is too long.")
    return Invite(
        address,
        _key(values.get("k")),
        _port(values.get("v"), address.port + VOICE_OFFSET, "voice port"),
        _port(values.get("b"), address.port + BANNER_OFFSET, "banner port"),
        phrase,
    )


def _address(netloc: str) -> Address:
    try:
        return parse_address(netloc)
    except BadAddress as error:
        raise BadInvite(f"The server in the invite link is wrong. {error}") from error


def _values(fields: list[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in fields:
        if name in values:
            raise BadInvite(f"The invite link says “{name[:20]}” twice.")
        values[name] = value  # names of later versions are passed over
    return values


def _key(text: str | None) -> bytes:
    if text is None:
        raise BadInvite("The invite link lacks the broker's key (k=): ask for it again and copy all of it.")
    try:
        return decode_key(text)
    except Malformed as error:
        raise BadInvite("The broker's key in the invite link (k=) is damaged: ask for the link again.") from error


def _port(text: str | None, default: int, what: str) -> int:
    if text is None:
        return min(default, 65535)
    try:
        return parse_port(text)
    except BadAddress as error:
        raise BadInvite(f"The {what} in the invite link is wrong. {error}") from error
