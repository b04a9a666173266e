"""The three ports of a broker, and which flag is to blame when one cannot be had. Opens nothing."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import Final

from broker.config import Settings
from common.errors import BadSetting

_NOT_OURS: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.ENODEV}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the broker listens."""

    control: int
    voice: int
    banner: int


def refused_port(settings: Settings, name: str, number: int | None) -> BadSetting:
    """The complaint about a port that the system refused with this errno; `name` as in `--name`."""
    if number in _NOT_OURS:
        source = settings.sources.get("host", "--host")
        return BadSetting(f"{source} is “{settings.host}”, which is no address of this machine.")
    port = {"port": settings.port, "voice-port": settings.voice_port, "banner-port": settings.banner_port}[name]
    reason = "is taken by another program" if number == errno.EADDRINUSE else f"cannot be had: {_said(number)}"
    base = settings.sources.get("port", "--port")
    if name == "port":
        return BadSetting(f"Port {port} of {settings.host} {reason}: choose another {base}.")
    if name in settings.sources:
        return BadSetting(f"Port {port} of {settings.host} {reason}: choose another {settings.sources[name]}.")
    beside = f"needed beside {base} {settings.port}"
    return BadSetting(f"Port {port} of {settings.host} {reason} ({beside}): choose another {base}, or set --{name}.")


def _said(number: int | None) -> str:
    return os.strerror(number or 0).lower()
