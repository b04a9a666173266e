"""The flags of the client, parsed and checked, and where the key comes from.

The phrase is never an argument: it would show in the process list. It comes from a file, from standard input,
from the environment (and is taken out of it), from an invite, or is typed.
"""

from __future__ import annotations

import argparse
import getpass
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

import platformdirs

from common import limits
from common.errors import BadSetting, LocalError
from common.invite import parse_invite

KEY_VARIABLE: Final = "SECURE_CHAT_KEY"
VERSION: Final = "0.1.0"
_DESCRIPTION: Final = "Sealed group chat with live voice. Without --text or --json it opens the window."
_EPILOG: Final = f"""\
The encryption key is read from --key-file, from the environment variable {KEY_VARIABLE} or from the invite link;
the window and --text ask for it otherwise. It is never an argument, since all users of a computer can read those.
"""


@dataclass(frozen=True, slots=True)
class Config:
    """What the command line asked for. `phrase` is empty where none was given."""

    mode: str  # "window", "text" or "json"
    server: str
    name: str
    phrase: str = field(repr=False)
    state_folder: Path
    state_folder_given: bool
    microphone: str
    speaker: str
    microphone_on: bool
    speaker_on: bool
    connect: bool
    forget_broker: str | None


def parser() -> argparse.ArgumentParser:
    """The command line of `secure-chat`."""
    flags = argparse.ArgumentParser(
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
    where = flags.add_mutually_exclusive_group()
    where.add_argument("--server", metavar="HOST:PORT", help="the broker's address (port 9090 if left out)")
    where.add_argument("--invite", metavar="LINK|-", help="a secure-chat:// link; - reads it from standard input")
    flags.add_argument("--name", help="the name that the others will see (default: your login name)")
    flags.add_argument("--key-file", metavar="FILE|-", help="file with the encryption key; - is standard input")
    flags.add_argument("--state-dir", metavar="DIR", type=Path, help="folder for the device key, pins and unsent lines")
    device = "none, default, part of a device's name, or a WAV file"
    flags.add_argument("--mic", metavar="DEVICE", default="default", help=f"{device} that is spoken once")
    flags.add_argument("--speaker", metavar="DEVICE", default="default", help=f"{device} that is recorded to")
    flags.add_argument("--mic-on", action="store_true", help="microphone on as soon as the room is joined")
    flags.add_argument("--speaker-on", action="store_true", help="speaker on as soon as the room is joined")
    flags.add_argument("--connect", action="store_true", help="window: connect at once")
    flags.add_argument(
        "--forget-broker", metavar="HOST:PORT", help="forget the key of a broker that was set up anew, and end"
    )
    return flags


def read_config(arguments: list[str], environment: MutableMapping[str, str], stdin: TextIO) -> Config:
    """Read flags, environment and key. Raises `BadSetting`; wrong flags end the program (argparse, code 2)."""
    flags = parser().parse_args(arguments)
    if flags.key_file == "-" and flags.invite == "-":
        raise BadSetting("--key-file - and --invite - cannot both be read from standard input.")
    server = flags.server or ""
    if flags.invite is not None:
        server = _first_line(stdin) if flags.invite == "-" else flags.invite
        _check_invite(server)
    mode = "json" if flags.json else "text" if flags.text else "window"
    if mode != "window" and not server and flags.forget_broker is None:
        raise BadSetting("Which broker? Say --server HOST:PORT or --invite LINK.")
    return Config(
        mode,
        server,
        flags.name if flags.name is not None else _login_name(),
        _phrase(flags.key_file, environment, stdin),
        flags.state_dir or Path(platformdirs.user_state_dir("secure-chat", appauthor=False)),
        flags.state_dir is not None,
        flags.mic,
        flags.speaker,
        flags.mic_on,
        flags.speaker_on,
        flags.connect,
        flags.forget_broker,
    )


def _check_invite(link: str) -> None:
    try:
        parse_invite(link)
    except LocalError as error:
        raise BadSetting(f"--invite: {error}") from error


def _phrase(key_file: str | None, environment: MutableMapping[str, str], stdin: TextIO) -> str:
    from_environment = environment.pop(KEY_VARIABLE, "")  # out of it: processes started from here need no key
    if key_file is None:
        return from_environment
    if key_file == "-":
        return _first_line(stdin)
    try:
        with Path(key_file).open("rb") as file:
            content = file.read(limits.PHRASE_BYTES + 3).decode("utf-8-sig")
    except OSError as error:
        raise BadSetting(f"--key-file: {key_file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadSetting(f"--key-file: {key_file} is not text in UTF-8.") from error
    if not content.strip():
        raise BadSetting(f"--key-file: {key_file} is empty.")
    return content.strip("\r\n")


def _first_line(stdin: TextIO) -> str:
    line = stdin.readline(8_192).strip("\r\n")
    if not line:
        raise BadSetting("Nothing came on standard input: a line with the key or the invite was expected there.")
    return line


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a user database
        return "Guest"
