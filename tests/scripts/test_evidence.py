"""The judge of the chaos test, given planted losses, doubles and moved lines: each must be found, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scripts.mayhem.evidence import Findings, Run, Shown, Witness, examine, expected

ANN = ["ann 1", "ann 2"]
BEN = ["ben 1"]
LINES = [Shown(1, "ann 1"), Shown(2, "ben 1"), Shown(4, "ann 2")]


def ann(*runs: Run, promised: Sequence[str] = ANN, log: Sequence[Shown] | None = None) -> Witness:
    return Witness("Ann", ANN, frozenset(promised), runs or (Run(LINES, [1, 4]),), log)


def ben(*runs: Run, log: Sequence[Shown] | None = None) -> Witness:
    return Witness("Ben", BEN, frozenset(BEN), runs or (Run(LINES, [2]),), log)


def found(*room: Witness) -> tuple[int, int, int]:
    findings = examine(room)
    assert bool(findings) == any((findings.lost, findings.doubled, findings.reordered))
    return len(findings.lost), len(findings.doubled), len(findings.reordered)


def lost(*room: Witness) -> list[str]:
    return examine(room).lost


def test_a_room_in_which_all_is_well() -> None:
    assert found(ann(), ben()) == (0, 0, 0)
    assert expected([ann(), ben()]) == {1, 2, 4}  # numbers may have holes


def test_a_line_that_one_client_never_saw_is_lost() -> None:
    # mistake: a view is held against what was shown, not against what a sender was told
    assert lost(ann(), ben(Run(LINES[:2], [2]))) == ["Ben never saw line 4", "the last run of Ben has not shown line 4"]
    assert "Ann never saw line 4" in lost(ann(Run(LINES[:2], [1, 4]), promised=[]), ben(Run(LINES[:2], [2])))


def test_a_line_that_only_one_client_saw_is_lost_to_the_others() -> None:
    # mistake: a line whose acknowledgement died with its sender comes to some and not to others
    assert "Ann never saw line 4" in lost(ann(Run(LINES[:2], [1]), promised=[]), ben())


def test_a_line_out_of_an_outbox_that_nobody_saw_is_lost() -> None:
    assert lost(ann(Run(LINES[:2], [1])), ben(Run(LINES[:2], [2]))) == [
        "nobody has seen “ann 2”, which Ann had to deliver"
    ]


def test_a_line_that_no_outbox_had_may_never_come() -> None:
    assert found(ann(Run(LINES[:2], [1]), promised=["ann 1"]), ben(Run(LINES[:2], [2]))) == (0, 0, 0)


def test_what_one_run_did_not_live_to_see_the_next_shows() -> None:
    before = Run(LINES[:2], [1])
    after = Run([Shown(1, "ann 1", late=True), Shown(2, "ben 1", late=True), LINES[2]], [4])
    assert found(ann(before, after), ben()) == (0, 0, 0)
    assert lost(ann(before, Run(LINES[2:], [4])), ben()) == [
        "the last run of Ann has not shown line 1",
        "the last run of Ann has not shown line 2",
    ]


def test_of_a_long_room_the_last_run_shows_the_newest_lines() -> None:
    lines = [Shown(seq, f"ann {seq}") for seq in range(1, 1_201)]
    texts = [line.text for line in lines]
    room = [Witness("Ann", texts, frozenset(texts), [Run(lines, range(1, 1_201)), Run(lines[200:])])]
    assert found(*room) == (0, 0, 0)
    assert lost(replace(room[0], runs=[room[0].runs[0], Run(lines[201:])])) == [
        "the last run of Ann has not shown line 201"
    ]


def test_a_line_that_a_log_lacks_is_lost() -> None:
    assert found(ann(log=LINES), ben(log=LINES)) == (0, 0, 0)
    assert lost(ann(log=LINES), ben(log=LINES[1:])) == ["the log of Ben lacks line 1"]


def test_a_line_that_only_a_log_has_was_seen_by_that_client() -> None:
    assert lost(ann(), ben(log=[*LINES, Shown(5, "ann 2")]))[0] == "Ann never saw line 5"


def test_lines_that_are_told_as_missing_are_lost() -> None:
    # mistake: a client speaks of dropped lines although none was
    assert lost(ann(Run(LINES, [1, 4], missing=2)), ben()) == ["Ann tells of 2 missing lines"]
    assert lost(ann(Run(LINES, [1], missing=2), Run(LINES, [4])), ben()) == []


def test_a_line_twice_in_one_run_or_in_the_log_is_doubled() -> None:
    again = Shown(1, "ann 1", late=True)
    assert found(ann(), ben(Run([*LINES, again], [2]))) == (0, 1, 0)
    assert found(ann(), ben(log=[*LINES, again])) == (0, 1, 0)
    assert found(ann(), ben(Run(LINES, [2, 2]))) == (0, 1, 0)


def test_a_line_under_two_numbers_is_doubled() -> None:
    # mistake: a post that is sent again after a crash of the broker is stored a second time
    both = [*LINES, Shown(5, "ann 2")]
    assert found(ann(Run(both, [1, 4])), ben(Run(both, [2]))) == (0, 1, 0)


def test_a_number_that_is_two_lines_is_reordered() -> None:
    # mistake: after a crash the broker gives a number away again
    other = [*LINES[:1], Shown(4, "ben 1"), Shown(2, "ann 2")]
    assert found(ann(), ben(Run([replace(line, late=True) for line in other], [2])))[2] >= 2


def test_live_lines_that_fall_in_number_are_reordered_and_late_ones_are_not() -> None:
    turned = [LINES[0], LINES[2], LINES[1]]
    assert found(ann(), ben(Run(turned, [2]))) == (0, 0, 1)
    assert found(ann(), ben(Run([*turned[:2], replace(turned[2], late=True)], [2]))) == (0, 0, 0)


def test_lines_of_one_sender_out_of_their_order_are_reordered() -> None:
    # mistake: posts that wait are sent again behind newer ones
    lines = [Shown(1, "ann 2"), Shown(2, "ben 1"), Shown(4, "ann 1")]
    assert found(ann(Run(lines, [1, 4])), ben(Run(lines, [2]))) == (0, 0, 1)


def test_a_line_of_another_room_is_found() -> None:
    lines = [*LINES, Shown(5, "dora 1")]
    assert found(ann(Run(lines, [1, 4])), ben(Run(lines, [2]))) == (0, 0, 1)


def test_findings_add_up() -> None:
    sum_of_all = Findings()
    assert not sum_of_all
    sum_of_all += Findings(["a"], ["b"], [])
    sum_of_all += Findings([], ["c"], ["d"])
    assert (sum_of_all.lost, sum_of_all.doubled, sum_of_all.reordered) == (["a"], ["b", "c"], ["d"])
