"""The flags of scripts/siege.py. Standard library only: they are read before anything is installed."""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.flags import Flags


def read_flags(description: str | None) -> argparse.Namespace:
    """The flags of this script."""
    flags = Flags(description)
    flags.add_argument("--seconds", type=float, default=20.0, metavar="N", help="of siege (default 20)")
    flags.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    given = flags.parse_args()
    if not 3 <= given.seconds <= 3_600:
        flags.error("--seconds must be from 3 to 3600")
    return given
