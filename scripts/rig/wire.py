"""What a talk costs on the wire: whole IP packets of who speaks and of who listens, in both directions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scripts.rig.analysis import spread
from scripts.rig.link import Network
from scripts.rig.programs import Setting
from scripts.rig.runs import speech, staged

_HEAD = "| program | runs | who speaks: up | down | who listens: down | up |"


@dataclass(frozen=True, slots=True)
class Wire:
    """Of one run, in kbit/s while somebody speaks without a pause."""

    program: str
    setting: str
    speaker_up: float
    speaker_down: float
    listener_down: float
    listener_up: float


def wire(setting: Setting, period: int, times: int, seed: int) -> Wire:
    """Say the speech so often, twice: once the speaker is alone behind the wire, once the listener."""
    (speaker_up, speaker_down), (listener_up, listener_down) = (
        _carried(setting, period, times, seed, listener_near=near) for near in (False, True)
    )
    return Wire(setting.program, setting.name, speaker_up, speaker_down, listener_down, listener_up)


def wire_table(found: Sequence[Wire]) -> str:
    """A row for each setting."""
    lines = [_HEAD, "|" + "---|" * (_HEAD.count("|") - 1)]
    for name in dict.fromkeys(f"{one.program}, {one.setting}" for one in found):
        runs = [one for one in found if f"{one.program}, {one.setting}" == name]
        columns = [[getattr(run, column) for run in runs] for column in Wire.__slots__[2:]]
        lines.append(f"| {name} | {len(runs)} | {' | '.join(spread(column) for column in columns)} |")
    return "\n".join(lines)


def _carried(setting: Setting, period: int, times: int, seed: int, *, listener_near: bool) -> tuple[float, float]:
    """kbit/s that left the near end, and that came to it."""
    with staged(setting, period, Network(), seed, listener_near=listener_near) as stage:
        assert stage.link is not None  # noqa: S101 - a network was given
        begun, before = time.monotonic(), stage.link.near_bytes()
        stage.card.play("A", np.tile(speech(), times))
        took = time.monotonic() - begun
        sent, received = (now - then for now, then in zip(stage.link.near_bytes(), before, strict=True))
    return round(sent * 8 / took / 1_000, 1), round(received * 8 / took / 1_000, 1)
