"""The flags of the client itself, parsed and checked."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Final, TextIO

import platformdirs
from msgspec import field

from client.commands import Lanes, Transmit, VoiceWish
from client.flags import Flags
from client.given import (
    KEY_VARIABLE,
    check_complete,
    check_one_stdin,
    checked,
    default_folder,
    read_phrase,
    read_server,
    warning_of,
)
from client.names import check_name, clean_name
from client.visited import VISITED_FILE
from common.discreet import Discreet
from common.errors import BadSetting
from common.invite import is_invite

SETTINGS_FILE: Final = "settings.toml"
NO_LOG_VARIABLE: Final = "SECURE_CHAT_NO_LOG"
VERSION: Final = "0.1.0"
_PROCESSING: Final = ("echo", "noise", "high-pass", "gain")
_DESCRIPTION: Final = "Sealed group chat with live voice. Without --text or --json it opens the window."
_EPILOG: Final = f"""\
secure-chat doctor looks for what keeps you from writing and talking; see secure-chat doctor --help.
secure-chat install-desktop puts it into your desktop's menu; see secure-chat install-desktop --help.
secure-chat ctl talk|mic|speaker|status reaches a client that runs, for global keys; see secure-chat ctl --help.
secure-chat log export|search|delete works on the lines that are kept on this computer; see secure-chat log --help.

The encryption key is read from --key-file, from the environment variable {KEY_VARIABLE} or from the invite link;
the window, and --text in a terminal, ask for it otherwise. There is no flag for it, since all users of a computer can
read arguments; so give an invite with a key in it to --invite - instead, or paste it into the window.
"""


class Config(Discreet, frozen=True):
    """What the command line asked for. `phrase` is empty where none was given."""

    mode: str  # "window", "text" or "json"
    server: str
    name: str
    phrase: str
    state_folder: Path
    state_folder_given: bool
    microphone_on: bool
    speaker_on: bool
    connect: bool
    forget_broker: str | None
    given: Mapping[str, object] = field(default_factory=dict)  # fields of `client.settings.Settings`
    lasting_key: bool = False
    show_key: bool = False
    name_given: bool = True  # by a flag
    plain: bool = False  # --text: no colours, no moving cursor
    remember_key: bool = False  # --text: in the system's keyring, once the room is joined
    warning: str = ""  # what the user should know about the flags, empty: nothing

    @property
    def visited_file(self) -> Path | None:
        """Where the servers are kept that this user has been at."""
        return None if self.mode == "json" else self.state_folder / VISITED_FILE

    @property
    def pictures_folder(self) -> Path:
        """Where the window keeps its pictures for the next start. They can be drawn again at any time."""
        return self.state_folder / "pictures" if self.state_folder_given else _cache_folder()

    @property
    def settings_file(self) -> Path | None:
        """Where this user's settings are kept. Programs have none: they say what they want."""
        if self.mode == "json":
            return None
        return (self.state_folder if self.state_folder_given else _settings_folder()) / SETTINGS_FILE


