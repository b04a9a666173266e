"""The flags of the text bench. Standard library only: `--help` and wrong flags must not install anything."""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.flags import Flags

_QUOTA = 20.0  # posts a second that a broker takes from a member


def read_flags(description: str | None) -> argparse.Namespace:
    """All flags, checked. A wrong one ends the script."""
    parser = Flags(description)
    parser.add_argument("--away", type=int, metavar="N", help="only measure how a client catches up on N posts")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each measurement takes (default 8)")
    parser.add_argument("--repeats", type=int, default=3, help="of all measurements, in turn (default 3)")
    parser.add_argument("--writers", type=int, default=5, help="members that write in one room (default 5)")
    parser.add_argument("--readers", type=int, default=4, help="members that only read there (default 4)")
    parser.add_argument("--rate", type=float, default=19.5, help="posts a second of each writer (default 19.5)")
    parser.add_argument("--rooms", type=int, default=40, help="of --writers each, to saturate the broker (default 40)")
    parser.add_argument("--bytes", type=int, default=100, help="of each text (default 100)")
    parser.add_argument("--talkers", type=int, default=20, help="that send 100 voice frames a second (default 20)")
    parser.add_argument("--listeners", type=int, default=2, help="that hear all of them (default 2)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder on the disk to measure (default: a temporary)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw a picture there")
    given = parser.parse_args()
    if not 0 < given.rate < _QUOTA:
        parser.error(f"--rate is below {_QUOTA:g}, what a broker takes from a member")
    if min(given.writers, given.readers, given.rooms, given.talkers, given.listeners, given.repeats) < 1:
        parser.error("there is at least one of each")
    if not 1 <= given.seconds <= 3600 or not 1 <= given.bytes <= 16_000 or (given.away is not None and given.away < 1):
        parser.error("--seconds is 1..3600, --bytes 1..16000, --away 1 at least")
    return given
