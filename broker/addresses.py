"""Which addresses of this machine others can use. Asks the system only; nothing is sent."""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
from contextlib import suppress
from typing import Final

_ELSEWHERE: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))  # reserved for examples
_SIOCGIFADDR: Final = 0x8915


def usable_addresses(host: str, public_address: str | None) -> tuple[str, ...]:
    """The public address first, then those that a broker listening on `host` is reached at, without doubles."""
    listening = ipaddress.ip_address(host)
    found = [public_address] if public_address else []
    if not listening.is_unspecified:
        found.append(host)
    else:
        found += [address for address in _local_addresses() if listening.version == 6 or ":" not in address]
        found.append("127.0.0.1")
    return tuple(dict.fromkeys(found))


def _local_addresses() -> list[str]:
    """Addresses that others may reach, the one towards the internet first."""
    found = []
    for family, target in _ELSEWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))  # a datagram socket only looks up the route
            found.append(probe.getsockname()[0])
    found += _interface_addresses()
    with suppress(OSError):
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)]
    return [address for address in found if "%" not in address and _is_reachable(address)]


def _is_reachable(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified)


def _interface_addresses() -> list[str]:
    if sys.platform != "linux":
        return []
    import fcntl  # noqa: PLC0415 - Windows has none

    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # an interface without an IPv4 address
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                found.append(socket.inet_ntoa(answer[20:24]))
    return found
