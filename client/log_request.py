"""`secure-chat log …`: its flags, parsed and checked."""

from __future__ import annotations

import argparse
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final, TextIO

from client.flags import Flags
from client.given import check_complete, check_one_stdin, default_folder, read_phrase, read_server, warning_of
from common.discreet import Discreet

_DESCRIPTION: Final = "What was read is kept on this computer, sealed under the room's key. No broker is needed."


class LogRequest(Discreet, frozen=True):
    """`secure-chat log …`. `words` are those of a search, `file` is where an export goes (`-`: standard output)."""

    what: str  # "export", "search" or "delete"
    server: str
    phrase: str
    state_folder: Path
    file: str
    words: str
    all_rooms: bool
    warning: str = ""  # what the user should know about the flags, empty: nothing


def parser() -> argparse.ArgumentParser:
    """The command line of `secure-chat log`."""
    flags = Flags(prog="secure-chat log", description=_DESCRIPTION, allow_abbrev=False)
    commands = flags.add_subparsers(dest="what", metavar="COMMAND", required=True)
    export = commands.add_parser("export", help="write all kept lines of a room as text")
    export.add_argument("file", metavar="FILE|-", nargs="?", default="-", help="a new file, or - for standard output")
    search = commands.add_parser("search", help="print the kept lines of a room in which all words occur")
    search.add_argument("words", metavar="WORD", nargs="+")
    delete = commands.add_parser("delete", help="delete the kept lines of a room, or with --all of all rooms")
    delete.add_argument("--all", action="store_true", help="of all rooms; needs neither server nor key")
    for command in (export, search, delete):
        where = command.add_mutually_exclusive_group()
        where.add_argument("--server", metavar="HOST:PORT", help="the broker's address, as when connecting")
        where.add_argument("--invite", metavar="LINK|-", help="a secure-chat:// link; - reads it from standard input")
        command.add_argument("--key-file", metavar="FILE|-", help="file with the encryption key; - is standard input")
        command.add_argument("--state-dir", metavar="DIR", type=Path, help="the state folder")
    return flags


def read_log_request(arguments: list[str], environment: MutableMapping[str, str], stdin: TextIO) -> LogRequest:
    """Read the arguments behind `log`. Raises `BadSetting`; wrong flags end the program (argparse, code 2)."""
    flags = parser().parse_args(arguments)
    check_one_stdin(flags)
    phrase = read_phrase(flags.key_file, environment, stdin)
    server = read_server(flags.server, flags.invite, stdin)
    all_rooms = flags.what == "delete" and flags.all
    if not all_rooms:
        check_complete(server, phrase, can_ask=False)
    return LogRequest(
        flags.what,
        server,
        phrase,
        flags.state_dir or default_folder(),
        getattr(flags, "file", "-"),
        " ".join(getattr(flags, "words", ())),
        all_rooms,
        warning_of(flags),
    )
