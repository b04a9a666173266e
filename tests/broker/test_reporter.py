from __future__ import annotations

from collections.abc import Callable

import pytest

from broker import reporter
from broker.core import Core
from broker.engine.forgetful import ForgetfulEngine
from broker.ports import Ports
from broker.report import decode_report
from broker.reporter import Reporter
from broker.status import Standing

PORTS = Ports(1, 2, 3)


def test_the_loops_numbers_and_the_process() -> None:
    # Would catch numbers of another field.
    core = Core(ForgetfulEngine(bytes))

    def ask(take: Callable[[Standing], None]) -> None:
        take(core.standing(0.0))

    line = Reporter(ask, PORTS).line()
    assert line is not None
    report = decode_report(line)
    assert (report.rooms, report.members, report.listeners, report.ports) == (0, 0, 0, PORTS)
    assert report.counters == core.counts.as_dict()
    assert report.uptime_seconds >= 0


def test_a_loop_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a thread that waits for a stopped loop for ever.
    monkeypatch.setattr(reporter, "_PATIENCE", 0.01)
    assert Reporter(lambda _: None, PORTS).line() is None
