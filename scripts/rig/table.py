"""The results of many runs as a table in Markdown, and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from scripts.rig.analysis import spread
from scripts.rig.runs import Result

_HEAD = (
    "| program | runs | chirps, ms | p95 | the listener says, ms | off by | lost | speech, ms | PESQ | STOI | concealed"
    " | CPU of speaker / listener, % | load |"
)


def table(results: Sequence[Result]) -> str:
    """A row for each setting: medians of the runs, their least and most in brackets.

    `off by`: what the listener says, less what was measured and the period that the card hands out early.
    """
    rows = [_HEAD, "|" + "---|" * (_HEAD.count("|") - 1)]
    return "\n".join([*rows, *(_row(name, runs) for name, runs in _grouped(results).items())])


def meanwhile(results: Sequence[Result]) -> str:
    """Of each long talk what its listener said of the delay as it went on, and the memory, before and after."""
    lines = []
    for before, after in pairwise(results):
        if after.meanwhile:
            said = " → ".join("–" if one is None else f"{one:.0f}" for one in after.meanwhile)
            memory = (f"{name} {mib} → {after.memory[name]}" for name, mib in before.memory.items())
            lines.append(f"While it talked its listener said, in each sixth: {said} ms. MiB: {', '.join(memory)}.")
    return "\n".join(lines)


def draw(path: Path, results: Sequence[Result], net: str | None) -> None:
    """Delay and quality of each run."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    groups = _grouped(results)
    for number, runs in enumerate(groups.values()):
        place = np.full(len(runs), number) + np.linspace(-0.2, 0.2, len(runs))
        left.scatter(place, [run.chirps.median for run in runs], label="chirps" if not number else None, color="C0")
        late = [float(np.median(run.speech_ms)) for run in runs if run.speech_ms]
        left.scatter(place[: len(late)], late, label="speech" if not number else None, color="C1", marker="x")
        right.scatter(place, [_pesq(run) or np.nan for run in runs], color="C0")
    left.set(ylabel="mouth to ear, ms", ylim=(0, None))
    right.set(ylabel="PESQ", ylim=(1, 4.7))
    for axes in (left, right):
        axes.set_xticks(range(len(groups)), list(groups), rotation=12)
        axes.grid(visible=True, alpha=0.3)
    left.legend()
    figure.suptitle(f"Each run; network: {net or 'none between them'}")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _grouped(results: Sequence[Result]) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(f"{result.program}, {result.setting}", []).append(result)
    return groups


def _row(name: str, runs: Sequence[Result]) -> str:
    def of(value: Callable[[Result], float | None]) -> str:
        values = [found for run in runs if (found := value(run)) is not None]
        return spread(values) if values else "–"

    lost = sum(run.chirps.said - run.chirps.heard for run in runs)
    said = sum(run.chirps.said for run in runs)
    cells = [
        name,
        str(len(runs)),
        of(lambda run: run.chirps.median),
        of(lambda run: run.chirps.p95),
        of(lambda run: run.estimate),
        of(lambda run: None if run.estimate is None else run.estimate - run.chirps.median - run.early_ms),
        f"{lost} of {said}",
        of(lambda run: float(np.median(run.speech_ms)) if run.speech_ms else None),
        of(_pesq),
        of(lambda run: float(np.mean([one.stoi for one in run.quality]))),
        _concealed(runs),
        f"{of(lambda run: run.cpu['speaker'] * 100)} / {of(lambda run: run.cpu['listener'] * 100)}",
        of(lambda run: run.load),
    ]
    return "| " + " | ".join(cells) + " |"


def _concealed(runs: Sequence[Result]) -> str:
    """The share of what was played that was made up; only ours tell."""
    played, hidden = (sum(run.counters.get(name, 0.0) for run in runs) for name in ("played", "concealed"))
    return f"{hidden / (played + hidden):.2%}" if played else "–"


def _pesq(run: Result) -> float | None:
    judged = [one.pesq for one in run.quality if one.pesq is not None]
    return float(np.mean(judged)) if judged else None
