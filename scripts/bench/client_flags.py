"""The flags of scripts/bench_client.py. Standard library only: they are read before anything is installed."""

from __future__ import annotations

import argparse

from scripts.flags import Flags

MOST_TALKERS = 40


def read_flags(description: str | None) -> argparse.Namespace:
    """All flags, checked. A wrong one ends the script."""
    flags = Flags(description)
    flags.add_argument("--talkers", default="1,5,10", metavar="LIST", help="how many are heard (default 1,5,10)")
    flags.add_argument("--seconds", type=float, default=10.0, help="of talk in each run (default 10)")
    flags.add_argument("--runs", type=int, default=5, help="of each number of talkers, in turns (default 5)")
    flags.add_argument("--whole", action="store_true", help="instead: real clients on a sound card in memory (Linux)")
    flags.add_argument(
        "--lanes", type=int, choices=(1, 2, 3, 4), default=1, help="on which voice goes, with --whole (1)"
    )
    flags.add_argument("--peer", choices=("mumble",), help="with --whole: Mumble's client too, in turns")
    flags.add_argument(
        "--scroll", type=int, metavar="LINES", help="instead: gaps in the sound while a window scrolls so many (Linux)"
    )
    flags.add_argument("--profile", action="store_true", help="and where Python spends its time, by cProfile")
    given = flags.parse_args()
    try:
        given.talkers = [int(part) for part in given.talkers.split(",")]
    except ValueError:
        flags.error("--talkers is a list of numbers, as 1,5,10")
    if not all(1 <= count <= MOST_TALKERS for count in given.talkers):
        flags.error(f"--talkers are from 1 to {MOST_TALKERS}")
    if not (1 <= given.seconds <= 600 and 1 <= given.runs <= 1_000):
        flags.error("--seconds is 1..600, --runs 1..1000")
    if given.peer and not given.whole:
        flags.error("--peer goes with --whole")
    if given.scroll is not None and not 100 <= given.scroll <= 100_000:
        flags.error("--scroll is 100..100000 lines")
    return given
