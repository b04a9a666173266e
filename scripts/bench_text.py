"""How fast lines are kept and shown: `python3 scripts/bench_text.py --json text.json`.

A real broker process that keeps posts on disk, and members as real CURVE clients in other processes, which seal,
sign and open for real, all on this machine. Measured in turn, several times over: lines in one room alone, with
talkers beside them, the talkers alone, and as many lines as the broker takes from many rooms.
With --away N instead: how long a real client takes to catch up on N lines.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.bench.text_flags import read_flags
from scripts.setup.environment import enter

if __name__ == "__main__":
    read_flags(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "dev")

from scripts.bench.absence import measure_absence
from scripts.bench.figures import Delays
from scripts.bench.report import machine
from scripts.bench.stage import RAISED, Failed, raise_open_files, running_broker
from scripts.bench.text_figures import Spread, TextFigures, spread, text_figures
from scripts.bench.text_runs import KINDS, measure
from scripts.processes import Broker, NotStarted

_SYNCS = 200
_PAGE = 4_096  # bytes: what a database writes at least
Results = dict[str, list[TextFigures]]


def main() -> int:
    """Run, report. 0 if the bench ran, whatever it found; 1 if it could not."""
    given = read_flags(__doc__)
    raise_open_files()
    with tempfile.TemporaryDirectory(prefix="secure-chat-bench-", dir=given.data) as folder:
        try:
            with running_broker(Path(folder)) as broker:
                figures = _absence(given, broker, Path(folder)) if given.away else _runs(given, broker, Path(folder))
        except (Failed, NotStarted) as error:
            print(f"The bench did not run: {error}.", file=sys.stderr)
            return 1
    if given.json:
        settings = {key: str(value) for key, value in vars(given).items()} | {"broker": RAISED}
        result = {"settings": settings, "machine": machine(), **figures}
        given.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


def _absence(given: argparse.Namespace, broker: Broker, folder: Path) -> dict[str, object]:
    found = [measure_absence(broker, given.away, given.bytes, folder / f"ann {n}") for n in range(given.repeats)]
    print(f"A client that was away for {given.away:,} lines, seconds from its start, median (lowest to highest):")
    for name in ("joined", "screenful", "all"):
        print(f"  {name:24} {spread([getattr(each, name) for each in found])}")
    return {"absence": [asdict(each) for each in found]}


def _runs(given: argparse.Namespace, broker: Broker, folder: Path) -> dict[str, object]:
    sync = _sync_ms(folder)
    results: Results = {kind.name: [] for kind in KINDS}
    for _ in range(given.repeats):
        for kind in KINDS:
            results[kind.name].append(text_figures(measure(kind, given, broker)))
    print(f"One fsync of this disk takes {sync:.2f} ms (p50 of {_SYNCS}). Delays are from the writing of a")
    print("line, those of voice from its sending, as median (lowest to highest) of the runs:")
    for name, figures in results.items():
        _print_kind(name, figures)
    alone, beside = (_p99(results[name]) for name in ("voice", "text, with voice"))
    if alone and beside:
        print(f"Voice p99 beside text is {beside.median / alone.median:.2f} times that of voice alone.")
    if given.plot:
        _draw(given.plot, results)
    return {"fsync_ms": sync, "runs": {name: [asdict(each) for each in figures] for name, figures in results.items()}}


def _print_kind(name: str, figures: list[TextFigures]) -> None:
    print(f"{name}:")
    for what in ("shown", "acknowledged", "voice"):
        delays: list[Delays] = [found for each in figures if (found := getattr(each, what))]
        if delays:
            columns = (f"{part} {spread([getattr(each, part) for each in delays])}" for part in ("p50", "p95", "p99"))
            print(f"  {what + ', ms':28} {'  '.join(columns)}")
    if any(each.stored_a_second for each in figures):
        print(f"  {'posts stored a second':28} {spread([each.stored_a_second for each in figures])}", end="")
        print(f"; refused {sum(each.refused for each in figures)}")
    print(f"  {'broker CPU, of a core':28} {spread([each.broker_cpu for each in figures])}")
    for reason in sorted({reason for each in figures for reason in each.limits}):
        print(f"  The load generator may have been the limit: {reason}.")


def _p99(figures: list[TextFigures]) -> Spread | None:
    values = [each.voice.p99 for each in figures if each.voice]
    return spread(values) if values else None


def _sync_ms(folder: Path) -> float:
    """What one fsync of a written page costs in this folder, p50."""
    times = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            file.write(bytes(_PAGE))
            begun = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - begun)
    return median(times) * 1000


def _draw(path: Path, results: Results) -> None:
    """A picture: p50, p95 and p99 of what was written until shown, and of voice, for each kind of run."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    right.set(yscale="log")  # beside a saturated broker voice is another order of magnitude
    for axes, title, attribute in ((left, "written → shown, ms", "shown"), (right, "voice, ms", "voice")):
        for name, figures in results.items():
            delays = [found for each in figures if (found := getattr(each, attribute))]
            if delays:
                parts = ("p50", "p95", "p99")
                axes.plot(parts, [median(getattr(each, part) for each in delays) for part in parts], "o-", label=name)
        axes.set(title=title)
        axes.grid(visible=True, which="both", alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
