"""What further lanes are worth: `python3 scripts/bench_lanes.py [--net loss=5,delay=20,jitter=5] [--runs 5]`.

A real broker, and two ends with a client's own sockets, one of them behind a link that loses, delays or is full. 100
frames a second as large as real ones; how long the first copy of each was under way. Linux, root.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.rig.lane_flags import LANES, read_flags
from scripts.setup.environment import enter

if __name__ == "__main__":
    read_flags(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "demo", "dev")

import numpy as np

from scripts.bench.recorded import Recorded, save
from scripts.processes import end_in_order, start_broker
from scripts.rig.link import Link, Network

_NETS = {
    "5 % lost": "loss=5,delay=20,jitter=5",
    "5 % lost in bursts of 4": "loss=5,burst=4,delay=20,jitter=5",
    "256 kbit/s, queue of 200 ms": "kbit=256,queue=200,delay=20",
}


def main() -> int:
    """Measure, tell. 1 where it could not be."""
    given = read_flags(__doc__)
    end_in_order()
    if Link.missing():
        print(f"The bench did not run: {Link.missing()}.", file=sys.stderr)
        return 1
    nets = {given.net: given.net} if given.net else _NETS
    print("| network | lanes | p50, ms | p95 | p99 | lost | lanes: told | uplink |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name, net in nets.items():
        found: dict[str, list[dict[str, Any]]] = {}
        for number in range(given.runs):
            for lanes in [given.lanes] if given.lanes else LANES:
                found.setdefault(lanes, []).append(run(Network.parse(net), lanes, number + 1, given))
        for lanes, runs in found.items():
            if given.record:
                save(given.record, Recorded(f"{name}, {given.way}, lanes {lanes}", _packets(runs[0])))
            print(_row(name, lanes, runs), flush=True)
    return 0


def run(network: Network, lanes: str, seed: int, given: argparse.Namespace) -> dict[str, Any]:
    """One talk: what its listener heard, and what became of the lanes of whoever is behind the network."""
    with tempfile.TemporaryDirectory(prefix="lanes-") as folder, Link(network, seed) as link:
        flags = ["--host", link.far_address, "--port", "0", "--data", f"{folder}/data", "--history", "off"]
        broker = start_broker(flags, say=lambda _: None, log=Path(folder) / "all.log", before=link.far)
        try:
            room = os.urandom(16).hex()
            common = {
                "host": link.far_address,
                "control": broker.control.port,
                "voice": broker.voice.port,
                "key": broker.key.hex(),
                "room": room,
                "seconds": given.seconds + 3,
            }
            behind = {"lanes": lanes}
            up = given.way == "up"
            ends = [_end(link.far if up else link.near, {**common, "speaks": False, **({} if up else behind)})]
            ends += [
                _end(link.near if up else link.far, {**common, "speaks": True, **(behind if up else {})})
                for _ in range(given.talkers)
            ]
            told = [json.loads(end.communicate(timeout=given.seconds + 60)[0]) for end in ends]
        finally:
            broker.stop()
    listener, talker = told[0], told[1]
    watched = talker if up else listener
    return {
        **listener,
        "sent": talker["sent"],
        "told": watched["told"],
        "uplink": talker["uplink"],
        "counters": watched["counters"],
    }


def _packets(run: dict[str, Any]) -> list[float | None]:
    late = dict(run["delays"])
    return [late.get(counter) for counter in range(run["sent"])]


def _end(before: tuple[str, ...], task: dict[str, Any]) -> "subprocess.Popen[str]":
    command = [*before, sys.executable, "-m", "scripts.rig.lane_end", json.dumps({"lanes": "1", **task})]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _row(name: str, lanes: str, runs: list[dict[str, Any]]) -> str:
    columns = []
    for share in (50, 95, 99):
        each = [float(np.percentile([late for _, late in run["delays"]], share)) for run in runs]
        columns.append(f"{np.median(each):.0f} ({min(each):.0f}-{max(each):.0f})")
    lost = sum(run["sent"] - len(run["delays"]) for run in runs)
    told = "; ".join(", ".join(f"{count} at {at} s: {why}" for at, count, why in run["told"]) or "–" for run in runs)
    uplink = ", ".join(sorted({run["uplink"].lower() for run in runs}))
    missing = f"{lost} of {sum(run['sent'] for run in runs)}"
    return f"| {name} | {lanes} | {' | '.join(columns)} | {missing} | {told} | {uplink} |"


if __name__ == "__main__":
    sys.exit(main())
