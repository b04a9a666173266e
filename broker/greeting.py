"""What a broker says once it is ready: a line for programs, then what people need to know to connect.

Pure: the settings, the ports that were had and the addresses of this machine in, text out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from broker.config import Settings
from broker.ports import Ports
from common.address import BANNER_OFFSET, Address, join_host_port
from common.invite import Invite
from common.words import broker_words


def greeting(settings: Settings, public: bytes, ports: Ports, addresses: Sequence[str]) -> str:
    """All lines. `public` is the broker's key, `addresses` where it is reached, the best one first."""
    words = broker_words(public)
    where = [join_host_port(settings.host, port) for port in (ports.control, ports.voice, ports.banner)]
    invite = Invite(Address(addresses[0], ports.control), public, ports.voice, ports.banner, None)
    lines = [
        f"ready control={where[0]} voice={where[1]} banner={where[2]} fingerprint={words}",
        "",
        *_ways_in(ports, addresses, str(invite), words),
        _reach(settings, ports),
        f"Data folder: {settings.folder}",
        f"Log file:    {settings.log}",
        "Stop with Ctrl+C.",
    ]
    return "\n".join(lines) + "\n"


def _ways_in(ports: Ports, addresses: Sequence[str], invite: str, words: str) -> list[str]:
    """A plain address works only where a client finds the banner: at PORT+2. The link names every port."""
    if ports.banner != ports.control + BANNER_OFFSET:
        odd = f"the banner is at port {ports.banner}, and who types an address looks for it at PORT+{BANNER_OFFSET}"
        return [f"People connect by this link only ({odd}):", f"    {invite}", f"Its four words are:  {words}"]
    return [
        "People connect to any of these addresses, whichever they can reach:",
        *(f"    {join_host_port(address, ports.control)}" for address in addresses),
        "or by this link, which vouches for this broker:",
        f"    {invite}",
        f"At first contact they are shown four words, which must be:  {words}",
    ]


def _reach(settings: Settings, ports: Ports) -> str:
    if not ipaddress.ip_address(settings.host).is_loopback:
        three = f"{ports.control}, {ports.voice} and {ports.banner}"
        return f"Friends on the internet need TCP ports {three} forwarded to this machine, and its public address."
    if settings.public_address:
        return f"It listens on {settings.host}: others connect only if a tunnel on this computer leads to its ports."
    return f"Only this computer can connect, since it listens on {settings.host}: for others choose another --host."
