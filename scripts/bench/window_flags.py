"""The flags of scripts/bench_window.py. Standard library only: they are read before anything is installed."""

from __future__ import annotations

import argparse

from scripts.flags import Flags


def read_flags(description: str | None) -> argparse.Namespace:
    """All flags, checked. A wrong one ends the script."""
    flags = Flags(description)
    flags.add_argument("--runs", type=int, default=15, help="starts of the window (default 15)")
    flags.add_argument("--seconds", type=float, default=20.0, help="of idleness, in a room (default 20)")
    flags.add_argument("--lines", type=int, default=20_000, help="messages in the window (default 20000)")
    given = flags.parse_args()
    if not (1 <= given.runs <= 1_000 and 1 <= given.seconds <= 3_600 and 1 <= given.lines <= 1_000_000):
        flags.error("--runs is 1..1000, --seconds 1..3600, --lines 1..1000000")
    return given
