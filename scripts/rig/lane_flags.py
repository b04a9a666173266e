"""The flags of scripts/bench_lanes.py. Standard library only: they are read before anything is installed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from scripts.flags import Flags

LANES: Final = ("1", "2", "3", "4", "auto")  # as a client's --lanes


def read_flags(description: str | None) -> argparse.Namespace:
    """All flags, checked. A wrong one ends the script."""
    flags = Flags(description)
    flags.add_argument("--net", metavar="LIST", help="one network (default: three)")
    flags.add_argument("--runs", type=int, default=3, metavar="N", help="of each (default 3)")
    flags.add_argument("--seconds", type=float, default=20.0, metavar="N", help="of talk in each run (default 20)")
    flags.add_argument(
        "--way", choices=["up", "down"], default="up", help="who is behind the network: who speaks, or listens"
    )
    flags.add_argument("--talkers", type=int, default=1, metavar="N", help="how many speak (default 1)")
    flags.add_argument("--lanes", choices=LANES, help="only this choice")
    flags.add_argument(
        "--record",
        type=Path,
        metavar="FOLDER",
        help="keep when each packet came, for bench_jitter.py (first runs)",
    )
    return flags.parse_args()
