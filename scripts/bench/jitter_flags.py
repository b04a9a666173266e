"""The flag of scripts/bench_jitter.py. Standard library only: it is read before anything is installed."""

from __future__ import annotations

from scripts.flags import Flags


def read_minutes(description: str | None) -> float:
    """How long each network is talked over. A wrong flag ends the script."""
    flags = Flags(description)
    flags.add_argument("--minutes", type=float, default=10.0, metavar="N", help="of talk on each network (default 10)")
    minutes = float(flags.parse_args().minutes)
    if not 0.1 <= minutes <= 1_000:
        flags.error("--minutes must be from 0.1 to 1000")
    return minutes
