from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from broker import reporter
from broker.core import Core
from broker.engine.forgetful import ForgetfulEngine
from broker.ports import Ports
from broker.report import decode_report
from broker.reporter import Reporter, memory_bytes
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


def test_memory(tmp_path: Path) -> None:
    # Would catch a broker that cannot say how it is where there is no /proc.
    assert memory_bytes(tmp_path / "none") is None
    for text in ("", "1", "1 x"):
        (tmp_path / "statm").write_text(text)
        assert memory_bytes(tmp_path / "statm") is None
    (tmp_path / "statm").write_text("9 2 1")
    assert (memory_bytes(tmp_path / "statm") or 0) % 2 == 0
