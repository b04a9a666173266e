"""The checks of a broker: its address, its three ports by name, its key, and what it does for a guest."""

from __future__ import annotations

import socket
import time  # noqa: TID251 - a command: how fast a port answers is told
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from client.approach import read_line
from client.doctor.findings import Finding, Mark, bad, good, skipped, warning
from client.doctor.visit import FRAMES, Heard, NoAnswer, TurnedAway, echo, join, new_room, two_visitors
from client.endpoint import Endpoint
from client.target import Target
from common.address import VOICE_OFFSET
from common.banner import Banner, decode_banner
from common.crypto.keys import stretch
from common.errors import Malformed
from common.words import broker_words

_REACH_SECONDS: Final = 4.0
_FIREWALL: Final = "is the broker running, is this port forwarded to it, does a firewall stand before it?"
_SLOW_MS: Final = 300.0
_ALLOW: Final = "give its host what secure-chat --show-key prints, and use --lasting-key"


@dataclass(frozen=True, slots=True)
class Known:
    """What this computer knows: the pin of this address, and the secret of a lasting key if it should be used."""

    pin: bytes | None = None
    lasting_secret: bytes | None = None


def check_broker(target: Target, known: Known) -> Iterator[Finding]:
    """All of it, as far as one can come."""
    host, control = target.address.host, target.address.port
    try:
        numeric = _resolve(host, control)
    except OSError:
        yield bad("address", f"there is no computer called “{host}”", "check the address, and this computer's network")
        return
    yield good("address", str(target.address) if numeric == host else f"{target.address} is {numeric}")
    banner, finding = _banner(target, known)
    yield finding
    key, finding = _key(target, known, banner)
    yield finding
    voice = _voice_port(target, banner)
    ports = [_port("control port", host, control), _port("voice port", host, voice)]
    yield from ports
    if key is None or any(port.mark is Mark.BAD for port in ports):
        yield skipped("join", "it needs all ports, and a key that can be trusted")
        return
    yield from _visit(Endpoint(numeric, control, voice, key), known)
    if target.phrase:
        words = stretch(target.phrase, key).room_words
        yield good("room", f"its words are “{words}”: compare them with those of somebody who is in it")


def _resolve(host: str, port: int) -> str:
    return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])


def _voice_port(target: Target, banner: Banner | None) -> int:
    """Behind forwarded ports a broker shows its own: what counts is the distance of the two."""
    distance = VOICE_OFFSET if banner is None else banner.voice_port - banner.control_port
    return target.voice_port or target.address.port + distance


def _banner(target: Target, known: Known) -> tuple[Banner | None, Finding]:
    port = target.banner_port
    try:
        banner = decode_banner(read_line(target.address.host, port)[1])
    except Malformed as error:
        return None, bad(
            "banner port", f"{port} answers, but not as a Secure Chat broker: {error}", "check the address"
        )
    except OSError as error:
        says = f"{port} cannot be reached ({error.strerror or error})"
        if target.broker_key or known.pin:
            return None, warning("banner port", says, "you know this broker's key; newcomers without an invite need it")
        return None, bad("banner port", says, _FIREWALL)
    return banner, good("banner port", f"{port} answers: the broker's words are “{broker_words(banner.key)}”")


def _key(target: Target, known: Known, banner: Banner | None) -> tuple[bytes | None, Finding]:
    """The key to go on with, None where there is none that can be trusted."""
    trusted = {"the invite": target.broker_key, "this computer": known.pin}
    keys = {key for key in (*trusted.values(), None if banner is None else banner.key) if key is not None}
    if not keys:
        return None, skipped("key", "nobody has told it")
    if len(keys) > 1:
        says = "; ".join(f"{who} knows “{broker_words(key)}”" for who, key in trusted.items() if key is not None)
        if banner is not None:
            says += f"; the broker shows “{broker_words(banner.key)}”"
        return None, bad("key", f"STOP: {says}", "somebody may stand between you: ask the broker's host for its words")
    (key,) = keys
    if any(trusted.values()):
        return key, good(
            "key", "it is the one that " + " and ".join(who for who, one in trusted.items() if one) + " knows"
        )
    return key, warning("key", "never met before", "compare its four words with those that the broker's host sees")


def _port(name: str, host: str, port: int) -> Finding:
    begun = time.monotonic()
    try:
        with socket.create_connection((host, port), _REACH_SECONDS):
            return good(name, f"{port} answers in {(time.monotonic() - begun) * 1_000:.1f} ms")
    except (OSError, OverflowError) as error:
        return bad(name, f"{port} cannot be reached ({getattr(error, 'strerror', None) or error})", _FIREWALL)


def _visit(endpoint: Endpoint, known: Known) -> Iterator[Finding]:
    """Enter it under keys that are thrown away, and talk."""
    with two_visitors(endpoint, known.lasting_secret) as (speaker, listener):
        room_id = new_room()
        try:
            joined, milliseconds = join(speaker, room_id)
        except TurnedAway:
            yield bad("join", "this broker lets in only keys that it knows", _ALLOW)
            return
        except NoAnswer as error:
            yield bad("join", str(error), "see what the broker's log says of this")
            return
        yield good("join", f"a guest got in; there and back in {milliseconds:.1f} ms")
        try:
            join(listener, room_id)
            heard = echo(speaker, listener, joined)
        except TurnedAway:
            yield skipped("voice", "this broker lets in only keys that it knows, and it takes two to talk")
            return
        except NoAnswer as error:
            yield bad("voice", str(error), "see what the broker's log says of this")
            return
        yield _judged(heard)


def _judged(heard: Heard) -> Finding:
    says = f"{heard.frames} of {FRAMES} frames came back"
    if not heard.frames:
        return bad("voice", says, "see what the broker's log says of this")
    says += f", after {heard.milliseconds:.1f} ms"
    if heard.frames < FRAMES or heard.milliseconds > _SLOW_MS:
        return warning("voice", says, "this network loses or delays voice: try a cable, or another way to the broker")
    return good("voice", says)
