"""Each order, and each command of the user, reaches the engine as what it says."""

from __future__ import annotations

from typing import Any, cast

import pytest

from client.commands import (
    AskDevices,
    ChooseDevices,
    SetMicrophone,
    SetSpeaker,
    TestEcho,
    VoiceCommand,
)
from client.voice.engine import VoiceEngine
from client.voice_orders import (
    AddSpeaker,
    ConfirmSpeaker,
    EnterRoom,
    LeaveRoom,
    RemoveSpeaker,
    SetAudience,
    VoiceOrder,
    carry_out,
    obey,
)
from common.crypto.sframe import FrameOpener, FrameSealer

SEALER, OPENER = FrameSealer(bytes(32)), FrameOpener(bytes(32))


class Engine:
    """Notes what is asked of it. Only what a real engine has can be asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> object:
        assert hasattr(VoiceEngine, name)
        return lambda *arguments: self.asked.append((name, *arguments))


@pytest.mark.parametrize(
    ("order", "asked"),
    [
        (EnterRoom(b"Vroomme", SEALER), ("enter", b"Vroomme", SEALER)),
        (LeaveRoom(), ("leave",)),
        (AddSpeaker(b"bb", OPENER, True), ("add_speaker", b"bb", OPENER, True)),
        (ConfirmSpeaker(b"bb"), ("confirm_speaker", b"bb")),
        (RemoveSpeaker(b"bb"), ("remove_speaker", b"bb")),
        (SetAudience(True), ("set_audience", True)),
    ],
)
def test_an_order_is_carried_out(order: VoiceOrder, asked: tuple[Any, ...]) -> None:
    engine = Engine()
    carry_out(order, cast("VoiceEngine", engine))
    assert engine.asked == [asked]


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        (SetMicrophone(True), ("set_microphone", True)),
        (SetSpeaker(False), ("set_speaker", False)),
        (ChooseDevices("Headset", "default"), ("choose_devices", "Headset", "default")),
        (AskDevices(), ("list_devices",)),
        (TestEcho(), ("test_echo",)),
    ],
)
def test_a_command_is_obeyed(command: VoiceCommand, asked: tuple[Any, ...]) -> None:
    engine = Engine()
    obey(command, cast("VoiceEngine", engine))
    assert engine.asked == [asked]
