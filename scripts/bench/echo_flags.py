"""The flag of scripts/bench_echo.py. Standard library only: it is read before anything is installed."""

from __future__ import annotations

from scripts.flags import Flags


def read_runs(description: str | None) -> int:
    """How many runs, each with other walls and other noise. A wrong flag ends the script."""
    flags = Flags(description)
    flags.add_argument("--runs", type=int, default=5, metavar="N", help="of each room (default 5)")
    runs = int(flags.parse_args().runs)
    if not 1 <= runs <= 1_000:
        flags.error("--runs must be from 1 to 1000")
    return runs
