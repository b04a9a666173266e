"""What whoever runs the broker may set: flags win over environment variables, those over defaults.

Everything is checked once, here, and frozen. A wrong value raises `BadSetting` with one sentence that names
the flag or the variable. This file opens nothing and makes no folder.
"""

from __future__ import annotations

import argparse
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, NoReturn

import platformdirs

from broker.engine.ledger import Keep
from broker.quota import Allowances
from common import limits
from common.address import BANNER_OFFSET, DEFAULT_PORT, VOICE_OFFSET, parse_address
from common.errors import BadAddress, BadSetting

APPLICATION: Final = "secure-chat-broker"
COMMANDS: Final = {
    "status": "Tells how a running broker is: people, posts, rates, what it dropped.",
    "backup": "Writes all that a broker keeps, its secret key too, into a new file; while it runs or not.",
    "restore": "Puts a backup into the data folder, where no broker may run; what was there is set aside.",
}
_PREFIX: Final = "SECURE_CHAT_"
_MOST: Final = 1_000_000_000
_SIZE: Final = re.compile(r"([0-9]{1,12})([KMG]?)")
_UNITS: Final = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}
_LEAST_SIZE: Final = 100 * 2**10  # a few of the largest posts
_MOST_SIZE: Final = 1_000 * 2**30


@dataclass(frozen=True, slots=True)
class Settings:
    """All that was set. Ports of 0 are chosen by the system."""

    host: str
    port: int
    voice_port: int
    banner_port: int
    public_address: str | None
    folder: Path
    log: Path
    allowances: Allowances
    keep: Keep | None  # None: no line is kept
    allowed_keys: Path | None  # the file of keys that are let in; None: every key
    connections_per_address: int
    bytes_per_second: int
    sources: Mapping[str, str]  # of all that was set: its flag or variable, so that a later complaint can name it


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked of a broker's data folder instead of running a broker."""

    name: str
    folder: Path
    as_json: bool = False
    file: Path = Path()


@dataclass(frozen=True, slots=True)
class _Flag:
    """One setting: its flag is `--name-with-hyphens`, its variable `SECURE_CHAT_NAME_WITH_UNDERSCORES`."""

    name: str
    metavar: str
    help: str

    @property
    def flag(self) -> str:
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        return _PREFIX + self.name.upper().replace("-", "_")


