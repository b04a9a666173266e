"""What the user has chosen, kept in a TOML file that people may edit too.

The command line wins over the file, and what it gave is never written there. A file that cannot be used is set
aside under another name and never stops the program; fields that this version does not know stay as they are.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from client.aside import reason, set_aside
from client.commands import (
    ChooseDevices,
    Command,
    Lanes,
    SetKeepLog,
    SetLanes,
    SetProcessing,
    SetReceipts,
    SetTransmit,
    SetTyping,
    SetVoiceMode,
    Transmit,
    VoiceWish,
)
from common.errors import LocalError

LARGEST_SCALE: Final = 300
_Device = Annotated[str, msgspec.Meta(max_length=4_096)]  # a file's path may be that long
_Key = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class SettingsNotKept(LocalError):
    """The settings file cannot be written: what was chosen holds until the program ends."""


class Settings(msgspec.Struct, frozen=True):
    """All choices, each with what holds for those who never chose."""

    microphone: _Device = "default"  # as for the flag --mic: none, default, part of a name, a WAV file
    speaker: _Device = "default"
    echo: bool = True  # take the speaker's sound out of the microphone's
    noise: bool = True
    high_pass: bool = True
    gain: bool = True
    transmit: Literal["voice", "push", "always"] = "voice"
    voice_mode: Literal["auto", "low-delay", "slim"] = "auto"
    lanes: Literal["auto", "1", "2", "3", "4"] = "auto"
    push_to_talk_key: _Key = "F8"  # Tk's word for the key
    theme: Literal["system", "light", "dark", "contrast"] = "system"
    scale: int = 0  # percent, 0: the system's
    notifications: Literal["hidden", "full", "off"] = "hidden"
    receipts: bool = True
    typing: bool = True  # tell others that I am writing
    keep_log: bool = True
    remember_servers: bool = True

    def __post_init__(self) -> None:
        if self.scale and not 100 <= self.scale <= LARGEST_SCALE:
            raise ValueError(f"Expected 0 or 100 to {LARGEST_SCALE}")


def orders(before: Settings, now: Settings) -> list[Command]:
    """What the session has to be told of a change from one to the other; the rest concerns the window alone."""
    return [order(now) for fields, order in _ORDERS.items() if any(_differ(before, now, field) for field in fields)]


def _differ(before: Settings, now: Settings, field: str) -> bool:
    return bool(getattr(before, field) != getattr(now, field))


def _processing(settings: Settings) -> SetProcessing:
    return SetProcessing(settings.echo, settings.noise, settings.high_pass, settings.gain)


_ORDERS: Final[Mapping[tuple[str, ...], Callable[[Settings], Command]]] = {
    ("microphone", "speaker"): lambda now: ChooseDevices(now.microphone, now.speaker),
    ("transmit",): lambda now: SetTransmit(Transmit(now.transmit)),
    ("voice_mode",): lambda now: SetVoiceMode(VoiceWish(now.voice_mode)),
    ("lanes",): lambda now: SetLanes(Lanes(now.lanes)),
    ("echo", "noise", "high_pass", "gain"): _processing,
    ("receipts",): lambda now: SetReceipts(now.receipts),
    ("typing",): lambda now: SetTyping(now.typing),
    ("keep_log",): lambda now: SetKeepLog(now.keep_log),
}


class Choices:
    """The settings that hold now, and the file they are kept in. One thread at a time."""

    def __init__(self, path: Path | None, given: Mapping[str, object] | None = None) -> None:
        """Read `path` (None: there is no file). `given` is what the command line sets; it wins over the file.

        What is wrong with the file is told by `take_notes`.
        """
        self._path = path
        self._notes: list[str] = []
        self._file = self._read()
        self.now: Settings = _checked({**self._file, **(given or {})})
        self._notes += _unknown(self._file)

    def change(self, field: str, value: object) -> Settings:
        """Choose something: it holds from now on, and is written before this returns.

        Raises `msgspec.ValidationError` for a value that the field does not take (then nothing has changed), and
        `SettingsNotKept` where it holds but could not be written.
        """
        self.now = _checked({**msgspec.structs.asdict(self.now), field: value})
        if self._path is not None:
            self._file = {**self._read(), field: value}  # another window may have written since
            self._write(self._path)
        return self.now

    def take_notes(self) -> list[str]:
        """Sentences for the user about the file, each given once."""
        notes, self._notes = self._notes, []
        return notes

    def _read(self) -> dict[str, Any]:
        """What is in the file; nothing where there is none or it had to be set aside."""
        if self._path is None:
            return {}
        try:
            text = self._path.read_text(encoding="utf-8")
            import tomllib  # noqa: PLC0415 - the window waits for this, and many have no such file

            content = tomllib.loads(text)
            _checked(content)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError, msgspec.ValidationError) as error:
            self._notes.append(set_aside(self._path, "The settings file", error, "defaults hold now"))
            return {}
        return content

    def _write(self, path: Path) -> None:
        """All or nothing: after a crash the file is the old one or the new one."""
        import tomli_w  # noqa: PLC0415 - the window starts without it

        temporary: Path | None = None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # 0600
            temporary = Path(name)
            with os.fdopen(handle, "wb") as file:
                tomli_w.dump(self._file, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
            raise SettingsNotKept(f"The settings cannot be written to {path}: {reason(error)}.") from error


def _checked(content: Mapping[str, Any]) -> Settings:
    return msgspec.convert(content, Settings)


def _unknown(content: Mapping[str, Any]) -> list[str]:
    known = Settings.__struct_fields__
    return [
        f"The settings file: this version knows no setting “{name}”; it is left as it is."
        for name in content
        if name not in known
    ]
