"""Which packages of `requirements.lock` a part of the program needs, with their hashes.

The lock is one file for all parts and platforms. Its `# via` lines tell who asked for each package, so the
closure of an extra can be read out of it without an index. This file knows the two formats (setup.cfg and the
lock) and reads no file, starts no process.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable
from dataclasses import dataclass

_PROJECT = "secure-chat"
_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[([A-Za-z0-9,._ -]+)\])?")


@dataclass(frozen=True, slots=True)
class Locked:
    """One pinned package: its name, the text of its requirement with hashes, and the packages that need it."""

    name: str
    text: str
    needed_by: frozenset[str]


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def direct_names(setup_cfg: str, extras: Iterable[str]) -> frozenset[str]:
    """The packages that setup.cfg asks for by name: always, and for these extras. KeyError for an unknown extra."""
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(setup_cfg)
    names: set[str] = set()
    waiting = [config["options"]["install_requires"]]
    waiting += [config["options.extras_require"][extra] for extra in extras]
    while waiting:
        for line in waiting.pop().split("\n"):
            found = _REQUIREMENT.match(line.strip())
            if not found:
                continue
            if normal(found[1]) == _PROJECT:  # `secure-chat[client]`: an extra that builds on another
                waiting += [config["options.extras_require"][extra.strip()] for extra in found[2].split(",")]
            else:
                names.add(normal(found[1]))
    return frozenset(names)


def parse_lock(lock: str) -> tuple[Locked, ...]:
    """The packages of a lock file, in its order; a package pinned differently by platform comes more than once."""
    blocks: list[list[str]] = []
    for line in lock.splitlines():
        if line[:1] not in {"", " ", "#"}:
            blocks.append([])
        if blocks and line.strip():
            blocks[-1].append(line)
    return tuple(_parse_block(block) for block in blocks)


def _parse_block(lines: list[str]) -> Locked:
    name = normal(lines[0].partition("==")[0])
    text = [line for line in lines if not line.lstrip().startswith("#")]
    needed_by = set()
    for line in lines:
        if line.lstrip().startswith("#"):
            who = line.lstrip(" #").removeprefix("via").strip()
            needed_by.add(normal(who.split(" ")[0]))
    text[-1] = text[-1].removesuffix("\\").rstrip()  # the `# via` lines that it went on to are left out
    return Locked(name, "\n".join(text), frozenset(needed_by - {""}))


def subset(locked: Iterable[Locked], names: Iterable[str]) -> tuple[Locked, ...]:
    """These packages and all that they need. KeyError for a name that the lock does not have."""
    locked = tuple(locked)
    wanted = {normal(name) for name in names}
    missing = wanted - {package.name for package in locked}
    if missing:
        raise KeyError(f"not in the lock file: {', '.join(sorted(missing))}")
    while True:
        more = {package.name for package in locked if package.needed_by & wanted} - wanted
        if not more:
            return tuple(package for package in locked if package.name in wanted)
        wanted |= more


def requirements(locked: Iterable[Locked]) -> str:
    """The text of a requirements file for `pip install --require-hashes -r`."""
    return "\n".join(package.text for package in locked) + "\n"
