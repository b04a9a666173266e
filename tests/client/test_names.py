"""Names and texts of strangers: whatever they write, nothing comes out that a terminal or a label would obey."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.names import BadName, check_name, clean_name, clean_text, unique_name
from common import limits
from common.errors import TooLong

# Ordinary letters and those that have caused trouble, in one soup.
_SOUP = st.text(
    st.one_of(
        st.sampled_from(
            "Ae \u0301\u200d\u202e\u2066\u2069\u200f\ufeff\u3164\ufe0f\u2028\x1b\x07\x9b\r\n\t\ud800\U000e0041\u0958🧔"
        ),
        st.characters(),
    ),
    max_size=120,
)
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(_SOUP)
def test_a_cleaned_name_is_safe_short_and_settled(raw: str) -> None:
    name = clean_name(raw)
    # An escape sequence, an override, an invisible letter that comes through.
    assert not [c for c in name if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}]
    assert not _BIDI & set(name)
    assert 0 < len(name.encode()) <= limits.NAME_BYTES
    assert name == " ".join(name.split())
    # Cleaned twice it must not become yet another name, or two clients would show two.
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Ann", "Ann"),
        ("  Ann\t \n Lee ", "Ann Lee"),
        ("Ann\u2028Lee\u00a0X", "Ann Lee X"),
        ("\x1b[31mAnn\x9b", "[31mAnn"),
        ("Ann\u202egnp.exe", "Anngnp.exe"),
        ("Ann\u200b\u3164\ufe0f", "Ann"),  # looks like Ann, so it must be called Ann (and then Ann (2))
        ("e\u200d\u0301", "é"),  # composed only after the joiner is gone
        ("", "?"),
        ("\u200b\ud800", "?"),
        ("ж" * 40, "ж" * 32),
        ("a" + "ж" * 40, "a" + "ж" * 31),  # cut between characters, not within one
    ],
)
def test_names_that_others_sent(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


def test_my_own_name_is_cleaned_or_refused_but_never_cut() -> None:
    assert check_name(" Ann  Lee\n") == "Ann Lee"
    assert check_name("?") == "?"
    assert check_name("ж" * 32) == "ж" * 32
    with pytest.raises(TooLong, match="64 bytes"):
        check_name("ж" * 32 + "a")
    with pytest.raises(BadName, match="missing"):
        check_name(" \t")
    with pytest.raises(BadName, match="no letter"):
        check_name("\u202e\u200b")


@given(_SOUP)
def test_check_name_raises_nothing_else_and_agrees_with_what_others_will_read(raw: str) -> None:
    try:
        name = check_name(raw)
    except (BadName, TooLong):
        return
    assert clean_name(name) == name == clean_name(raw)


@given(_SOUP)
def test_a_cleaned_text_steers_nothing(raw: str) -> None:
    text = clean_text(raw)
    assert not [c for c in text if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} and c not in "\n\t"]
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(text)
    assert len(text) <= len(raw)
    assert clean_text(text) == text
    text.encode()  # half a surrogate pair would stop whoever writes it out


def test_a_text_keeps_its_lines_and_its_script() -> None:
    assert clean_text("a\r\nb\rc\u2028d\n\te") == "a\nb\nc\nd\n\te"
    family = "👩\u200d👧 \u200fשלום"  # joiners and marks belong to scripts and emoji
    assert clean_text(family) == family


def test_a_taken_name_gets_the_next_free_number() -> None:
    assert unique_name("Ann", set()) == "Ann"
    assert unique_name("Ann", {"Ann"}) == "Ann (2)"
    assert unique_name("Ann", {"Ann", "Ann (2)", "Ann (4)"}) == "Ann (3)"
