"""The way to a broker before any ZeroMQ: resolve, reach it, read its banner, check its key, stretch the phrase.

All of this blocks (names, TCP, Argon2id), so it runs on a thread of its own which holds nothing that must be
given back: an attempt that was called off is simply not listened to any more.
"""

from __future__ import annotations

import errno
import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from client.events import BrokerChanged, Clash, Part
from client.target import AttemptFailed, KeyChanged, Target
from common import limits
from common.address import VOICE_OFFSET
from common.banner import Banner, decode_banner
from common.crypto.keys import RoomKeys, stretch
from common.errors import Malformed
from common.invite import Invite
from common.words import broker_words

_REACH_SECONDS: Final = 4.0
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Approach:
    """Everything that the sockets need: a numeric host, ports, the broker's key, and the room's keys."""

    host: str
    control_port: int
    voice_port: int
    broker_key: bytes
    keys: RoomKeys
    first_contact: bool
    invite: Invite

    @property
    def broker_words(self) -> str:
        """The broker's four words, for comparison."""
        return broker_words(self.broker_key)


def approach(target: Target, pin: bytes | None, known: RoomKeys | None = None) -> Approach:
    """Find and check the broker. Raises `AttemptFailed`.

    `pin` is the key that this computer has met at the address before; `known` saves stretching the phrase again.
    """
    trusted = target.expected_key(pin)
    if target.compared_key is None and pin is not None and trusted is not None and trusted != pin:
        raise _changed(target, Clash.LINK_AND_PIN, pin, trusted)
    host, banner = _banner(target, trusted)
    if trusted is not None and banner.key != trusted:
        met = target.compared_key or pin
        raise _changed(target, Clash.BROKER_AND_PIN if met else Clash.BROKER_AND_LINK, trusted, banner.key)
    target.check_phrase_against(pin)
    keys = known if known is not None and known.broker_key == banner.key else stretch(target.phrase, banner.key)
    control, voice = target.address.port, _voice_port(target, banner)
    link = Invite(target.address, banner.key, voice, target.banner_port, target.phrase)
    return Approach(host, control, voice, banner.key, keys, trusted is None, link)


def approach_aside(
    target: Target,
    pin: bytes | None,
    known: RoomKeys | None,
    answer: Callable[[RoomKeys | Approach | AttemptFailed], None],
) -> None:
    """The same on a thread of its own, since names, TCP and Argon2id block. `answer` is called there.

    Where the broker's key is known the room's keys come first: what was kept can be shown before it is reached.
    """

    def work() -> None:
        keys = known
        try:
            if keys is None and pin is not None and target.expected_key(pin) == pin:
                keys = stretch(target.phrase, pin)
                answer(keys)
            outcome: Approach | AttemptFailed = approach(target, pin, keys)
        except AttemptFailed as error:
            outcome = error
        except Exception:  # noqa: BLE001  somebody waits for an answer, whatever it is
            _log.exception("the approach met a fault")
            outcome = AttemptFailed(Part.GENERAL, "internal", "Something went wrong inside Secure Chat.")
        answer(outcome)

    threading.Thread(target=work, name="approach", daemon=True).start()


def _voice_port(target: Target, banner: Banner) -> int:
    """Where voice is heard. A broker behind forwarded ports shows its own: what counts is the distance of the two."""
    port = target.voice_port or target.address.port + banner.voice_port - banner.control_port
    if not 1 <= port <= 65535:
        raise AttemptFailed(
            Part.SERVER, "bad_address", f"The broker at {target.address} names a voice port that cannot be reached."
        )
    return port


def _banner(target: Target, trusted: bytes | None) -> tuple[str, Banner]:
    """The numeric host that answered, and its banner. A broker whose key is known may do without a banner."""
    try:
        host, line = read_line(target.address.host, target.banner_port)
        return host, decode_banner(line)
    except OSError as error:
        if trusted is None:
            raise _unreachable(target, target.banner_port, error) from error
    except Malformed as error:
        if trusted is None:
            raise AttemptFailed(Part.SERVER, "not_a_broker", f"No Secure Chat at {target.address}: {error}.") from error
    control = target.address.port
    try:
        with _connect(target.address.host, control) as connection:
            return _numeric(connection), Banner(trusted, control, control + VOICE_OFFSET)
    except OSError as error:
        raise _unreachable(target, control, error) from error


def read_line(host: str, port: int) -> tuple[str, bytes]:
    """The numeric host, and what it sends up to the first line break, the end or the length of a banner."""
    line = b""
    with _connect(host, port) as connection:
        deadline = time.monotonic() + _REACH_SECONDS  # for the whole line: a drip must not hold the attempt
        while len(line) <= limits.BANNER_BYTES and not line.endswith(b"\n"):
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            piece = connection.recv(limits.BANNER_BYTES)
            if not piece:
                break
            line += piece
        return _numeric(connection), line


def _connect(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), timeout=_REACH_SECONDS)


def _numeric(connection: socket.socket) -> str:
    """The host at the other end, with its zone where that is needed (fe80::1%eth0)."""
    return socket.getnameinfo(connection.getpeername(), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0]


def _unreachable(target: Target, port: int, error: OSError) -> AttemptFailed:
    if isinstance(error, socket.gaierror):
        why = f"There is no computer called “{target.address.host}”: check the address and your network."
    elif isinstance(error, TimeoutError):
        why = f"{target.address} does not answer (port {port}): check the address, your network and its firewall."
    elif error.errno == errno.ECONNREFUSED:
        why = f"Nothing listens at {target.address} (port {port}): is the broker running, is the address right?"
    else:
        why = f"{target.address} cannot be reached (port {port}): {error.strerror or error}."
    return AttemptFailed(Part.SERVER, "unreachable", why, retry=True)


_CLASHES: Final = {
    Clash.BROKER_AND_PIN: "is not the one that this computer knows. Its words were “{before}”, now they are “{now}”.",
    Clash.BROKER_AND_LINK: "is not the one that the invite link was made for. Its words should be “{before}”, and "
    "are “{now}”.",
    Clash.LINK_AND_PIN: "is another one by the invite link than the one that this computer knows. Its words were "
    "“{before}”, the link says “{now}”.",
}


def _changed(target: Target, clash: Clash, before: bytes, now: bytes) -> KeyChanged:
    changed = BrokerChanged(str(target.address), broker_words(before), broker_words(now), now, clash)
    how = _CLASHES[clash].format(before=changed.before, now=changed.now)
    return KeyChanged(
        changed,
        f"STOP. The broker at {target.address} {how} Somebody may stand between you and it, or it was set up anew. "
        "Nothing was sent. Ask whoever runs it for its four words, by a way other than this one.",
    )