_DATA: Final = _Flag(
    "data", "FOLDER", "where the broker's key and the posts are kept (default: this system's folder for such)"
)
_FLAGS: Final = (
    _Flag("host", "ADDRESS", "address to listen on; :: is IPv4 and IPv6 (default 0.0.0.0)"),
    _Flag("port", "PORT", f"port for control, text and voice on its way up; 0: any (default {DEFAULT_PORT})"),
    _Flag("voice-port", "PORT", "port for voice on its way down (default PORT+1)"),
    _Flag("banner-port", "PORT", "port that hands out this broker's public key (default PORT+2)"),
    _Flag("public-address", "HOST", "name or address that people on the internet use, for the invite"),
    _DATA,
    _Flag("log", "FILE", "the log: times, member handles, addresses, reasons; never what was said"),
    _Flag("room-members", "N", f"members in one room, up to {limits.ROOM_MEMBERS_MAX} (default {limits.ROOM_MEMBERS})"),
    _Flag("joins-per-minute", "N", f"joins under one key in a minute (default {limits.JOINS_PER_MINUTE_KEY})"),
    _Flag(
        "joins-per-minute-address",
        "N",
        f"joins from one address in a minute (default {limits.JOINS_PER_MINUTE_ADDRESS})",
    ),
    _Flag("allow-keys", "FILE", "let in only these keys: one a line, as secure-chat --show-key prints them"),
    _Flag("history", "on|off", "keep sealed lines for those who come later (default on)"),
    _Flag("keep-days", "N", f"of each room: lines of the last days, 0 for all (default {Keep.days})"),
    _Flag("keep-posts", "N", f"of each room: the last lines (default {Keep.posts})"),
    _Flag("keep-bytes", "SIZE", "of each room: like 500K, 64M, 2G (default 64M)"),
    _Flag("keep-total", "SIZE", "of all rooms; then new rooms are refused (default 4G)"),
    _Flag("connections-per-address", "N", "connections from one address at a time (default 512)"),
    _Flag("bytes-per-second", "N", "what one connection may send before it is cut (default 5000000)"),
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadSetting(f"{message[:1].upper()}{message[1:]}. See --help.")


def read_settings(arguments: Sequence[str], environment: Mapping[str, str], default_log: Path | None) -> Settings:
    """Check everything that was set. Raises `BadSetting`; `--help` and `--version` print and raise SystemExit.

    `default_log` is the log where nobody says otherwise, None: `all.log` in this system's folder for logs.
    """
    given = vars(_parser().parse_args(arguments))
    values = _Values(given, environment)
    port = values.port("port", DEFAULT_PORT)
    log = default_log or platformdirs.user_log_path(APPLICATION, appauthor=False) / "all.log"
    voice_port = values.port("voice-port", _after(port, VOICE_OFFSET))
    banner_port = values.port("banner-port", _after(port, BANNER_OFFSET))
    values.check_apart({"port": port, "voice-port": voice_port, "banner-port": banner_port})
    return Settings(
        host=values.host("host", "0.0.0.0"),  # noqa: S104 - a broker is there to be reached
        port=port,
        voice_port=voice_port,
        banner_port=banner_port,
        public_address=values.public_address("public-address"),
        folder=values.folder(),
        log=values.path("log", log),
        allowances=Allowances(
            values.number("room-members", limits.ROOM_MEMBERS, limits.ROOM_MEMBERS_MAX),
            values.number("joins-per-minute", limits.JOINS_PER_MINUTE_KEY, _MOST),
            values.number("joins-per-minute-address", limits.JOINS_PER_MINUTE_ADDRESS, _MOST),
        ),
        keep=values.keep(),
        allowed_keys=values.optional_path("allow-keys"),
        connections_per_address=values.number("connections-per-address", 512, _MOST),
        bytes_per_second=values.number("bytes-per-second", 5_000_000, _MOST),
        sources=values.sources(),
    )


def read_command(arguments: Sequence[str], environment: Mapping[str, str]) -> Command:
    """Check what follows one of `COMMANDS`, itself the first. Raises as `read_settings` does."""
    name = arguments[0]
    parser = _Parser(prog=f"{APPLICATION} {name}", allow_abbrev=False, description=COMMANDS[name])
    parser.add_argument(_DATA.flag, metavar=_DATA.metavar, help=_DATA.help)
    if name == "status":
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")
        given = vars(parser.parse_args(arguments[1:]))
        return Command(name, _Values(given, environment).folder(), as_json=given["json"])
    parser.add_argument("file", metavar="FILE", help="the backup")
    given = vars(parser.parse_args(arguments[1:]))
    if not given["file"] or "\0" in given["file"]:
        raise BadSetting("FILE is empty: it must be a path.")
    return Command(name, _Values(given, environment).folder(), file=Path(given["file"]).expanduser().absolute())


class _Values:
    """The text of each setting and where it comes from, so that a complaint can name it."""

    def __init__(self, given: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._texts: dict[str, tuple[str, str]] = {}
        for flag in _FLAGS:
            text = given.get(flag.name.replace("-", "_"))
            if text is not None:
                self._texts[flag.name] = flag.flag, text
            elif environment.get(flag.variable):
                self._texts[flag.name] = flag.variable, environment[flag.variable]

    def number(self, name: str, default: int, most: int, least: int = 1) -> int:
        if name not in self._texts:
            return default
        source, text = self._texts[name]
        if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
            raise BadSetting(f"{source} is “{_short(text)}”: it must be a number from {least} to {most}.")
        return int(text)

    def size(self, name: str, default: int) -> int:
        if name not in self._texts:
            return default
        source, text = self._texts[name]
        found = _SIZE.fullmatch(text.upper())
        size = int(found[1]) * _UNITS[found[2]] if found else 0
        if not _LEAST_SIZE <= size <= _MOST_SIZE:
            raise BadSetting(f"{source} is “{_short(text)}”: it must be a size from 100K to 1000G, like 64M.")
        return size

    def keep(self) -> Keep | None:
        source, text = self._texts.get("history", ("", "on"))
        if text not in {"on", "off"}:
            raise BadSetting(f"{source} is “{_short(text)}”: it must be on or off.")
        keep = Keep(
            self.number("keep-days", Keep.days, 36_500, least=0),
            self.number("keep-posts", Keep.posts, _MOST),
            self.size("keep-bytes", Keep.room_bytes),
            self.size("keep-total", Keep.total_bytes),
        )
        return keep if text == "on" else None

    def port(self, name: str, default: int) -> int:
        if default > 65_535 and name not in self._texts:
            raise BadSetting(f"--{name} would be {default}, and ports end at 65535: choose a lower --port.")
        return self.number(name, default, most=65_535, least=0)

    def check_apart(self, ports: Mapping[str, int]) -> None:
        """Raises `BadSetting` if two of these name the same port."""
        taken: dict[int, str] = {}
        for name, port in ports.items():
            source = self._texts[name][0] if name in self._texts else f"the default of --{name}"
            if port and port in taken:
                raise BadSetting(f"{taken[port]} and {source} name the same port, {port}: each needs one of its own.")
            taken[port] = source

    def sources(self) -> dict[str, str]:
        """The flag or variable of each setting that was made."""
        return {name: source for name, (source, _) in self._texts.items()}

    def folder(self) -> Path:
        """The data folder."""
        return self.path("data", platformdirs.user_data_path(APPLICATION, appauthor=False))

    def path(self, name: str, default: Path) -> Path:
        if name not in self._texts:
            return default
        source, text = self._texts[name]
        if not text or "\0" in text:
            raise BadSetting(f"{source} is empty: it must be a path.")
        return Path(text).expanduser().absolute()

    def optional_path(self, name: str) -> Path | None:
        return self.path(name, Path()) if name in self._texts else None

    def host(self, name: str, default: str) -> str:
        source, text = self._texts.get(name, ("", default))
        bare = text.strip("[]")
        try:
            return str(ipaddress.ip_address(bare))
        except ValueError:
            pass
        if bare == "localhost":
            return "127.0.0.1"
        raise BadSetting(f"{source} is “{_short(text)}”: it must be an IP address of this machine, 0.0.0.0 or ::.")

    def public_address(self, name: str) -> str | None:
        if name not in self._texts:
            return None
        source, text = self._texts[name]
        try:
            return parse_address(text if text.count(":") != 1 else "").host
        except BadAddress as error:
            raise BadSetting(f"{source} is “{_short(text)}”: it must be a host without a port.") from error


def _parser() -> argparse.ArgumentParser:
    told = " ".join(f"{name}: {help_}" for name, help_ in COMMANDS.items())
    parser = _Parser(
        prog=APPLICATION,
        allow_abbrev=False,
        description="Relays sealed text and voice between the members of a room, and can read none of it.",
        usage=f"{APPLICATION} [--port PORT] [flags below]\n       {APPLICATION} {{{','.join(COMMANDS)}}} [--help]",
        epilog=f"Each flag can be set by a variable too: --voice-port by {_PREFIX}VOICE_PORT, and so on."
        f" Flags win. Stop with Ctrl+C. Commands, each with its own --help: {told}",
    )
    parser.add_argument("--version", action="version", version=f"{APPLICATION} {version_text()}")
    for flag in _FLAGS:
        parser.add_argument(flag.flag, metavar=flag.metavar, help=flag.help)
    return parser


def version_text() -> str:
    """What is installed, as people write it."""
    try:
        return version("secure-chat")
    except PackageNotFoundError:
        return f"(from source, protocol {limits.PROTOCOL_VERSION})"


def _after(port: int, offset: int) -> int:
    return port + offset if port else 0


def _short(text: str) -> str:
    """What somebody typed, fit for one line of a terminal."""
    return text[:80].encode("unicode_escape").decode("ascii") if not text.isprintable() else text[:80]
