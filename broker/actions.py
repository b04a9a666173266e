"""What `Core` asks of whoever owns the sockets. All frozen; to be carried out in order.

A connection is named by its ROUTER routing id, a voice channel (one SUB connection) by a number that the
transport chose. Nothing here names a person or holds anything that was opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from common.messages import FromBroker


@dataclass(frozen=True, slots=True)
class Deliver:
    """Send one message to each of these connections. Report what could not be sent to `Core.undeliverable`."""

    to: tuple[bytes, ...]
    message: FromBroker


@dataclass(frozen=True, slots=True)
class CutVoice:
    """Close the voice channels of this CURVE key (those that it has subscribed on): it may hear no more."""

    key: bytes
    channels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CutConnection:
    """Close this connection. `Core` has forgotten it already."""

    connection: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the log: what happened, to which member handle (hex, empty: none), from where, why."""

    event: str
    member: str
    address: str
    reason: str


Action: TypeAlias = Deliver | CutVoice | CutConnection | Note
