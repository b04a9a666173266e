"""What several commands of the client are given alike: a server and a key, and where the key comes from.

The phrase is never an argument: it would show in the process list. It comes from a file, from standard input,
from the environment (and is taken out of it), from an invite, or is typed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Final, TextIO, TypeVar

import platformdirs

from common.address import parse_address
from common.crypto.phrase import normalise
from common.errors import BadSetting, LocalError
from common.invite import is_invite, parse_invite

KEY_VARIABLE: Final = "SECURE_CHAT_KEY"
WHICH_BROKER: Final = "Which broker? Say --server HOST:PORT or --invite LINK."
_LINE_CHARACTERS: Final = 8_192  # of a line with a key or an invite: far more than either may have
_READABLE: Final = (
    "The key of this room is in the arguments, where every user of this computer can read it:"
    " use --invite - and give the link on standard input, or paste it into the window."
)
_T = TypeVar("_T")


def default_folder() -> Path:
    """The state folder where none was named."""
    return Path(platformdirs.user_state_dir("secure-chat", appauthor=False))


def read_server(server: str | None, invite: str | None, stdin: TextIO) -> str:
    """What belongs into the server field, checked; empty where nothing was said."""
    if invite == "-":
        invite = _first_line(stdin, "--invite -")
    if invite is not None:
        checked("--invite", parse_invite, invite)
    elif server:
        checked("--server", parse_invite if is_invite(server) else parse_address, server)
    return invite or server or ""


def check_complete(server: str, phrase: str, *, can_ask: bool) -> None:
    """Without a window nothing can be filled in later, but for what a person at the terminal is asked."""
    if not server:
        if can_ask:
            return
        raise BadSetting(WHICH_BROKER)
    has_phrase = bool(phrase) or (is_invite(server) and parse_invite(server).phrase is not None)
    if not has_phrase and not can_ask:
        raise BadSetting(f"The encryption key is missing: say --key-file FILE, or set {KEY_VARIABLE}.")


def check_one_stdin(flags: argparse.Namespace) -> None:
    """Of two things only one can be read from there. Raises `BadSetting`."""
    if flags.key_file == "-" and flags.invite == "-":
        raise BadSetting("--key-file - and --invite - cannot both be read from standard input.")


def warning_of(flags: argparse.Namespace) -> str:
    """What the user should know about these flags; empty: nothing."""
    given = (flags.invite, flags.server, getattr(flags, "link", None))
    return _READABLE if any(map(_holds_a_key, given)) else ""


def _holds_a_key(argument: str | None) -> bool:
    return argument is not None and is_invite(argument) and parse_invite(argument).phrase is not None


def checked(flag: str, check: Callable[[str], _T], text: str) -> _T:
    """What `check` makes of the text of a flag, which its complaint names. Raises `BadSetting`."""
    try:
        return check(text)
    except LocalError as error:
        raise BadSetting(f"{flag}: {error}") from error


def read_phrase(key_file: str | None, environment: MutableMapping[str, str], stdin: TextIO) -> str:
    """The key, empty where none was given; out of the environment it goes in any case. Raises `BadSetting`."""
    from_environment = environment.pop(KEY_VARIABLE, "")  # out of it: processes started from here need no key
    if key_file is None:
        phrase, where = from_environment, KEY_VARIABLE
    else:
        where = f"--key-file {key_file}"
        phrase = _first_line(stdin, where) if key_file == "-" else _first_line_of(Path(key_file), where)
    if phrase:
        checked(where, normalise, phrase)
    return phrase


def _first_line_of(path: Path, where: str) -> str:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return _first_line(file, where)
    except OSError as error:
        raise BadSetting(f"{where}: it cannot be read: {error.strerror}.") from error


def _first_line(stream: TextIO, where: str) -> str:
    """The first line of a text stream that replaces what is not UTF-8."""
    line = stream.readline(_LINE_CHARACTERS)
    if len(line) == _LINE_CHARACTERS:
        raise BadSetting(f"{where}: the first line is too long.")
    if "\N{REPLACEMENT CHARACTER}" in line:
        raise BadSetting(f"{where}: the first line is not text in UTF-8.")
    line = line.removeprefix("\N{BYTE ORDER MARK}").strip("\r\n")
    if not line.strip():
        raise BadSetting(f"{where}: there is nothing in the first line.")
    return line
