from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import limits
from common.crypto.phrase import WEAK_BITS, generate, normalise, strength_bits
from common.errors import BadPhrase
from common.words import word_list

SIX = "acorn-badge-cable-dance-eagle-fable"


@pytest.mark.parametrize(
    "typed",
    [
        SIX,
        "ACORN badge   Cable\tdance\neagle fable",
        "  acorn - badge - cable - dance - eagle - fable  ",
        "acorn\u2013badge\u2014cable\u2010dance\u2011eagle\u2212fable",  # dashes of word processors and phones
        "acorn\u00a0badge\u3000cable dance eagle fable",
        "ａｃｏｒｎ badge cable dance eagle fable",
    ],
)
def test_a_generated_phrase_has_one_spelling(typed: str) -> None:
    # Another spelling would silently be another room.
    assert normalise(typed) == SIX.encode()


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("T-Shirt yo yo drop--down felt tip acorn badge", b"t-shirt-yo-yo-drop-down-felt-tip-acorn-badge"),
        ("t-shirt t-shirt t-shirt t-shirt t-shirt t-shirt", b"-".join([b"t-shirt"] * 6)),
    ],
)
def test_words_of_the_list_that_hold_a_hyphen(typed: str, spelled: bytes) -> None:
    assert normalise(typed) == spelled


@pytest.mark.parametrize(
    "typed",
    [
        "Acorn Badge Cable Dance Eagle",  # five words
        "Acorn Badge Cable Dance Eagle Fable Gecko",  # seven
        "Acorn Badge Cable Dance Eagle Notaword",
        "Acorn Badge Cable Dance Eagle t",  # half of t-shirt
        "-Acorn Badge Cable Dance Eagle Fable",
        "My Own  Phrase",
    ],
)
def test_other_phrases_stay_as_they_were_typed(typed: str) -> None:
    assert normalise(typed) == typed.encode()


def test_unicode_spellings_are_one() -> None:
    assert normalise(" ﬁsh \u212bngstro\u0308m\u00a0") == "fish Ångström".encode()


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "is missing"),
        (" \t\u00a0\u3000\n", "is missing"),
        ("x" * (limits.PHRASE_BYTES + 1), "too long: it has 1,025 bytes"),
        ("é" * 513, "too long"),
        ("\ufdfa" * 40, "too long"),  # 3 bytes that NFKC makes 33
        ("abc\ud800", "does not exist"),
    ],
)
def test_phrases_that_cannot_be_used(typed: str, reason: str) -> None:
    with pytest.raises(BadPhrase, match=reason):
        normalise(typed)


def test_the_longest_phrase() -> None:
    assert len(normalise(" " + "x" * limits.PHRASE_BYTES + " ")) == limits.PHRASE_BYTES


@given(st.text(max_size=80) | st.lists(st.sampled_from(word_list()), min_size=5, max_size=7).map(" ".join))
def test_normalising_twice_changes_nothing(typed: str) -> None:
    # An invite carries the phrase as it is kept: it must lead to the same room.
    try:
        spelled = normalise(typed)
    except BadPhrase:
        return
    assert normalise(spelled.decode()) == spelled


def test_no_hyphenated_word_is_two_words_of_the_list() -> None:
    # Else "drop down" could be read as one word or two, and one phrase would be two.
    listed = set(word_list())
    for word in word_list():
        assert "-" not in word or not listed.issuperset(word.split("-"))


def test_generate_asks_for_six_words_of_the_whole_list() -> None:
    turns = itertools.count()

    def choose(words: Sequence[str]) -> str:
        assert len(words) == 7_776
        return words[next(turns)]

    phrase = generate(choose)
    assert phrase == "-".join(word_list()[:6])
    assert normalise(phrase) == phrase.encode()
    assert strength_bits(phrase) == pytest.approx(77.5, abs=0.1)


@pytest.mark.parametrize(
    ("phrase", "least", "most"),
    [
        ("", 0, 0),
        ("  ", 0, 0),
        ("a", 0, 0),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, 0),
        ("12345678901234567890", 0, 10),
        ("zyxwvutsrqponmlk", 0, 10),
        ("QWERTYUIOPasdfghjkl", 0, 10),
        ("poiuytrewq lkjhgfdsa", 0, 15),
        ("abcabcabcabcabcabcabc", 0, 10),
        ("ab ab ab ab ab ab ab ab ab ab ab ab ab", 0, 49),
        ("password", 6, 6),
        ("P@ssw0rd2024!", 6, 6),
        ("Pass word", 6, 6),
        ("correct horse battery staple", 6, 6),
        ("acorn", 12.9, 13),
        ("acorn acorn acorn acorn acorn acorn", 12.9, 13),  # a word said again is no new word
        ("acorn badge cable", 38, 39),
        ("t-shirt yo-yo", 25, 26),
        ("my dog likes to eat pizza", 20, 45),
        ("CorrectHorseBattery", 20, 30),
        ("1987-12-24", 5, 30),
        ("Tr0ub4dor&3", 8, 30),
        ("summer2024!", 8, 30),
        ("xkqzvjwpmtrd", 8, 49),
        ("unconstitutionally", 8, 30),
        ("aYz0YXn7NUL9ePrF", 51, 96),
        ("RethS73ebSLIzSFOKsRoQ4", 51, 132),
        ("6f7cbdd676c21e381c6afe695fa5ecd2", 100, 128),
        ("h7&Kq!2z_Wp9", 40, 79),
        ("Anna Karenina liebt ihren schönen Hund seit vielen Jahren", 51, 90),
        ("acorn badge notaword", 8, 30),
        ("我喜欢吃苹果", 4, 30),
        ("\ud800\udfff", 0, 20),
    ],
)
def test_estimates(phrase: str, least: float, most: float) -> None:
    # Too high an estimate spares a weak phrase the warning.
    assert least <= strength_bits(phrase) <= most


def test_five_words_are_strong_enough_and_three_are_not() -> None:
    assert strength_bits("acorn badge cable dance eagle") > WEAK_BITS > strength_bits("acorn badge cable")


@given(st.text(max_size=300))
def test_any_text_has_an_estimate(phrase: str) -> None:
    assert 0 <= strength_bits(phrase) < 2_000


def test_a_long_paste_is_judged_by_its_beginning() -> None:
    # The estimate runs on the user interface's thread.
    assert 0 <= strength_bits("ab1!" * 100_000) < 50
    assert strength_bits("\ufdfa" * 10_000) < 2_000
