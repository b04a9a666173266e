"""The flags of scripts/soak.py. Standard library only: they are read before anything is installed."""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.flags import Flags


def read_flags(description: str | None) -> argparse.Namespace:
    """All flags, checked. A wrong one ends the script."""
    flags = Flags(description)
    flags.add_argument("--hours", type=float, default=0.5, metavar="N", help="how long (default 0.5)")
    flags.add_argument("--seed", type=int, default=1, help="of what happens when (default 1)")
    flags.add_argument("--json", type=Path, metavar="FILE", help="write all samples there")
    given = flags.parse_args()
    if not 0.01 <= given.hours <= 1_000:
        flags.error("--hours must be from 0.01 to 1000")
    return given
