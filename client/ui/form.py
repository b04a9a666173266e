"""The three fields at the top: what they may hold, and the command that they make.

Checked here at once, on the side of the window, so that a typing error is told without a round trip. Pure.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from client.commands import Connect
from client.events import Part, ProblemReported
from client.ui import texts
from common import limits
from common.address import parse_address
from common.crypto.phrase import WEAK_BITS, normalise
from common.discreet import Discreet
from common.errors import BadAddress, BadInvite, BadPhrase
from common.invite import Invite, is_invite, parse_invite

STRONG_BITS: Final = 64.0  # WEAK_BITS of common.crypto.phrase is where a warning begins; from here on all is well


class Strength(StrEnum):
    """How hard a typed key is to guess."""

    NONE = "none"
    WEAK = "weak"
    FAIR = "fair"
    STRONG = "strong"


class Fields(Discreet, frozen=True):
    """What stands in the fields; `invite` is the link that they were filled from, while they still match it."""

    server: str = ""
    name: str = ""
    phrase: str = ""
    invite: Invite | None = None


def typed(fields: Fields) -> Fields:
    """The fields after something was typed or pasted. An invite in the server field fills server and key.

    A link that is damaged stays as it is: `problem_of` says what is wrong with it.
    """
    if is_invite(fields.server):
        try:
            invite = parse_invite(fields.server)
        except BadInvite:
            return replace(fields, invite=None)
        phrase = fields.phrase if invite.phrase is None else invite.phrase
        return replace(fields, server=str(invite.address), phrase=phrase, invite=invite)
    if fields.invite is not None and fields.server.strip() != str(fields.invite.address):
        return replace(fields, invite=None)  # another server: the invite's broker key says nothing of it
    return fields


def problem_of(fields: Fields) -> ProblemReported | None:
    """The first thing that keeps these fields from being used, or None."""
    return _server_problem(fields.server) or _name_problem(fields.name) or _phrase_problem(fields.phrase)


def connect_command(fields: Fields, *, accept_weak_phrase: bool = False) -> Connect:
    """The command for fields that have no problem.

    An invite goes with it for the sake of the broker's key, but without its phrase: what stands in the key
    field counts, also where it was edited after the invite was pasted.
    """
    server = fields.server.strip()
    if fields.invite is not None:
        server = str(replace(fields.invite, phrase=None))
    return Connect(server, fields.name.strip(), fields.phrase, accept_weak_phrase)


def strength_of(bits: float, phrase: str) -> Strength:
    """The class of a key whose strength is estimated as `bits`."""
    if not phrase:
        return Strength.NONE
    if bits < WEAK_BITS:
        return Strength.WEAK
    return Strength.FAIR if bits < STRONG_BITS else Strength.STRONG


def _server_problem(server: str) -> ProblemReported | None:
    if not server.strip():
        return ProblemReported(Part.SERVER, "bad_address", texts.SERVER_MISSING)
    try:
        if is_invite(server):
            parse_invite(server)
        else:
            parse_address(server)
    except BadInvite as error:
        return ProblemReported(Part.SERVER, "bad_invite", str(error))
    except BadAddress as error:
        return ProblemReported(Part.SERVER, "bad_address", str(error))
    return None


def _name_problem(name: str) -> ProblemReported | None:
    if not name.strip():
        return ProblemReported(Part.NAME, "bad_name", texts.NAME_MISSING)
    if _size(name.strip()) > limits.NAME_BYTES:
        return ProblemReported(Part.NAME, "bad_name", texts.NAME_TOO_LONG)
    return None


def _phrase_problem(phrase: str) -> ProblemReported | None:
    try:
        normalise(phrase)
    except BadPhrase as error:
        return ProblemReported(Part.KEY, "bad_phrase", str(error))
    return None


def _size(text: str) -> int:
    return len(text.encode("utf-8", errors="replace"))  # Tk hands out lone surrogates
