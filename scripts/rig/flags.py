"""The flags of scripts/bench_mouth_to_ear.py. Standard library only: they are read before anything is installed."""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.flags import Flags
from scripts.rig.lane_flags import LANES


def read_flags(description: str | None) -> argparse.Namespace:
    """All flags, checked. A wrong one ends the script."""
    flags = Flags(description)
    flags.add_argument("--peer", choices=["mumble"], help="measure this program too, in turns with ours")
    flags.add_argument("--runs", type=int, default=5, metavar="N", help="of each program and setting (default 5)")
    flags.add_argument("--chirps", type=int, default=20, metavar="N", help="in each run (default 20)")
    flags.add_argument("--speech", type=int, default=2, metavar="N", help="times that the speech is said (default 2)")
    flags.add_argument("--period", type=int, default=480, metavar="N", help="the card's, in samples (480: 10 ms)")
    flags.add_argument(
        "--net", metavar="LIST", help="loss=5,delay=20,jitter=5 (each way; also burst, kbit, queue), needs root"
    )
    flags.add_argument("--lanes", metavar="LIST", help="ours with these lanes, in turns: as 1,2,auto (default auto)")
    flags.add_argument("--slim", action="store_true", help="measure slim voice too")
    flags.add_argument("--only", metavar="NAME,NAME…", help="only the settings whose name has one of these in it")
    flags.add_argument("--minutes", type=float, default=0.0, metavar="N", help="talk so long between two measurements")
    flags.add_argument(
        "--wire", action="store_true", help="instead: bytes on the wire while somebody talks; needs root"
    )
    flags.add_argument(
        "--busy", type=float, metavar="SECONDS", help="instead: breaks in a tone of so many seconds, with a busy thread"
    )
    flags.add_argument(
        "--all", action="store_true", help="instead: all tables of docs/benchmarks.md, in about two hours"
    )
    flags.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured there")
    flags.add_argument("--plot", type=Path, metavar="FILE", help="draw a picture there")
    given = flags.parse_args()
    for name, least, most in (("runs", 1, 1_000), ("chirps", 2, 1_000), ("speech", 1, 100), ("period", 48, 4_800)):
        if not least <= getattr(given, name) <= most:
            flags.error(f"--{name} must be from {least} to {most}")
    lanes = [] if given.lanes is None else given.lanes.split(",")
    if set(lanes) - set(LANES):
        flags.error("--lanes are 1, 2, 3, 4 or auto")
    given.lanes = lanes
    if given.busy is not None and not 2 <= given.busy <= 3_600:
        flags.error("--busy must be from 2 to 3600 seconds")
    if not 0 <= given.minutes <= 600:
        flags.error("--minutes must be from 0 to 600")
    return given
