import pytest

from client.events import BrokerChanged, Clash
from client.trust import ANSWERS, Answer, Verdict, answer_of, explained, judge

CHANGED = BrokerChanged(
    "h:9090", "walnut-ferry-dapper-tulip", "drop-down-otter-lamp-cable", bytes(32), Clash.LINK_AND_PIN
)


@pytest.mark.parametrize(
    ("typed", "verdict"),
    [
        ("drop-down-otter-lamp-cable", Verdict.NEW),
        ("  Drop down, OTTER lamp… cable.", Verdict.NEW),  # as somebody writes who listens
        ("walnut ferry dapper tulip", Verdict.OLD),
        ("", Verdict.UNFINISHED),
        ("drop-down otter lamp", Verdict.UNFINISHED),
        ("drop down otter lamp cables", Verdict.NEITHER),
        ("cable lamp otter drop-down", Verdict.NEITHER),  # the order counts
        ("drop-down-otter-lamp-cable cable", Verdict.NEITHER),
    ],
)
def test_only_all_of_the_new_words_say_that_the_key_is_new(typed: str, verdict: Verdict) -> None:
    # Would catch a comparison that a hasty person, or a lucky guess at one word, gets past.
    assert judge(typed, CHANGED) is verdict


def test_answers_at_a_terminal() -> None:
    assert answer_of(CHANGED.now, CHANGED) is Answer.TRUST
    assert answer_of(CHANGED.before, CHANGED) is Answer.BEWARE
    assert answer_of("\n", CHANGED) is answer_of("/quit", CHANGED) is Answer.STAY_AWAY
    assert answer_of("yes", CHANGED) is answer_of("drop-down", CHANGED) is Answer.AGAIN  # nobody is waved through
    assert set(ANSWERS) == set(Answer)


@pytest.mark.parametrize("clash", Clash)
def test_both_rows_of_words_are_shown(clash: Clash) -> None:
    lines = "\n".join(explained(BrokerChanged("h:9090", "a-b-c-d", "e-f-g-h", bytes(32), clash)))
    assert "a-b-c-d" in lines
    assert "e-f-g-h" in lines
