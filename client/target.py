"""What the user typed, checked before anything goes out: which broker, which room, under which name. Pure."""

from __future__ import annotations

from client.commands import Connect
from client.events import BrokerChanged, Part
from client.names import check_name
from common.address import BANNER_OFFSET, Address, parse_address
from common.crypto import phrase as phrases
from common.discreet import Discreet
from common.errors import LocalError, SecureChatError
from common.invite import Invite, is_invite, parse_invite


class AttemptFailed(SecureChatError):
    """An attempt to connect came to nothing: which part is to blame, and whether trying again may help."""

    def __init__(self, part: Part, code: str, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.part = part
        self.code = code
        self.retry = retry


class KeyChanged(AttemptFailed):
    """The broker has another key than was expected; `changed` is what the user has to be told."""

    def __init__(self, changed: BrokerChanged, message: str) -> None:
        super().__init__(Part.SERVER, "key_changed", message)
        self.changed = changed


class Target(Discreet, frozen=True):
    """A checked request to connect. `broker_key` and `voice_port` are known only where an invite names them.

    `compared_key` is the one whose words the user has compared: it counts more than an invite and a pin.
    """

    address: Address
    banner_port: int
    broker_key: bytes | None
    voice_port: int | None
    name: str
    phrase: str
    accept_weak_phrase: bool = False
    compared_key: bytes | None = None

    def expected_key(self, pin: bytes | None) -> bytes | None:
        """The only key that the broker may have; None: any."""
        return self.compared_key or self.broker_key or pin

    def check_phrase_against(self, pin: bytes | None) -> None:
        """Raise `AttemptFailed` (weak_phrase) where an unknown broker would learn enough to guess the phrase."""
        if self.expected_key(pin) is not None or self.accept_weak_phrase:
            return
        if phrases.strength_bits(self.phrase) < phrases.WEAK_BITS:
            raise AttemptFailed(
                Part.KEY,
                "weak_phrase",
                "This key is easy to guess, and this computer does not know this broker yet: whoever runs it could "
                "try keys until one fits and read everything. Use a generated key of six words, or connect anyway.",
            )


def read_target(request: Connect) -> Target:
    """Check what was typed. Raises `AttemptFailed` that names the part which is wrong."""
    invite = _invite(request.server) if is_invite(request.server) else None
    try:
        address = invite.address if invite else parse_address(request.server)
    except LocalError as error:
        raise AttemptFailed(Part.SERVER, "bad_address", str(error)) from error
    if invite is None and address.port + BANNER_OFFSET > 65535:
        raise AttemptFailed(
            Part.SERVER, "bad_address", f"The port {address.port} is too high: the two ports above it are used too."
        )
    try:
        name = check_name(request.name)
    except LocalError as error:
        raise AttemptFailed(Part.NAME, "bad_name", str(error)) from error
    phrase = request.phrase if invite is None or invite.phrase is None else invite.phrase
    try:
        phrases.normalise(phrase)
    except LocalError as error:
        raise AttemptFailed(Part.KEY, "bad_phrase", str(error)) from error
    return Target(
        address,
        invite.banner_port if invite else address.port + BANNER_OFFSET,
        invite.broker_key if invite else None,
        invite.voice_port if invite else None,
        name,
        phrase,
        request.accept_weak_phrase,
        request.compared_key,
    )


def _invite(text: str) -> Invite:
    try:
        return parse_invite(text)
    except LocalError as error:
        raise AttemptFailed(Part.SERVER, "bad_invite", str(error)) from error
