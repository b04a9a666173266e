"""The flags of the client, parsed and checked, and where the key comes from.

The phrase is never an argument: it would show in the process list. It comes from a file, from standard input,
from the environment (and is taken out of it), from an invite, or is typed.
"""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Final, TextIO, TypeVar

import platformdirs
from msgspec import field

from client.commands import Lanes, Transmit, VoiceWish
from client.flags import Flags
from client.names import check_name, clean_name
from client.visited import VISITED_FILE
from common.address import parse_address
from common.crypto.phrase import normalise
from common.discreet import Discreet
from common.errors import BadSetting, LocalError
from common.invite import is_invite, parse_invite

KEY_VARIABLE: Final = "SECURE_CHAT_KEY"
SETTINGS_FILE: Final = "settings.toml"
NO_LOG_VARIABLE: Final = "SECURE_CHAT_NO_LOG"
VERSION: Final = "0.1.0"
WHICH_BROKER: Final = "Which broker? Say --server HOST:PORT or --invite LINK."
_LINE_CHARACTERS: Final = 8_192  # of a line with a key or an invite: far more than either may have
_PROCESSING: Final = ("echo", "noise", "high-pass", "gain")
_T = TypeVar("_T")
_DESCRIPTION: Final = "Sealed group chat with live voice. Without --text or --json it opens the window."
_LOG_DESCRIPTION: Final = "What was read is kept on this computer, sealed under the room's key. No broker is needed."
_DOCTOR_DESCRIPTION: Final = """\
Checks this computer and a broker, a line each, and says what to do where something is wrong. It enters the broker
under keys that are thrown away, in a room of its own.
"""
_DOCTOR_EPILOG: Final = """\
Exit codes: 0 where nothing failed, though there may be warnings, as for a computer without a sound card, where writing
works; 1 where something failed that keeps you from writing or talking; 2 for wrong flags.
"""
_EPILOG: Final = f"""\
secure-chat doctor looks for what keeps you from writing and talking; see secure-chat doctor --help.
secure-chat install-desktop puts it into your desktop's menu; see secure-chat install-desktop --help.
secure-chat ctl talk|mic|speaker|status reaches a client that runs, for global keys; see secure-chat ctl --help.
secure-chat log export|search|delete works on the lines that are kept on this computer; see secure-chat log --help.

The encryption key is read from --key-file, from the environment variable {KEY_VARIABLE} or from the invite link;
the window, and --text in a terminal, ask for it otherwise. There is no flag for it, since all users of a computer can
read arguments; so give an invite with a key in it to --invite - instead, or paste it into the window.
"""


_READABLE: Final = (
    "The key of this room is in the arguments, where every user of this computer can read it:"
    " use --invite - and give the link on standard input, or paste it into the window."
)


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
        help="little delay, slim: a third of the data, 30 ms later, or slim only on a narrow network (default: auto)",
    )
    flags.add_argument(
        "--lanes",
        choices=[lanes.value for lanes in Lanes],
        help="ways through the network for voice: one, two, or the second only while packets are lost (default: auto)",
    )


def read_config(arguments: list[str], environment: MutableMapping[str, str], stdin: TextIO) -> Config:
    """Read flags, environment and key. Raises `BadSetting`; wrong flags end the program (argparse, code 2)."""
    flags = parser().parse_args(arguments)
    _check_one_stdin(flags)
    mode = "json" if flags.json else "text" if flags.text else "window"
    phrase = _phrase(flags.key_file, environment, stdin)
    if flags.link is not None and not is_invite(flags.link):
        raise BadSetting("The first word is neither a command nor a secure-chat:// link; --help lists all there is.")
    server = _server(flags.server, flags.link if flags.invite is None else flags.invite, stdin)
    if flags.remember_key and not (mode == "text" and stdin.isatty()):
        raise BadSetting("--remember-key is for people at a terminal, with --text; the window has a box for it.")
    if mode != "window" and flags.forget_broker is None and not flags.show_key:
        _check_complete(server, phrase, can_ask=mode == "text" and stdin.isatty())
    name = clean_name(_login_name()) if flags.name is None else _checked("--name", check_name, flags.name)
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
        warning=_warning(flags),
    )


def _given(flags: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, object]:
    """The settings that the command line and the environment set."""
    given: dict[str, object] = {"microphone": flags.mic, "speaker": flags.speaker, "transmit": flags.transmit}
    given["voice_mode"] = flags.voice
    given["lanes"] = flags.lanes
    if flags.processing is not None:
        given |= _processing(flags.processing)
    elif _is_no_card(flags.mic):
        given |= _processing("none")
    if flags.transmit is None and _is_no_card(flags.mic):
        given["transmit"] = Transmit.ALWAYS.value
    if flags.no_receipts:
        given["receipts"] = False
    if flags.no_typing:
        given["typing"] = False
    if flags.no_log or environment.get(NO_LOG_VARIABLE) == "1":
        given["keep_log"] = False
    return {name: value for name, value in given.items() if value is not None}


