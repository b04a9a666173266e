"""The flags of the chaos script. Standard library only: `--help` and wrong flags must not install anything."""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.flags import Flags


def read_flags(description: str | None) -> argparse.Namespace:
    """All flags, checked. A wrong one ends the script."""
    parser = Flags(description)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--kills", type=int, metavar="N", help="half of them of the broker, half of clients")
    length.add_argument("--minutes", type=float, metavar="N", help="kill for so long")
    parser.add_argument("--rooms", type=int, default=3, help="default 3")
    parser.add_argument("--clients", type=int, default=5, help="in each room (default 5)")
    parser.add_argument("--seed", type=int, help="of all that is random (default: a new one, printed)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    given = parser.parse_args()
    if (given.kills is not None and given.kills < 1) or (given.minutes is not None and not 0 < given.minutes <= 1440):
        parser.error("--kills is 1 at least, --minutes above 0 and 1440 at most")
    if not 1 <= given.rooms <= 50 or not 1 <= given.clients <= 26:
        parser.error("--rooms is 1..50, --clients 1..26")
    return given
