"""The flags of the voice bench. Standard library only: `--help` and wrong flags must not install anything."""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.flags import Flags

STAMP_BYTES = 8  # of each packet: when it was sent
ROOM_MEMBERS = 500
LISTENERS_A_PROCESS = 25


def read_flags(description: str | None) -> argparse.Namespace:
    """All flags, checked. A wrong one ends the script."""
    parser = Flags(description)
    parser.add_argument("--listeners", type=int, default=20, help="members with their speaker on (default 20)")
    parser.add_argument("--talkers", type=int, default=2, help="members that talk, in the same room (default 2)")
    parser.add_argument("--rate", type=float, default=100.0, help="voice frames a second of each talker (default 100)")
    parser.add_argument("--payload", type=int, default=60, help="bytes of a packet (default 60: 48 kbit/s, 10 ms)")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to measure (default 10)")
    parser.add_argument("--processes", type=int, help=f"of listeners (default: one for {LISTENERS_A_PROCESS} of them)")
    parser.add_argument("--no-seal", action="store_true", help="send frames unsealed: a lighter load generator")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw a picture there")
    given = parser.parse_args()
    if min(given.listeners, given.talkers) < 1 or given.listeners + given.talkers > ROOM_MEMBERS:
        parser.error(f"a room has at least one of each and {ROOM_MEMBERS} members at most")
    if given.processes is not None and given.processes < 1:
        parser.error("--processes is 1 at least")
    if not 0 < given.rate <= 110 or not STAMP_BYTES <= given.payload <= 1275 or not 1 <= given.seconds <= 3600:
        parser.error("--rate is 1..110 (the broker's limit), --payload 8..1275, --seconds 1..3600")
    return given
