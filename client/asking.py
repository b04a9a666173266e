"""What a person at a terminal is asked before the text client connects: the key, and whether a weak one is meant.

Programs (`--json`) are asked nothing: what they pass is what they mean.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import replace

from client.commands import Connect
from client.config import Config
from client.target import AttemptFailed, read_target


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
