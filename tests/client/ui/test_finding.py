"""Which lines are found, and the way from one to the next."""

from __future__ import annotations

from datetime import UTC

from client.events import TextReceived
from client.ui.finding import Finding
from client.ui.transcript import Transcript


def line(seq: int, text: str) -> TextReceived:
    return TextReceived(f"p{seq}", "m", "Ann", text, seq, 1_000.0 + seq, own=False, late=False)


def searched() -> tuple[Transcript, Finding]:
    transcript = Transcript(UTC)
    for seq, text in enumerate(("An apple", "a pear", "APPLES", "äpfel", "apple pie"), 1):
        transcript.receive(line(seq, text))
    transcript.notice("apple notices are nobody's words", 1_000.0)
    return transcript, Finding(transcript)


def test_the_newest_comes_first_and_the_way_goes_round() -> None:
    _, finding = searched()
    finding.seek(" apple ")
    assert finding.count() == (3, 3)
    seen = []
    for _ in range(4):
        seen.append(finding.at)
        finding.step(back=True)
    assert seen == ["p5", "p3", "p1", "p5"]
    finding.step(back=False)
    assert finding.at == "p5"
    finding.seek("ÄPF")
    assert finding.at == "p4"


def test_nothing_found_and_nothing_sought() -> None:
    _, finding = searched()
    finding.seek("quince")
    assert (finding.at, finding.count()) == ("", (0, 0))
    finding.step(back=True)
    assert finding.at == ""
    finding.seek("")
    assert finding.count() == (0, 0)


def test_new_lines_are_found_and_the_place_stays() -> None:
    # Would catch a count of yesterday, and a view that jumps because somebody wrote.
    transcript, finding = searched()
    finding.seek("apple")
    finding.step(back=True)
    transcript.receive(line(9, "one more apple"))
    assert finding.at == "p3"
    assert finding.count() == (2, 4)
    finding.step(back=False)
    finding.step(back=False)
    assert finding.at == "p9"


def test_a_line_that_is_gone_is_no_place_to_go_on_from() -> None:
    transcript, finding = searched()
    finding.seek("apple")
    finding.at = "gone"
    assert finding.count() == (0, 3)
    finding.step(back=True)
    assert finding.at == "p5"
    assert len(transcript) == 6
