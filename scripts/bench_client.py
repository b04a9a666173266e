"""What voice takes of a computer: `python3 scripts/bench_client.py [--talkers 1,5,10] [--whole | --scroll 5000]`.

Microseconds for each 10 ms of talk, part by part, while so many are heard and the own microphone is on with everything
that is done to its sound. The real codec, seal, jitter buffer and front end on a fake clock, as fast as they can, and
once more with each 10 ms at its time, as in a talk; no card and no network: those are in `--whole`, where real clients
run on a sound card in memory (thread by thread, beside a fixed piece of Python, by which machines can be compared, and
with `--peer mumble` beside Mumble's client), and in `--scroll`, where one of them has its window and the wheel is
turned, beside a player of PulseAudio's own. Runs take turns; median, least and most.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.bench.client_flags import read_flags
from scripts.setup.environment import enter

if __name__ == "__main__":
    read_flags(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "voice", "demo", "dev")

from tqdm import tqdm

from scripts.bench.client_load import PARTS, microseconds, microseconds_in_time, profile
from scripts.person import NothingHeard
from scripts.processes import NotStarted, end_in_order
from scripts.rig.analysis import spread
from scripts.rig.sound_card import NotReady

if TYPE_CHECKING:
    from scripts.bench.scrolling import Scrolled

_BLOCK_MICROSECONDS = 10_000
_IN_TIME = "together, each 10 ms at its time"
_Found = TypeVar("_Found")


def main() -> int:
    """Measure, tell. 0 if it ran, whatever it found; 1 if it could not."""
    given = read_flags(__doc__)
    end_in_order()
    if given.whole or given.scroll:
        try:
            _on_a_card(given)
        except (NotReady, NotStarted, NothingHeard) as error:
            print(f"The bench did not run: {error}.", file=sys.stderr)
            return 1
    else:

        def parts(count: int) -> dict[str, float]:
            in_time = microseconds_in_time(count, given.seconds)
            return {**microseconds(count, given.seconds), _IN_TIME: in_time}

        _tell_parts(given.talkers, _in_turns(given, parts))
    if given.profile:
        for count in given.talkers:
            print(f"\n{count} talkers\n{profile(count, given.seconds)}")
    return 0


def _on_a_card(given: argparse.Namespace) -> None:
    from scripts.bench.client_peer import mumble_s_share
    from scripts.bench.client_whole import shares_of_a_core
    from scripts.bench.scrolling import scrolled

    if given.scroll:
        _tell_scrolled(_in_turns(given, lambda count: scrolled(count, given.seconds, given.scroll)))
    else:

        def shares(count: int) -> dict[str, float]:
            ours = shares_of_a_core(count, given.seconds, given.lanes)
            return ours | mumble_s_share(count, given.seconds) if given.peer else ours

        _tell_whole(_in_turns(given, shares))


def _in_turns(given: argparse.Namespace, measure: Callable[[int], _Found]) -> dict[int, list[_Found]]:
    """By the number of talkers; in turns, so that a busy minute of the machine is nobody's."""
    found: dict[int, list[_Found]] = {count: [] for count in given.talkers}
    for count in tqdm(given.talkers * given.runs, desc="runs", disable=None, leave=False):
        found[count].append(measure(count))
    return found


def _tell_parts(talkers: list[int], found: dict[int, list[dict[str, float]]]) -> None:
    print(f"| µs for each 10 ms | {' | '.join(f'{count} heard' for count in talkers)} |")
    print("|---|" + "---|" * len(talkers))
    for part in PARTS:
        print(f"| {part} | {' | '.join(spread([run[part] for run in found[count]]) for count in talkers)} |")
    sums = {count: [sum(run[part] for part in PARTS) for run in found[count]] for count in talkers}
    in_time = {count: [run[_IN_TIME] for run in found[count]] for count in talkers}
    for name, whole in (("together", sums), (_IN_TIME, in_time)):
        print(f"| {name} | {' | '.join(spread(whole[count]) for count in talkers)} |")
        shares = {count: [100 * one / _BLOCK_MICROSECONDS for one in whole[count]] for count in talkers}
        print(f"| % of a core | {' | '.join(spread(shares[count]) for count in talkers)} |")


def _tell_whole(found: dict[int, list[dict[str, float]]]) -> None:
    print(f"| | {' | '.join(f'{count} heard' for count in found)} |")
    print("|---|" + "---|" * len(found))
    for part in next(iter(found.values()))[0]:
        print(f"| {part} | {' | '.join(spread([run[part] for run in runs]) for runs in found.values())} |")


def _tell_scrolled(found: dict[int, list[Scrolled]]) -> None:
    print("| heard | runs | | seconds | gaps | of PulseAudio's own player | packets played |")
    print("|---|---|---|---|---|---|---|")
    for count, runs in found.items():
        for name, spells in (
            ("at rest", [one.rest for one in runs]),
            ("while it scrolls", [one.wheel for one in runs]),
        ):
            seconds, gaps = sum(one.seconds for one in spells), sum(one.client for one in spells)
            missed, played = sum(one.player for one in spells), sum(one.played for one in spells)
            print(f"| {count} | {len(runs)} | {name} | {seconds:.0f} | {gaps} | {missed} | {played:,} |")


if __name__ == "__main__":
    sys.exit(main())
