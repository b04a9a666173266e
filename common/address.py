"""Addresses as people write them: `host`, `host:port`, `[v6]:port`."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from msgspec import Struct

from common.errors import BadAddress

DEFAULT_PORT: Final = 9090
BANNER_OFFSET: Final = 2  # the banner's port where nothing else is said: PORT+2
VOICE_OFFSET: Final = 1
# Every label but the last ends in a dot: were the dots optional, one string could be cut into labels in so many
# ways that an invite with a long wrong host kept a client busy for hours.
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}\.?\Z){_LABEL}(?:\.{_LABEL})*\.?")
_ZONE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")  # the interface of fe80::1%eth0; ipaddress takes anything there


class Address(Struct, frozen=True):
    """A host (name, IPv4, or IPv6 without brackets) and a port of 1..65535."""

    host: str
    port: int

    def __str__(self) -> str:
        return join_host_port(self.host, self.port)


def is_this_machine(host: str) -> bool:
    """Whether a host means whoever uses it: nobody else can be reached there by a friend."""
    bare = host.rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def join_host_port(host: str, port: int) -> str:
    """`host:port`, with the brackets that IPv6 needs."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_address(text: str) -> Address:
    """Read `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address. Raises `BadAddress`."""
    text = text.strip()
    if not text:
        raise BadAddress("The server is missing: type its address, for example 192.168.1.20:9090.")
    host, port = _split_port(text)
    return Address(_check_host(host), DEFAULT_PORT if port is None else parse_port(port))


def parse_port(text: str) -> int:
    """A port number of 1..65535. Raises `BadAddress`."""
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or not 1 <= int(text) <= 65535:
        raise BadAddress(f"“{text[:40]}” is not a port: it is a number from 1 to 65535, for example 9090.")
    return int(text)


def _split_port(text: str) -> tuple[str, str | None]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")) or ":" not in host:
            raise BadAddress(f"“{text[:80]}” is not an address: IPv6 is written like [fe80::1]:9090.")
        return host, rest[1:] if rest else None
    if text.count(":") > 1:  # a bare IPv6 address
        return text, None
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _check_host(host: str) -> str:
    _, percent, zone = host.partition("%")
    if not percent or _ZONE.fullmatch(zone):
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            pass
    looks_like_v4 = re.fullmatch(r"[0-9.]+", host) is not None
    if looks_like_v4 or not _HOST_NAME.fullmatch(host):
        raise BadAddress(f"“{host[:80]}” is not a host: type a name or an IP address, for example 192.168.1.20.")
    return host
