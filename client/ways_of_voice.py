"""How voice goes through the network, and why: the events of `client.lanes` and `client.voice_choice`. All frozen."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from client.commands import VoiceMode


class LaneReason(StrEnum):
    """Why a further lane was opened or closed."""

    ASKED = "asked"
    LOSS_UP = "loss_up"  # my voice is held up on its way to the broker
    LOSS_DOWN = "loss_down"  # that of others is, on its way to me
    GOOD = "good"  # nothing was held up for a while
    FULL = "full"  # the network has no room for more
    WORSE = "worse"
    NO_HELP = "no_help"


class LaneChanged(Struct, frozen=True):
    """Over how many lanes voice goes from now on."""

    count: int
    why: LaneReason


class VoiceModeReason(StrEnum):
    """Why my voice is made as it is."""

    ASKED = "asked"
    FULL = "full"  # the way up has no room for more
    GOOD = "good"  # it has


class VoiceModeChanged(Struct, frozen=True):
    """My voice is made in another way from now on, or for another reason."""

    mode: VoiceMode
    why: VoiceModeReason


WayChanged: TypeAlias = LaneChanged | VoiceModeChanged
