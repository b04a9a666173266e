"""Gaps: a steady tone is said, and every break in it is found in what is heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from scripts.rig.analysis import breaks, spread
from scripts.rig.programs import Setting
from scripts.rig.runs import cpu_seconds, staged
from scripts.rig.signals import tone

_HEAD = "| program | runs | breaks a minute | CPU of the listener, % |"


@dataclass(frozen=True, slots=True)
class Steady:
    """Of one run: breaks a minute, and the share of a core that the listener's process took."""

    program: str
    setting: str
    breaks: float
    cpu: float


def steady(setting: Setting, period: int, seconds: float, seed: int) -> Steady:
    """Say the tone so long. Raises `Silent`."""
    with staged(setting, period, None, seed) as stage:
        listener = psutil.Process(stage.running.processes["listener"])
        before = cpu_seconds(listener)
        heard = stage.card.say("A", tone(seconds))["B ear"]
        return Steady(setting.program, setting.name, breaks(heard), (cpu_seconds(listener) - before) / seconds)


def steady_table(found: Sequence[Steady]) -> str:
    """A row for each setting."""
    lines = [_HEAD, "|" + "---|" * (_HEAD.count("|") - 1)]
    for name in dict.fromkeys(f"{one.program}, {one.setting}" for one in found):
        runs = [one for one in found if f"{one.program}, {one.setting}" == name]
        columns = [spread([run.breaks for run in runs]), spread([run.cpu * 100 for run in runs])]
        lines.append(f"| {name} | {len(runs)} | {' | '.join(columns)} |")
    return "\n".join(lines)
