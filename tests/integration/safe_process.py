"""A process that does with the system's keyring what it is told, a line each: `keep ROOM KEY`, `key_of ROOM`, `forget
ROOM`. Its first line tells whether there is a keyring; each further one is the key, empty, or what went wrong.
"""

from __future__ import annotations

import sys

from client.safe import KeyringTrouble, Safe, open_safe
from client.visited import Visit


def obeyed(safe: Safe, what: str, room: str, key: str) -> str:
    """The answer."""
    visit = Visit("home.example:9090", "Ann", room=room)
    try:
        if what == "keep":
            safe.keep(visit, key)
        elif what == "forget":
            safe.forget(visit)
        else:
            return safe.key_of(visit)
    except KeyringTrouble as error:
        return str(error)
    return ""


def main() -> None:
    """Until the end of the input."""
    safe = open_safe()
    sys.stdout.write("none\n" if safe is None else "here\n")
    sys.stdout.flush()
    for line in sys.stdin:
        what, room, key = line.rstrip("\n").split("\t")
        if safe is not None:
            sys.stdout.write(f"{obeyed(safe, what, room, key)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
