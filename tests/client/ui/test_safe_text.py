"""Hostile names and texts are shown, and steer nothing."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from client.ui.safe_text import NAME_CELLS, SENTENCE_CELLS, bounded, safe_name, safe_sentence, safe_text


def test_ordinary_text_stays_as_it_is() -> None:
    # would catch: a filter so strict that other scripts, emoji or joined emoji suffer
    for text in ("Grüße, Ærø!", "שלום", "سلام", "日本語", "👍🏽", "👩\u200d👩\u200d👧", "two\nlines", "می\u200cخواهم"):
        assert safe_text(text) == text


def test_what_steers_the_screen_becomes_visible() -> None:
    # would catch: a name that turns the line around, hides a part of itself, or draws on a terminal
    assert safe_text("a\u202eb") == "a⟨U+202E⟩b"
    assert safe_text("\x1b[2J") == "␛[2J"
    assert safe_text("x\u200by") == "x⟨U+200B⟩y"
    assert safe_text("\x85|\x9f") == "�|�"
    assert safe_text("\ud800") == "�"
    assert safe_text("a\tb") == "a    b"


def test_marks_of_direction_stay_where_they_mean_something() -> None:
    # would catch: words in Hebrew with “⟨U+200F⟩” in them, as its keyboards type it; and two names that look alike
    assert safe_text("שלום!\u200f 1") == "שלום!\u200f 1"
    assert safe_text("no\u200ething\n\u061cسلام") == "nothing\n\u061cسلام"
    assert safe_name("Ann\u200e") == "Ann⟨U+200E⟩"


def test_every_kind_of_line_end_is_a_newline() -> None:
    # would catch: a carriage return that lets the end of a line overwrite its beginning
    assert safe_text("1\r\n2\r3\u20284\u20295") == "1\n2\n3\n4\n5"


def test_combining_marks_do_not_pile_up() -> None:
    # would catch: “zalgo” that paints over the lines above and below
    assert safe_text("e" + "\u0301" * 500) == "e" + "\u0301" * 4


def test_a_name_is_one_line_of_bounded_width() -> None:
    # would catch: a name that fills the window, also with characters of double width
    assert safe_name("  Ann\n\tBoth ") == "Ann Both"
    assert safe_name("x" * 200) == "x" * (NAME_CELLS - 1) + "…"
    assert len(safe_name("日" * 200)) <= NAME_CELLS // 2
    assert safe_name("e\u0301" * 20) == "e\u0301" * 20


def test_a_name_that_shows_nothing_gets_words() -> None:
    # would catch: a row in the list of people with no name in it
    for name in ("", "   ", "\u3164", "\u2800 \u2800", "\n"):
        assert safe_name(name) == "(no name)"


def test_a_sentence_is_bounded() -> None:
    # would catch: a broker's reason that pushes the window apart
    assert safe_sentence("busy\nnow") == "busy now"
    assert len(safe_sentence("x " * 5000)) <= SENTENCE_CELLS


def test_bounded_never_cuts_what_fits() -> None:
    assert bounded("12345", 5) == "12345"
    assert bounded("123456", 5) == "1234…"


@given(st.text())
def test_nothing_that_steers_comes_out(text: str) -> None:
    for shown in (safe_text(text).replace("\n", ""), safe_name(text), safe_sentence(text)):
        for letter in shown:
            assert unicodedata.category(letter) not in {"Cc", "Cs", "Zl", "Zp"}
            assert letter in "\u200c\u200d" or unicodedata.category(letter) != "Cf"
    assert "\n" not in safe_name(text) + safe_sentence(text)
