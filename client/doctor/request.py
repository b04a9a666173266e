"""`secure-chat doctor`: its flags, parsed and checked."""

from __future__ import annotations

import argparse
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final, TextIO

from client.flags import Flags
from client.given import check_one_stdin, default_folder, read_phrase, read_server, warning_of
from common.discreet import Discreet

_DESCRIPTION: Final = """\
Checks this computer and a broker, a line each, and says what to do where something is wrong. It enters the broker
under keys that are thrown away, in a room of its own.
"""
_EPILOG: Final = """\
Exit codes: 0 where nothing failed, though there may be warnings, as for a computer without a sound card, where writing
works; 1 where something failed that keeps you from writing or talking; 2 for wrong flags.
"""


class DoctorRequest(Discreet, frozen=True):
    """`secure-chat doctor`. `server` is empty where only this computer is to be looked at."""

    server: str
    phrase: str
    state_folder: Path
    microphone: str
    speaker: str
    lasting_key: bool
    json: bool
    warning: str = ""  # what the user should know about the flags, empty: nothing


def parser() -> argparse.ArgumentParser:
    """The command line of `secure-chat doctor`."""
    flags = Flags(
        prog="secure-chat doctor",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    where = flags.add_mutually_exclusive_group()
    where.add_argument("--server", metavar="HOST:PORT", help="the broker to look at")
    where.add_argument("--invite", metavar="LINK|-", help="a secure-chat:// link; - reads it from standard input")
    flags.add_argument("--key-file", metavar="FILE|-", help="file with the encryption key, to see the room's words")
    flags.add_argument("--state-dir", metavar="DIR", type=Path, help="the state folder")
    flags.add_argument("--mic", metavar="DEVICE", default="default", help="as when connecting; none: not looked at")
    flags.add_argument("--speaker", metavar="DEVICE", default="default", help="as when connecting; none: not looked at")
    flags.add_argument("--lasting-key", action="store_true", help="enter the broker under this computer's lasting key")
    flags.add_argument("--json", action="store_true", help="one JSON object a line")
    return flags


def read_doctor_request(arguments: list[str], environment: MutableMapping[str, str], stdin: TextIO) -> DoctorRequest:
    """Read the arguments behind `doctor`. Raises `BadSetting`; wrong flags end the program (argparse, code 2)."""
    flags = parser().parse_args(arguments)
    check_one_stdin(flags)
    return DoctorRequest(
        read_server(flags.server, flags.invite, stdin),
        read_phrase(flags.key_file, environment, stdin),
        flags.state_dir or default_folder(),
        flags.mic,
        flags.speaker,
        flags.lasting_key,
        flags.json,
        warning_of(flags),
    )
