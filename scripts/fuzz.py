"""Attack every parser with bytes that grow from real ones: `python3 scripts/fuzz.py --minutes 2`.

Each target of tests/fuzz/targets.py runs in processes of its own under Atheris (libFuzzer), which watches what
code each input reaches. An input that brings out anything but a declared error is kept in tests/fuzz/corpus, where
each test run tries it again. Ends with 1 if there was one. Linux only: Atheris is built for no other system here.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.flags import Flags
from scripts.setup.environment import ROOT, enter

_CORPUS = ROOT / "tests/fuzz/corpus"
_DONE = re.compile(r"Done (\d+) runs")
_AT = re.compile(r"^#(\d+)\s", re.MULTILINE)
_INPUT_BYTES = 4_096
_INPUT_SECONDS = 10  # one input that takes longer is a fault too
_MEMORY_MIB = 2_048


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one target: how many inputs it got, how long that took, and the one that broke it."""

    target: str
    inputs: int
    seconds: float
    fault: Path | None
    told: str


def _read_flags() -> argparse.Namespace:
    flags = Flags(__doc__)
    flags.add_argument("--minutes", type=float, default=2.0, metavar="N", help="for all targets together (default 2)")
    flags.add_argument("--inputs", type=int, default=0, metavar="N", help="of each target at most (default: no limit)")
    flags.add_argument("--target", action="append", metavar="NAME", help="only this one; may be given several times")
    flags.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes at a time")
    flags.add_argument("--run", metavar="NAME", help=argparse.SUPPRESS)  # the process that does it
    flags.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    given = flags.parse_args()
    if given.minutes <= 0 or given.jobs < 1 or given.inputs < 0:
        flags.error("--minutes and --jobs must be more than 0, --inputs not less")
    return given


def main() -> int:
    """Fuzz what was asked for, and tell."""
    given = _read_flags()
    from tests.fuzz.targets import TARGETS

    unknown = set(given.target or ()) - set(TARGETS)
    if unknown:
        print(f"No such target: {', '.join(sorted(unknown))}. There are: {', '.join(TARGETS)}.", file=sys.stderr)
        return 2
    names = given.target or list(TARGETS)
    seconds = given.minutes * 60 * given.jobs / len(names)
    with ThreadPoolExecutor(given.jobs) as pool:
        outcomes = list(pool.map(lambda name: _told(_fuzz(name, seconds, given.inputs)), names))
    total = sum(outcome.inputs for outcome in outcomes)
    faults = [outcome for outcome in outcomes if outcome.fault is not None]
    print(f"{total:,} inputs, {len(faults)} faults.")
    for outcome in faults:
        print(f"\n{outcome.target}: {outcome.fault}\n{outcome.told}")
    return 1 if faults else 0


def _told(outcome: Outcome) -> Outcome:
    rate = outcome.inputs / max(outcome.seconds, 0.001)
    state = "FAULT" if outcome.fault is not None else "ok"
    print(
        f"{outcome.target:16} {outcome.inputs:12,} inputs {outcome.seconds:7.0f} s {rate:9,.0f}/s  {state}", flush=True
    )
    return outcome


def _fuzz(name: str, seconds: float, inputs: int) -> Outcome:
    """Run one target in a process of its own, for so long or so many inputs."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="secure-chat-fuzz-") as folder:
        grown = Path(folder, "corpus")
        grown.mkdir()
        command = [sys.executable, __file__, "--run", name, "--", str(grown), str(_CORPUS / name)]
        command += [f"-max_total_time={max(1, int(seconds))}", f"-artifact_prefix={folder}/", f"-runs={inputs or -1}"]
        command += [f"-max_len={_INPUT_BYTES}", f"-timeout={_INPUT_SECONDS}", f"-rss_limit_mb={_MEMORY_MIB}"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        told = ended.stderr + ended.stdout
        found = [path for path in Path(folder).iterdir() if path.is_file()]
        fault = _keep(name, found[0]) if found else None
    counted = _DONE.findall(told) or _AT.findall(told) or ["0"]
    if ended.returncode and fault is None:
        raise SystemExit(f"The fuzzer of {name} did not run:\n{told[-2_000:]}")
    return Outcome(name, int(counted[-1]), time.monotonic() - begun, fault, told[-3_000:] if fault else "")


def _keep(name: str, found: Path) -> Path:
    """Put an input that broke something among the seeds, under a name that tells."""
    data = found.read_bytes()
    kept = _CORPUS / name / f"fault-{hashlib.sha256(data).hexdigest()[:16]}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(data)
    return kept


def _run(name: str, rest: list[str]) -> None:
    """The process that fuzzes one target: does not return."""
    import atheris

    with atheris.instrument_imports(include=["broker", "client", "common"]):
        from tests.fuzz.targets import TARGETS
    target: Callable[[bytes], None] = TARGETS[name]
    atheris.Setup([sys.argv[0], *rest], target)
    atheris.Fuzz()


if __name__ == "__main__":
    given = _read_flags()
    enter("client", "dev", "fuzz")
    if given.run:
        _run(given.run, given.rest)
    sys.exit(main())
