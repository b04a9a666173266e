"""What runs from right to left, in the order in which it is to be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.ui.bidi import begins_right, broken, is_needed, shown

SHALOM = "שלום"
HELLO = "مرحبا"


@pytest.mark.parametrize("text", ["", "plain", "Zoë, naïve", "日本語", "🎧 ok", "123"])
def test_most_texts_need_nothing(text: str) -> None:
    assert not is_needed(text)
    assert shown(text) == text


def test_hebrew_is_turned_round_and_its_numbers_are_not() -> None:
    # would catch: a name that is read backwards
    assert shown(SHALOM) == SHALOM[::-1]
    assert shown(f"{SHALOM} 123") == f"123 {SHALOM[::-1]}"
    assert shown(f"Ann: {SHALOM}!") == f"Ann: {SHALOM[::-1]}!"
    assert shown(f"{SHALOM}!", right=False) == f"{SHALOM[::-1]}!"
    assert shown(f"{SHALOM}!") == f"!{SHALOM[::-1]}"


def test_brackets_are_mirrored() -> None:
    # would catch: a second Noa who is shown as )2(
    assert shown(f"{SHALOM} (2)") == f"(2) {SHALOM[::-1]}"


def test_arabic_letters_join() -> None:
    seen = shown(HELLO)
    assert len(seen) == len(HELLO)
    assert not set(seen) & set(HELLO)  # all in their joined forms
    assert is_needed(seen)


def test_the_first_letter_decides_the_direction() -> None:
    assert begins_right(f"... 12 {SHALOM} abc")
    assert begins_right(HELLO)
    assert not begins_right(f"a {SHALOM}")
    assert not begins_right("12 ...")


def test_lines_are_broken_before_they_are_turned_round() -> None:
    # would catch: a paragraph whose first words stand in its last line
    words = ["אחת", "שתיים", "שלוש", "ארבע"]
    lines = broken(" ".join(words), 12, len)
    assert [said for _, said in lines] == ["אחת שתיים", "שלוש ארבע"]
    assert [seen for seen, _ in lines] == ["אחת שתיים"[::-1], "שלוש ארבע"[::-1]]
    assert broken(f"{SHALOM}\nabc", 99, len) == [(SHALOM[::-1], SHALOM), ("abc", "abc")]
    assert broken("ב" * 50, 10, len) == [("ב" * 50, "ב" * 50)]


@given(st.text("אבגשםمرحبا ab1.\n", max_size=80), st.integers(1, 40))
def test_nothing_is_lost(text: str, width: int) -> None:
    lines = broken(text, width, len)
    assert "".join(said for _, said in lines).replace(" ", "") == text.replace("\n", "").replace(" ", "")
    assert all(len(said) <= width or " " not in said.strip() for _, said in lines)


def test_a_mark_of_direction_turns_what_is_beside_it_and_is_not_seen() -> None:
    plain, marked = shown(f"abc {SHALOM}! def"), shown(f"abc {SHALOM}!\u200f def")
    assert plain != marked
    assert sorted(plain) == sorted(marked)
