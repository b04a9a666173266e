from __future__ import annotations

import pytest

from common.words import broker_words, word_list, words_of


def test_the_list_is_whole() -> None:
    # A lost or doubled line would give every room other words.
    words = word_list()
    assert len(words) == len(set(words)) == 6**5
    assert words[0] == "abacus"
    assert words[-1] == "zoom"


def test_words_are_digits_of_base_7776() -> None:
    number = 5 + 7 * 7_776
    assert words_of(number.to_bytes(12, "big"), 2) == (word_list()[5], word_list()[7])


def test_too_few_bytes_are_refused() -> None:
    # Few bytes would favour some words.
    assert len(words_of(bytes(12), 2)) == 2
    with pytest.raises(ValueError, match="too few"):
        words_of(bytes(11), 2)


def test_broker_words_are_frozen() -> None:
    # They are read aloud between programs of different versions.
    assert broker_words(bytes(range(32))) == "depletion-armful-devotee-shadily"
    assert broker_words(bytes(32)) != broker_words(bytes(31) + b"\1")
