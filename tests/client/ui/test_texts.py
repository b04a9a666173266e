"""Sentences of the window that say how many, or whom: the ones that no other part of the tests reads."""

from __future__ import annotations

import pytest

from client.ui import texts


def test_words_to_compare() -> None:
    assert texts.room("otter lamp") == "Room otter lamp"
    assert texts.broker("one two three four", first_contact=True) == "New broker: compare one two three four"
    assert texts.broker("one two three four", first_contact=False) == "Broker one two three four"


@pytest.mark.parametrize(("count", "said"), [(1, "1 new message  ↓"), (2, "2 new messages  ↓")])
def test_new_messages_below(count: int, said: str) -> None:
    assert texts.new_below(count) == said


def test_who_a_row_is() -> None:
    assert texts.tip_person("Ann", "ab12", "listening") == "Ann: listening\nDevice ab12"