def parser() -> argparse.ArgumentParser:
    """The command line of `secure-chat`."""
    flags = Flags(
        prog="secure-chat",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    flags.add_argument("--version", action="version", version=f"secure-chat {VERSION}")
    face = flags.add_mutually_exclusive_group()
    face.add_argument("--text", action="store_true", help="in the terminal, for people")
    face.add_argument("--json", action="store_true", help="one JSON object a line on both streams, for programs")
    flags.add_argument(
        "--plain", action="store_true", help="with --text: only ever add lines, without colours, as for a screen reader"
    )
    where = flags.add_mutually_exclusive_group()
    where.add_argument("link", metavar="LINK", nargs="?", help="a secure-chat:// link, as desktops hand it over")
    where.add_argument("--server", metavar="HOST:PORT", help="the broker's address (port 9090 if left out)")
    where.add_argument("--invite", metavar="LINK|-", help="a secure-chat:// link; - reads it from standard input")
    flags.add_argument("--name", help="the name that the others will see (default: your login name)")
    flags.add_argument("--key-file", metavar="FILE|-", help="file with the encryption key; - is standard input")
    flags.add_argument(
        "--remember-key",
        action="store_true",
        help="with --text in a terminal: keep the key in the system's keyring, once the room is joined",
    )
    flags.add_argument(
        "--state-dir",
        metavar="DIR",
        type=Path,
        help="folder for the device key, pins, unsent lines, the log, and then also the settings",
    )
    flags.add_argument(
        "--no-log", action="store_true", help=f"neither keep nor show lines on this computer (or {NO_LOG_VARIABLE}=1)"
    )
    _add_voice(flags)
    flags.add_argument("--mic-on", action="store_true", help="microphone on as soon as the room is joined")
    flags.add_argument("--speaker-on", action="store_true", help="speaker on as soon as the room is joined")
    flags.add_argument("--no-receipts", action="store_true", help="do not tell others which lines you have seen")
    flags.add_argument("--no-typing", action="store_true", help="do not tell others that you are writing")
    flags.add_argument("--connect", action="store_true", help="window: connect at once")
    flags.add_argument(
        "--lasting-key",
        action="store_true",
        help="connect under one key of this computer: for brokers that let in only keys they know",
    )
    flags.add_argument(
        "--show-key", action="store_true", help="print that key, to give it to the broker's host, and end"
    )
    flags.add_argument(
        "--forget-broker", metavar="HOST:PORT", help="forget the key of a broker that was set up anew, and end"
    )
    return flags


def _add_voice(flags: argparse.ArgumentParser) -> None:
    """Devices, and what becomes of voice."""
    device = "none, default, part of a device's name, or a WAV file"
    flags.add_argument("--mic", metavar="DEVICE", help=f"{device} that is spoken once")
    flags.add_argument("--speaker", metavar="DEVICE", help=f"{device} that is recorded to")
    flags.add_argument(
        "--transmit",
        choices=[mode.value for mode in Transmit],
        help="send the microphone while you speak, while a key is held, or always (default: voice; a file: always)",
    )
    flags.add_argument(
        "--processing",
        metavar="LIST",
        help="what to do to the microphone's sound: echo,noise,high-pass,gain or none (default: all; a file: none)",
    )
    flags.add_argument(
        "--voice",
        choices=[mode.value for mode in VoiceWish],
        help="little delay, slim: a quarter of the data, 30 ms later, or slim only on a narrow network (default: auto)",
    )
    flags.add_argument(
        "--lanes",
        choices=[lanes.value for lanes in Lanes],
        help="ways through the network for voice, or more than one only while packets are lost (default: auto)",
    )


def read_config(arguments: list[str], environment: MutableMapping[str, str], stdin: TextIO) -> Config:
    """Read flags, environment and key. Raises `BadSetting`; wrong flags end the program (argparse, code 2)."""
    flags = parser().parse_args(arguments)
    check_one_stdin(flags)
    mode = "json" if flags.json else "text" if flags.text else "window"
    phrase = read_phrase(flags.key_file, environment, stdin)
    if flags.link is not None and not is_invite(flags.link):
        raise BadSetting("The first word is neither a command nor a secure-chat:// link; --help lists all there is.")
    server = read_server(flags.server, flags.link if flags.invite is None else flags.invite, stdin)
    if flags.remember_key and not (mode == "text" and stdin.isatty()):
        raise BadSetting("--remember-key is for people at a terminal, with --text; the window has a box for it.")
    if mode != "window" and flags.forget_broker is None and not flags.show_key:
        check_complete(server, phrase, can_ask=mode == "text" and stdin.isatty())
    name = clean_name(_login_name()) if flags.name is None else checked("--name", check_name, flags.name)
    return Config(
        mode,
        server,
        name,
        phrase,
        flags.state_dir or default_folder(),
        flags.state_dir is not None,
        flags.mic_on,
        flags.speaker_on,
        flags.connect,
        flags.forget_broker,
        given=_given(flags, environment),
        lasting_key=flags.lasting_key,
        show_key=flags.show_key,
        name_given=flags.name is not None,
        plain=flags.plain,
        remember_key=flags.remember_key,
        warning=warning_of(flags),
    )


def _given(flags: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, object]:
    """The settings that the command line and the environment set."""
    given: dict[str, object] = {"microphone": flags.mic, "speaker": flags.speaker, "transmit": flags.transmit}
    given["voice_mode"] = flags.voice
    given["lanes"] = flags.lanes
    if flags.processing is not None:
        given |= _processing(flags.processing)
    elif _is_file(flags.mic):
        given |= _processing("none")
    if flags.transmit is None and _is_file(flags.mic):
        given["transmit"] = Transmit.ALWAYS.value
    if flags.no_receipts:
        given["receipts"] = False
    if flags.no_typing:
        given["typing"] = False
    if flags.no_log or environment.get(NO_LOG_VARIABLE) == "1":
        given["keep_log"] = False
    return {name: value for name, value in given.items() if value is not None}


def _is_file(microphone: str | None) -> bool:
    """A file is sent as it is, where nothing else is said."""
    return microphone is not None and microphone.lower().endswith(".wav")


def _processing(wanted: str) -> dict[str, object]:
    parts = {part.strip() for part in wanted.split(",")} - {"none"}
    unknown = parts - set(_PROCESSING)
    if unknown:
        raise BadSetting(f"--processing: “{min(unknown)}” is none of {', '.join(_PROCESSING)} and none.")
    return {part.replace("-", "_"): part in parts for part in _PROCESSING}


def _cache_folder() -> Path:
    return Path(platformdirs.user_cache_dir("secure-chat", appauthor=False))


def _settings_folder() -> Path:
    return Path(platformdirs.user_config_dir("secure-chat", appauthor=False))


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a user database; Windows without its variables
        return "Guest"
