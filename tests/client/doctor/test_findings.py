"""How a finding is told."""

from __future__ import annotations

from client.doctor.findings import Mark, as_text, bad, good, in_short, skipped, warning


def test_a_finding_is_one_line_with_its_remedy() -> None:
    # Would catch a remedy that is left out, and marks that do not stand under each other.
    assert as_text(good("address", "there")) == "ok       address: there"
    assert as_text(warning("clock", "odd", "set it")) == "warning  clock: odd → set it"
    assert as_text(bad("join", "no", "ask")) == "FAILED   join: no → ask"
    assert as_text(skipped("join", "no port")) == "skipped  join: no port"


def test_the_last_line_tells_what_all_together_mean() -> None:
    # Would catch "all is well" under a warning that nobody reads then.
    assert in_short({Mark.GOOD, Mark.SKIPPED}) == "All is well."
    assert in_short({Mark.GOOD, Mark.WARNING}) == "Nothing is broken: see what is warned of above."
    assert in_short({Mark.WARNING, Mark.BAD}) == "Something needs to be mended: see FAILED above."
