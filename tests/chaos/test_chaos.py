"""Real processes, killed at random moments while people write: not one accepted line is lost."""

from __future__ import annotations

from pathlib import Path

from scripts.mayhem.evidence import Findings
from scripts.mayhem.play import Plan, run


def test_no_line_is_lost_doubled_or_moved_by_kills(tmp_path: Path) -> None:
    # A fixed seed: what it draws is the same in each run, when the processes get their turn is not.
    outcome = run(Plan(seed=3, broker_kills=20, client_kills=20), tmp_path, told=lambda _: None)
    assert outcome.findings == Findings()
    assert outcome.broker_kills == 20
    assert outcome.client_kills >= 20
    assert outcome.posts > 100
