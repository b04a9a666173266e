"""The key banner: the one line by which a broker hands out its CURVE public key over plain TCP.

It is no proof of anything: whoever stands in between can write another one. Clients pin what they saw first
and show it as four words. This file reads and writes the line and opens no connection.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from msgspec import Struct

from common import limits
from common.errors import Malformed

_LINE: Final = re.compile(rb"SECURE-CHAT (\d{1,5}) ([A-Za-z0-9_-]{43}) (\d{1,5}) (\d{1,5})\n")


class Banner(Struct, frozen=True):
    """A broker's public key (32 bytes) and the ports of its control and voice sockets."""

    key: bytes
    control_port: int
    voice_port: int


def encode_key(key: bytes) -> str:
    """32 bytes as 43 characters of base64url."""
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode("ascii")


def decode_key(text: str) -> bytes:
    """43 characters of base64url as 32 bytes. Raises `Malformed`, also for a second spelling of a key."""
    try:
        key = base64.b64decode(text + "=", altchars="-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise Malformed("not a key in base64url") from error
    if len(key) != limits.KEY_BYTES or encode_key(key) != text:
        raise Malformed("not a key in base64url")
    return key


def encode_banner(banner: Banner) -> bytes:
    """The line, newline included."""
    return (
        f"SECURE-CHAT {limits.PROTOCOL_VERSION} {encode_key(banner.key)} {banner.control_port} {banner.voice_port}\n"
    ).encode("ascii")


def decode_banner(line: bytes) -> Banner:
    """Read the line. Raises `Malformed` with what a user should know."""
    found = _LINE.fullmatch(line[: limits.BANNER_BYTES])
    if not found:
        raise Malformed("what answered there is not a Secure Chat broker")
    version, key, control, voice = found.groups()
    if int(version) != limits.PROTOCOL_VERSION:
        raise Malformed(
            f"this broker speaks version {int(version)} of the protocol, this client version {limits.PROTOCOL_VERSION}"
        )
    ports = int(control), int(voice)
    if not all(1 <= port <= 65535 for port in ports):
        raise Malformed("this broker names a port that does not exist")
    return Banner(decode_key(key.decode("ascii")), *ports)
