"""A run's figures as a table, as JSON and as a picture."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import zmq

from scripts.bench.figures import Figures, Run, by_second


def print_table(figures: Figures) -> None:
    """The figures for people."""
    print(f"{'':28}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}")
    delays = figures.delays
    row = (delays.p50, delays.p95, delays.p99, delays.max) if delays else ()
    print(
        f"{'one-way delay, ms':28}" + "".join(f"{value:9.2f}" for value in row) + ("" if row else "  nothing arrived")
    )
    share = figures.lost / figures.expected if figures.expected else 0.0
    print(f"{'frames sent':28}{figures.sent:>9,}")
    print(f"{'deliveries':28}{figures.delivered:>9,} of {figures.expected:,}; lost {figures.lost:,} ({share:.3%})")
    each = figures.broker_us_per_delivery
    print(f"{'broker CPU':28}{figures.broker_cpu_share:>9.1%} of a core", end="")
    print(f"; {each:.1f} µs a delivered frame" if each is not None else "")
    print(f"{'broker memory a member':28}{figures.broker_kib_per_member:>9,.0f} KiB")
    print(f"{'talkers late, p99':28}{figures.lateness_p99_ms:>9.2f} ms")
    for reason in figures.limits:
        print(f"The load generator was the limit, so do not blame the broker: {reason}.")


def write_json(path: Path, settings: Mapping[str, object], figures: Figures, run: Run) -> None:
    """Everything that another program may want to compare, with what it was measured on."""
    seconds = [{"second": number, **asdict(delays)} for number, delays in by_second(run)]
    result = {"settings": dict(settings), "machine": machine(), "figures": asdict(figures), "delays_by_second": seconds}
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def machine() -> dict[str, object]:
    """What a bench was run on."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "libzmq": zmq.zmq_version(),
    }


def draw(path: Path, title: str, figures: Figures, run: Run) -> None:
    """A picture: how many frames took how long, and how that went over time."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    quantiles = np.linspace(0, 100, 1_001)
    if figures.delays:
        left.plot(np.percentile(run.counted(), quantiles) / 1e6, quantiles)
    left.set(xscale="log", xlabel="one-way delay, ms", ylabel="frames that took no longer, %", ylim=(0, 101))
    seconds = by_second(run)
    for name in ("p50", "p95", "p99", "max"):
        right.plot([number for number, _ in seconds], [getattr(delays, name) for _, delays in seconds], label=name)
    right.set(yscale="log", xlabel="second of the run", ylabel="one-way delay, ms")
    for axes in (left, right):
        axes.grid(visible=True, which="both", alpha=0.3)
    if seconds:
        right.legend()
    note = " — the load generator was the limit" if figures.limits else ""
    figure.suptitle(title + note)
    figure.savefig(path, dpi=110)
    plt.close(figure)
