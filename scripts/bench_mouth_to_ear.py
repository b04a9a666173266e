"""From mouth to ear: `python3 scripts/bench_mouth_to_ear.py [--peer mumble] [--net loss=5,delay=20,jitter=5]`.

A card that exists in memory only, a broker, two clients as people run them, and one sample clock for what one says and
the other hears. Chirps tell the delay, real speech the quality. With --peer the same for Mumble, in turns. What it
cannot show: the converters of a real card, which add the same to every program. Linux with PulseAudio.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.rig.flags import read_flags
from scripts.setup.environment import enter

if __name__ == "__main__":
    read_flags(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "voice", "demo", "dev")

from tqdm import tqdm

from scripts.bench.report import machine
from scripts.rig.analysis import Silent
from scripts.rig.link import Link, Network
from scripts.rig.programs import MUMBLE, OURS, Setting
from scripts.rig.runs import Result, run
from scripts.rig.sound_card import NotReady
from scripts.rig.table import draw, table


def main() -> int:
    """Measure, tell. 0 if it ran, whatever it found; 1 if it could not."""
    given = read_flags(__doc__)
    try:
        network = None if given.net is None else Network.parse(given.net)
        if network is not None and Link.missing():
            raise NotReady(Link.missing())
        wanted = [*OURS, *(MUMBLE if given.peer else ())]
        settings = [one for one in wanted if (given.only or "") in f"{one.program} {one.name}"]
        results, silent = _measure(given, settings, network)
    except (NotReady, ValueError, OSError) as error:
        print(f"The bench did not run: {error}.", file=sys.stderr)
        return 1
    print(table(results))
    for setting, count in silent.items():
        print(f"{setting}: nothing came through in {count} of {given.runs} runs, which are not counted.")
    if given.json:
        kept = {"machine": machine(), "net": given.net, "results": [one.as_dict() for one in results]}
        given.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    if given.plot:
        draw(given.plot, results, given.net)
    return 0 if results else 1


def _measure(
    given: argparse.Namespace, settings: Sequence[Setting], network: Network | None
) -> tuple[list[Result], dict[str, int]]:
    """In turns, so that a busy minute of the machine is nobody's."""
    results: list[Result] = []
    silent: dict[str, int] = {}
    rounds = [(number, one) for number in range(given.runs) for one in settings]
    for number, setting in tqdm(rounds, desc="runs", disable=None, leave=False):
        try:
            results += run(
                setting,
                period=given.period,
                network=network,
                count=given.chirps,
                times=given.speech,
                minutes=given.minutes,
                seed=number + 1,
            )
        except Silent:
            name = f"{setting.program}, {setting.name}"
            silent[name] = silent.get(name, 0) + 1
    return results, silent


if __name__ == "__main__":
    sys.exit(main())
