"""From mouth to ear: `python3 scripts/bench_mouth_to_ear.py [--peer mumble] [--slim] [--net loss=5,delay=20,jitter=5]`.

A card that exists in memory only, a broker, two clients as people run them, and one sample clock for what one says and
the other hears. Chirps tell the delay, real speech the quality. With --peer the same for Mumble, in turns. What it
cannot show: the converters of a real card, which add the same to every program. Linux with PulseAudio.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.rig.flags import read_flags
from scripts.setup.environment import enter

if __name__ == "__main__":
    read_flags(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "voice", "demo", "dev")

from tqdm import tqdm

from scripts.bench.report import machine
from scripts.processes import end_in_order
from scripts.rig.analysis import NO_PESQ, Silent, can_tell_pesq
from scripts.rig.link import Link, Network
from scripts.rig.programs import BUSY, MUMBLE, OURS, SLIM, ZERO, Setting, with_lanes
from scripts.rig.runs import Result, run
from scripts.rig.sound_card import NotReady
from scripts.rig.steady import steady, steady_table
from scripts.rig.table import draw, meanwhile, table
from scripts.rig.wire import wire, wire_table

_BAD = "loss=5,delay=20,jitter=5"
_Found = TypeVar("_Found")


def main() -> int:
    """Measure, tell. 0 if it ran, whatever it found; 1 if it could not."""
    given = read_flags(__doc__)
    end_in_order()
    if not can_tell_pesq():
        print(NO_PESQ, file=sys.stderr)
    try:
        if given.all:
            return _everything(given)
        if given.wire:
            return _wire(given)
        return _steady(given, given.busy) if given.busy else _delays(given, given.net, given.minutes)
    except (NotReady, ValueError, OSError) as error:
        print(f"The bench did not run: {error}.", file=sys.stderr)
        return 1


def _everything(given: argparse.Namespace) -> int:
    """All that is to be shown, as a part of docs/benchmarks.md."""
    once = {"runs": 1, "only": f"{OURS[0].program} {OURS[0].name}", "peer": None, "json": None, "plot": None}
    long = argparse.Namespace(**{**vars(given), **once})
    parts: list[tuple[str, Callable[[], int]]] = [
        ("Quiet", lambda: _delays(given, None, 0.0)),
        (f"Network: {_BAD}", lambda: _delays(given, _BAD, 0.0)),
        ("On the wire, kbit/s", lambda: _wire(given)),
        ("With a thread that never rests, 60 s", lambda: _steady(given, 60.0)),
        ("Thirty minutes of talk: before, and after", lambda: _delays(long, None, 30.0)),
    ]
    codes = []
    for name, part in parts:
        print(f"\n### {name}\n", flush=True)
        codes.append(part())
    return max(codes)


def _delays(given: argparse.Namespace, net: str | None, minutes: float) -> int:
    network = _network(net)
    settings = _wanted(given, network)
    results: list[Result] = []
    for found in _in_turns(
        given.runs,
        settings,
        lambda one, seed: run(
            one,
            period=given.period,
            network=network,
            count=given.chirps,
            times=given.speech,
            minutes=minutes,
            seed=seed,
        ),
    ):
        results += found
    print(table(results), flush=True)
    if minutes:
        print(f"\n{meanwhile(results)}", flush=True)
    if given.json:
        kept = {"machine": machine(), "net": net, "results": [one.as_dict() for one in results]}
        given.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    if given.plot:
        draw(given.plot, results, net)
    return 0 if results else 1


def _wire(given: argparse.Namespace) -> int:
    settings = _wanted(given, _network("clean"))
    found = _in_turns(given.runs, settings, lambda one, seed: wire(one, given.period, given.speech, seed))
    print(wire_table(found), flush=True)
    return 0 if found else 1


def _steady(given: argparse.Namespace, seconds: float) -> int:
    settings = [OURS[0], BUSY]
    found = _in_turns(given.runs, settings, lambda one, seed: steady(one, given.period, seconds, seed))
    print(steady_table(found), flush=True)
    return 0 if found else 1


def _wanted(given: argparse.Namespace, network: Network | None) -> list[Setting]:
    every = [*(() if network else (ZERO,)), *OURS, *((SLIM,) if given.slim else ()), *(MUMBLE if given.peer else ())]
    parts = (given.only or "").split(",")
    wanted = [one for one in every if any(part in f"{one.program} {one.name}" for part in parts)]
    laned = [with_lanes(one, lanes) for lanes in given.lanes for one in wanted] or wanted
    return [one for place, one in enumerate(laned) if one not in laned[:place]]


def _network(net: str | None) -> Network | None:
    if net is not None and Link.missing():
        raise NotReady(Link.missing())
    return None if net is None else Network.parse(net)


def _in_turns(runs: int, settings: Sequence[Setting], measure: Callable[[Setting, int], _Found]) -> list[_Found]:
    """In turns, so that a busy minute of the machine is nobody's. Runs in which nothing came through are told."""
    found: list[_Found] = []
    rounds = [(number, one) for number in range(1, runs + 1) for one in settings]
    for number, one in tqdm(rounds, desc="runs", disable=None, leave=False):
        try:
            found.append(measure(one, number))
        except Silent as error:
            print(f"{one.program}, {one.name}: run {number} is not counted, {error}.", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