def _is_no_card(microphone: str | None) -> bool:
    """Silence and files are sent as they are, where nothing else is said."""
    return microphone is not None and (microphone == "none" or microphone.lower().endswith(".wav"))


def _processing(wanted: str) -> dict[str, object]:
    parts = {part.strip() for part in wanted.split(",")} - {"none"}
    unknown = parts - set(_PROCESSING)
    if unknown:
        raise BadSetting(f"--processing: “{min(unknown)}” is none of {', '.join(_PROCESSING)} and none.")
    return {part.replace("-", "_"): part in parts for part in _PROCESSING}


def _warning(flags: argparse.Namespace) -> str:
    given = (flags.invite, flags.server, getattr(flags, "link", None))
    return _READABLE if any(map(_holds_a_key, given)) else ""


def _holds_a_key(argument: str | None) -> bool:
    return argument is not None and is_invite(argument) and parse_invite(argument).phrase is not None


def log_parser() -> argparse.ArgumentParser:
    """The command line of `secure-chat log`."""
    flags = Flags(prog="secure-chat log", description=_LOG_DESCRIPTION, allow_abbrev=False)
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
    flags = log_parser().parse_args(arguments)
    _check_one_stdin(flags)
    phrase = _phrase(flags.key_file, environment, stdin)
    server = _server(flags.server, flags.invite, stdin)
    all_rooms = flags.what == "delete" and flags.all
    if not all_rooms:
        _check_complete(server, phrase, can_ask=False)
    return LogRequest(
        flags.what,
        server,
        phrase,
        flags.state_dir or default_folder(),
        getattr(flags, "file", "-"),
        " ".join(getattr(flags, "words", ())),
        all_rooms,
        _warning(flags),
    )


def doctor_parser() -> argparse.ArgumentParser:
    """The command line of `secure-chat doctor`."""
    flags = Flags(
        prog="secure-chat doctor",
        description=_DOCTOR_DESCRIPTION,
        epilog=_DOCTOR_EPILOG,
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
    flags = doctor_parser().parse_args(arguments)
    _check_one_stdin(flags)
    return DoctorRequest(
        _server(flags.server, flags.invite, stdin),
        _phrase(flags.key_file, environment, stdin),
        flags.state_dir or default_folder(),
        flags.mic,
        flags.speaker,
        flags.lasting_key,
        flags.json,
        _warning(flags),
    )


def _check_one_stdin(flags: argparse.Namespace) -> None:
    if flags.key_file == "-" and flags.invite == "-":
        raise BadSetting("--key-file - and --invite - cannot both be read from standard input.")


def default_folder() -> Path:
    """The state folder where none was named."""
    return Path(platformdirs.user_state_dir("secure-chat", appauthor=False))


def _cache_folder() -> Path:
    return Path(platformdirs.user_cache_dir("secure-chat", appauthor=False))


def _settings_folder() -> Path:
    return Path(platformdirs.user_config_dir("secure-chat", appauthor=False))


def _server(server: str | None, invite: str | None, stdin: TextIO) -> str:
    """What belongs into the server field, checked; empty where nothing was said."""
    if invite == "-":
        invite = _first_line(stdin, "--invite -")
    if invite is not None:
        _checked("--invite", parse_invite, invite)
    elif server:
        _checked("--server", parse_invite if is_invite(server) else parse_address, server)
    return invite or server or ""


def _check_complete(server: str, phrase: str, *, can_ask: bool) -> None:
    """Without a window nothing can be filled in later, but for what a person at the terminal is asked."""
    if not server:
        if can_ask:
            return
        raise BadSetting(WHICH_BROKER)
    has_phrase = bool(phrase) or (is_invite(server) and parse_invite(server).phrase is not None)
    if not has_phrase and not can_ask:
        raise BadSetting(f"The encryption key is missing: say --key-file FILE, or set {KEY_VARIABLE}.")


def _checked(flag: str, check: Callable[[str], _T], text: str) -> _T:
    try:
        return check(text)
    except LocalError as error:
        raise BadSetting(f"{flag}: {error}") from error


def _phrase(key_file: str | None, environment: MutableMapping[str, str], stdin: TextIO) -> str:
    from_environment = environment.pop(KEY_VARIABLE, "")  # out of it: processes started from here need no key
    if key_file is None:
        phrase, where = from_environment, KEY_VARIABLE
    else:
        where = f"--key-file {key_file}"
        phrase = _first_line(stdin, where) if key_file == "-" else _first_line_of(Path(key_file), where)
    if phrase:
        _checked(where, normalise, phrase)
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


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a user database; Windows without its variables
        return "Guest"
