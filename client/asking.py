"""What a person at a terminal is asked before the text client connects: the server, the key, whether a weak one is
meant.

Programs (`--json`) are asked nothing: what they pass is what they mean.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from client.commands import Connect
from client.config import Config
from client.given import WHICH_BROKER
from client.names import clean_name, clean_sentence
from client.safe import KeyringTrouble, Safe
from client.target import AttemptFailed, read_target
from client.visited import Visit
from common.errors import BadSetting


def with_server(
    config: Config, visits: Sequence[Visit], ask: Callable[[str], str] = input
) -> tuple[Config, Visit | None]:
    """The configuration with the server that is chosen, where none was named: one that was visited, or another.

    And the newest visit there, or the one that was chosen.
    """
    if config.server:
        return config, _newest(config.server, visits)
    if not visits:
        raise BadSetting(WHICH_BROKER)
    lines = [f"  {number}  {_line(visit)}" for number, visit in enumerate(visits, 1)]
    question = "\n".join(["Where to?", *lines, "A number, another HOST:PORT, or Enter for the first: "])
    while True:
        answer = ask(question).strip()
        number = answer or "1"
        if number.isascii() and number.isdigit() and 1 <= int(number[:3]) <= len(visits):
            visit = visits[int(number[:3]) - 1]
            return replace(config, server=visit.where, name=config.name if config.name_given else visit.name), visit
        if _is_server(answer):
            return replace(config, server=answer), _newest(answer, visits)
        question = "That is neither a number of the list nor HOST:PORT nor an invite link: "


def _line(visit: Visit) -> str:
    room = f", room {clean_sentence(visit.room)}, whose key is remembered" if visit.room else ""
    return f"{clean_sentence(visit.server)} as {clean_name(visit.name)}{room}"


def _newest(server: str, visits: Sequence[Visit]) -> Visit | None:
    """Of this address; `server` is as it was typed, and can be used."""
    address = str(read_target(Connect(server, "a name", "a key")).address).lower()
    return next((visit for visit in visits if visit.server.lower() == address), None)


def _is_server(text: str) -> bool:
    try:
        read_target(Connect(text, "a name", "a key"))
    except AttemptFailed:
        return False
    return not text.isdigit()


def kept_key(
    config: Config, visit: Visit | None, open_safe: Callable[[], Safe | None], tell: Callable[[str], None]
) -> str:
    """The key out of the system's keyring, where none was given and it was to be remembered; else empty.

    The keyring may wait for the user to unlock it. What is wrong with it is told: then the key is to be typed.
    """
    if config.phrase or "#" in config.server or visit is None or not visit.room:
        return ""
    try:
        safe = open_safe()
        key = "" if safe is None else safe.key_of(visit)
    except KeyringTrouble as error:
        tell(str(error))
        return ""
    if not key:
        tell("The key of this room was remembered, and your system's keyring does not have it now: type it.")
    return key


def with_phrase(config: Config, ask: Callable[[str], str] = getpass.getpass) -> Config:
    """The configuration with the key that is typed, where neither file, environment nor invite had one."""
    if config.phrase or "#" in config.server:
        return config
    return replace(config, phrase=ask("Encryption key (what you type is not shown): "))


def weak_phrase_meant(config: Config, pin_of: Callable[[str], bytes | None], ask: Callable[[str], str] = input) -> bool:
    """Whether to connect though the key is weak and the broker unknown. Asks only where that is so."""
    try:
        target = read_target(Connect(config.server, config.name, config.phrase))
        target.check_phrase_against(pin_of(str(target.address)))
    except AttemptFailed as error:
        if error.code != "weak_phrase":
            return False  # whatever else is wrong is told when connecting
        return ask(f"{error}\nConnect anyway? Type yes: ").strip().lower() == "yes"
    return False
