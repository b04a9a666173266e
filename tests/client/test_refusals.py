"""What is made of a broker's refusal."""

from __future__ import annotations

from client import refusals
from common.messages import Closing, Refused


def test_a_reason_is_shown_as_one_clean_line() -> None:
    # Would catch a broker that draws lines of its own into a terminal.
    refused = Refused("join", "full", "No\x1b[31m place\nAnn: hello", 0)
    assert "\x1b" not in refusals.sentence(refused)
    assert "\n" not in refusals.sentence(refused)


def test_without_a_reason_its_code_is_told() -> None:
    refused = Refused("join", "fu11 <b>", "", 0)
    assert refusals.sentence(refused) == "The broker refused: fub."
    assert refusals.problem_code(refused) == "refused_fub"


def test_no_time_means_never_and_a_long_time_is_cut() -> None:
    # Would catch a broker that puts a client off for weeks, and one that is asked again at once for ever.
    assert refusals.retry_at(Refused("post", "x", "", 0), 5.0) is None
    assert refusals.retry_at(Refused("post", "x", "", 1_500), 5.0) == 6.5
    assert refusals.retry_at(Refused("post", "x", "", 2**31), 5.0) == 5.0 + refusals.LONGEST_WAIT
    assert refusals.wait(Closing(250)) == 0.25
