"""What the voice engine is told: by a session who is in the room, with which keys, and whether anybody listens;
by the user what to switch.

Both reach the voice engine through the network thread; nothing comes back this way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

from client.commands import (
    AskDevices,
    ChooseDevices,
    HoldToTalk,
    SetMicrophone,
    SetProcessing,
    SetSpeaker,
    SetTransmit,
    TestEcho,
    VoiceCommand,
)
from common.crypto.sframe import FrameOpener, FrameSealer

if TYPE_CHECKING:
    from client.voice.engine import VoiceEngine


@dataclass(frozen=True, slots=True)
class EnterRoom:
    """My own topic (7 bytes) and the sealer that goes on counting over re-joins."""

    topic: bytes
    sealer: FrameSealer


@dataclass(frozen=True, slots=True)
class LeaveRoom:
    """No room, no speakers."""


@dataclass(frozen=True, slots=True)
class AddSpeaker:
    """A member's handle (2 bytes) and what opens its frames."""

    member: bytes
    opener: FrameOpener
    confirmed: bool


@dataclass(frozen=True, slots=True)
class ConfirmSpeaker:
    """The member has shown that it is here now: play it."""

    member: bytes


@dataclass(frozen=True, slots=True)
class TuneSpeaker:
    """How loud the member is to be heard: what its samples are multiplied with; 0: its frames are not opened."""

    member: bytes
    gain: float


@dataclass(frozen=True, slots=True)
class RemoveSpeaker:
    """The member is gone."""

    member: bytes


@dataclass(frozen=True, slots=True)
class SetAudience:
    """Whether anybody else has the speaker on: if not, nothing is sent."""

    heard: bool


VoiceOrder: TypeAlias = EnterRoom | LeaveRoom | AddSpeaker | ConfirmSpeaker | TuneSpeaker | RemoveSpeaker | SetAudience


def carry_out(order: VoiceOrder, engine: VoiceEngine) -> None:
    """Hand an order to the engine."""
    match order:
        case EnterRoom(topic, sealer):
            engine.enter(topic, sealer)
        case LeaveRoom():
            engine.leave()
        case AddSpeaker(member, opener, confirmed):
            engine.add_speaker(member, opener, confirmed)
        case ConfirmSpeaker(member):
            engine.confirm_speaker(member)
        case TuneSpeaker(member, gain):
            engine.tune_speaker(member, gain)
        case RemoveSpeaker(member):
            engine.remove_speaker(member)
        case SetAudience(heard):
            engine.set_audience(heard)


def obey(command: VoiceCommand, engine: VoiceEngine) -> None:  # noqa: C901 - one table
    """Have the engine do what the user asked for."""
    match command:
        case SetMicrophone(on):
            engine.set_microphone(on)
        case SetSpeaker(on):
            engine.set_speaker(on)
        case SetTransmit(mode):
            engine.set_transmit(mode)
        case HoldToTalk(on):
            engine.hold_to_talk(on)
        case SetProcessing():
            engine.set_processing(command)
        case ChooseDevices(microphone, speaker):
            engine.choose_devices(microphone, speaker)
        case AskDevices():
            engine.list_devices()
        case TestEcho():
            engine.test_echo()
        case _:
            assert_never(command)
