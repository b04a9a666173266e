"""Kill brokers and clients while people write, then look for lost lines: `python3 scripts/chaos.py --kills 40`.

A real broker and real clients as processes; all are killed with SIGKILL at random moments and started again on the
same folders and ports. At the end everything may settle, and every line that was told as stored must be before
every client of its room exactly once, in one order; scripts/mayhem/evidence.py says what that means.
Exit code 0: nothing lost, doubled or reordered. Otherwise the logs stay, and where is printed.
"""

import argparse
import json
import secrets
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.mayhem.flags import read_flags
from scripts.setup.environment import enter

if __name__ == "__main__":
    read_flags(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "dev")

import numpy as np
from tqdm import tqdm

from scripts.mayhem.cast import Failed
from scripts.mayhem.play import Outcome, Plan, run
from scripts.person import NothingHeard
from scripts.processes import NotStarted

_EACH_SHOWN = 10  # of each kind of finding


def main() -> int:
    """Run and tell. 0 if all held."""
    given = read_flags(__doc__)
    seed = secrets.randbelow(2**32) if given.seed is None else given.seed
    print(f"seed {seed}")
    folder = Path(tempfile.mkdtemp(prefix="secure-chat-chaos-"))
    try:
        outcome = _run(_plan(given, seed), folder)
    except (Failed, NotStarted, NothingHeard) as error:
        print(f"FAILED: {error}. Seed {seed}; logs and folders are in {folder}.", file=sys.stderr)
        return 1
    _tell(outcome)
    if given.json:
        given.json.write_text(json.dumps({"seed": seed, **asdict(outcome)}, indent=1) + "\n", encoding="utf-8")
    if outcome.findings:
        print(f"FAILED. Seed {seed}; logs and folders are in {folder}.", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


def _plan(given: argparse.Namespace, seed: int) -> Plan:
    if given.minutes is None:
        return Plan(given.rooms, given.clients, seed, given.kills // 2, given.kills - given.kills // 2)
    return Plan(given.rooms, given.clients, seed, sys.maxsize, sys.maxsize, given.minutes * 60)


def _run(plan: Plan, folder: Path) -> Outcome:
    total = plan.broker_kills + plan.client_kills
    with tqdm(total=total if total < sys.maxsize else None, desc="kills", disable=None) as bar:
        return run(plan, folder, lambda kills: bar.update(kills - bar.n))


def _tell(outcome: Outcome) -> None:
    findings = outcome.findings
    for sentences in (findings.lost, findings.doubled, findings.reordered):
        print("".join(f"  {sentence}\n" for sentence in sentences[:_EACH_SHOWN]), end="")
    print(
        f"posts {outcome.posts:,}, kills {outcome.broker_kills} of the broker and {outcome.client_kills} of clients, "
        f"lost {len(findings.lost)}, doubled {len(findings.doubled)}, reordered {len(findings.reordered)}; "
        f"{outcome.seconds:.0f} s"
    )
    if outcome.returns:
        p50, p99, most = np.percentile(outcome.returns, [50, 99, 100])
        print(
            f"back in the room after a broker was ready again: p50 {p50:.2f} s, p99 {p99:.2f} s, at most {most:.2f} s "
            f"({len(outcome.returns):,} times)"
        )


if __name__ == "__main__":
    sys.exit(main())
