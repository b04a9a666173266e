"""What a program may ask for in a line of JSON, checked. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias, TypeVar

from client import commands
from client.faces import BadLine
from client.tuning import LOUDEST, QUIETEST

Asked: TypeAlias = Mapping[str, Any]  # one object: its "do", and what belongs to it
_E = TypeVar("_E", bound=StrEnum)
_EXAMPLE: Final = '{"do": "say", "text": "hello"}'


def read(line: str) -> Asked:
    """The object of a line. Raises `BadLine`."""
    try:
        asked = json.loads(line, object_pairs_hook=_without_doubles)
    except RecursionError as error:
        raise BadLine("not JSON that can be read: it is nested too deeply") from error
    except ValueError as error:
        raise BadLine(f"not JSON: {error}") from error
    if not isinstance(asked, dict) or "do" not in asked:
        raise BadLine(f"not a command: a line looks like {_EXAMPLE}")
    return asked


def command(asked: Asked) -> commands.Command:
    """The command that it asks for. Raises `BadLine`."""
    do = asked["do"]
    make = _COMMANDS.get(do) if isinstance(do, str) else None
    if make is None:
        raise BadLine(f"cannot do {json.dumps(do)[:40]}: members, {', '.join(_COMMANDS)}")
    return make(asked)


def _text(field: str, make: Callable[[str], commands.Command]) -> Callable[[Asked], commands.Command]:
    def made(asked: Asked) -> commands.Command:
        text = asked.get(field)
        if not isinstance(text, str) or not text:
            raise BadLine(f'{asked["do"]} needs "{field}", a string that is not empty')
        return make(text)

    return made


def _switch(make: Callable[[bool], commands.Command]) -> Callable[[Asked], commands.Command]:
    def made(asked: Asked) -> commands.Command:
        on = asked.get("on")
        if not isinstance(on, bool):
            raise BadLine(f"{asked['do']} needs on: true or false")
        return make(on)

    return made


def _mode(modes: type[_E], make: Callable[[_E], commands.Command]) -> Callable[[Asked], commands.Command]:
    def made(asked: Asked) -> commands.Command:
        try:
            return make(modes(str(asked.get("mode"))))
        except ValueError as error:
            raise BadLine(f'{asked["do"]} needs "mode": {", ".join(modes)}') from error

    return made


def _member(asked: Asked) -> str:
    member = asked.get("member")
    if not isinstance(member, str) or not member:
        raise BadLine(f'{asked["do"]} needs "member", the fingerprint of a device')
    return member


def _volume(asked: Asked) -> commands.Command:
    decibels = asked.get("decibels")
    if isinstance(decibels, bool) or not isinstance(decibels, int | float) or not QUIETEST <= decibels <= LOUDEST:
        raise BadLine(f"volume needs decibels: a number from {QUIETEST:.0f} to {LOUDEST:.0f}")
    return commands.SetVolume(_member(asked), float(decibels))


def _mute(asked: Asked) -> commands.Command:
    member = _member(asked)
    return _switch(lambda on: commands.SetMuted(member, on))(asked)


def _choose(asked: Asked) -> commands.Command:
    chosen = [asked.get(side, "default") for side in ("microphone", "speaker")]
    if not all(isinstance(name, str) for name in chosen):
        raise BadLine("choose needs microphone, speaker: names")
    return commands.ChooseDevices(*chosen)


def _processing(asked: Asked) -> commands.Command:
    wanted = {name: asked.get(name, True) for name in ("echo", "noise", "high_pass", "gain")}
    if not all(isinstance(on, bool) for on in wanted.values()):
        raise BadLine("processing needs echo, noise, high_pass, gain: each true or false")
    return commands.SetProcessing(**wanted)


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadLine("one field stands there twice")
    return fields


_COMMANDS: Final[Mapping[str, Callable[[Asked], commands.Command]]] = {
    "say": _text("text", commands.SendText),
    "writing": lambda _: commands.TellWriting(),
    "search": _text("words", commands.SearchLog),
    "export": _text("path", commands.ExportLog),
    "mic": _switch(commands.SetMicrophone),
    "speaker": _switch(commands.SetSpeaker),
    "hold": _switch(commands.HoldToTalk),
    "transmit": _mode(commands.Transmit, commands.SetTransmit),
    "voice": _mode(commands.VoiceWish, commands.SetVoiceMode),
    "lanes": _mode(commands.Lanes, commands.SetLanes),
    "processing": _processing,
    "volume": _volume,
    "mute": _mute,
    "choose": _choose,
    "devices": lambda _: commands.AskDevices(),
    "echo_test": lambda _: commands.TestEcho(),
    "stats": lambda _: commands.AskStats(),
    "quit": lambda _: commands.Quit(),
}
