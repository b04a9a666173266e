"""The draft of each room: which one stands in the field, and when it is put away."""

from __future__ import annotations

from client.commands import Command, KeepDraft, TellWriting
from client.events import DraftOpened
from client.ui.draft import Draft


def entered(room: str = "r", text: str = "", *, kept: bool = True) -> Draft:
    draft = Draft()
    assert draft.opened(DraftOpened(room, text, kept)) == text
    return draft


def kept(commands: list[Command]) -> list[tuple[str, str]]:
    return [(command.room, command.text) for command in commands if isinstance(command, KeepDraft)]


def test_it_is_put_away_after_a_pause_and_once() -> None:
    # mistake: a write to the disk for each key, or none at all before the crash
    draft = entered()
    for tenth, text in enumerate(("h", "ha", "hal", "half")):
        draft.edited(text, tenth / 10)
        assert draft.rest(tenth / 10) == []
    assert kept(draft.rest(1.2)) == []
    assert kept(draft.rest(1.3)) == [("r", "half")]
    assert draft.rest(9.0) == []
    assert draft.put_away() == []


def test_whoever_writes_without_a_pause_is_saved_too() -> None:
    draft = entered()
    saved = []
    for tenth in range(120):
        draft.edited("x" * (tenth + 1), tenth / 10)
        saved += kept(draft.rest(tenth / 10))
    assert [len(text) for _, text in saved] == [51, 102]


def test_leaving_puts_it_away_at_once_and_sending_forgets_it_at_once() -> None:
    draft = entered()
    draft.edited("half", 0.0)
    assert kept(draft.put_away()) == [("r", "half")]
    assert kept(draft.edited("", 0.1)) == [("r", "")]
    draft.edited("  \n", 0.2)
    assert draft.put_away() == []  # nothing is written: nothing is kept


def test_others_are_told_once_a_second_and_never_of_an_empty_field() -> None:
    draft = entered()
    told = [draft.edited("x" * (tenth + 1), tenth / 10) for tenth in range(25)]
    assert [tenth for tenth, commands in enumerate(told) if commands == [TellWriting()]] == [0, 10, 20]
    assert TellWriting() not in draft.edited("", 9.0)
    assert TellWriting() not in draft.edited(" ", 19.0)
    assert draft.edited(" ", 29.0) == []  # nothing has changed


def test_what_was_there_before_the_crash_comes_back() -> None:
    draft = entered("r", "half a sent")
    assert draft.edited("half a sent", 0.0) == []  # it was put there, not written
    assert draft.rest(9.0) == []


def test_what_was_written_before_the_room_goes_into_it_behind_what_was_there() -> None:
    # mistake: one of two drafts lost where both are there
    for found, result in (("", "early"), ("old", "old\nearly"), ("early", "early"), (" ", "early")):
        draft = Draft()
        draft.edited("early", 0.0)
        assert draft.rest(5.0) == []  # nowhere to put it yet
        assert draft.opened(DraftOpened("r", found, kept=True)) == result
        assert kept(draft.rest(5.0)) == ([] if found == result else [("r", result)])


def test_the_same_room_again_leaves_the_field_alone() -> None:
    # mistake: what was written while the connection was lost is replaced by what was kept before
    draft = entered("r", "half")
    draft.edited("half a sentence", 0.0)
    assert draft.opened(DraftOpened("r", "half", kept=True)) == "half a sentence"
    assert kept(draft.put_away()) == [("r", "half a sentence")]


def test_a_word_for_one_room_is_never_shown_in_another() -> None:
    # mistake: a line for friends that Enter sends to colleagues
    draft = entered("friends", kept=False)
    keeps = [draft.kept]
    draft.edited("darling", 0.0)
    assert draft.opened(DraftOpened("work", "dear all", kept=True)) == "dear all"
    keeps.append(draft.kept)
    draft.edited("dear all,", 1.0)
    assert draft.opened(DraftOpened("friends", "", kept=False)) == "darling"
    assert draft.opened(DraftOpened("work", "dear all,", kept=True)) == "dear all,"
    assert keeps == [False, True]


def test_rooms_that_are_remembered_are_bounded() -> None:
    draft = entered("r0")
    for number in range(1, 60):
        draft.edited(f"in {number - 1}", float(number))
        draft.opened(DraftOpened(f"r{number}", "", kept=False))
    assert draft.opened(DraftOpened("r0", "", kept=False)) == ""
    assert draft.opened(DraftOpened("r58", "", kept=False)) == "in 58"
