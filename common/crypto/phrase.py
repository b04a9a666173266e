"""Phrases: what people type as the encryption key.

This file brings a phrase to the one spelling that is stretched, makes new phrases, and estimates how hard a typed
one is to guess. It derives no key and keeps no phrase. See docs/protocol.md, "Keys".

The estimate is deliberately low. Whoever runs the broker can try phrases offline, and people choose them far less
randomly than the number of characters suggests, so:

* a phrase of nothing but words of the word list counts 12.9 bits for every different word;
* any other run of letters is taken for a word of everyday language: 8 bits, however it is capitalised and with or
  without `@` for `a` (twelve random letters are thus underrated: better a needless warning than a missing one);
* letters jumbled with capitals, digits and symbols count 4.7 bits, digits 3.3, symbols 5, blanks nothing;
* what only continues a sequence or repeats what stands before it (`aaaa`, `4567`, `qwerty`, `abcabc`) counts nothing;
* the passwords that everybody tries first count 6, with or without a number behind.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from common import limits
from common.errors import BadPhrase
from common.words import word_list

WEAK_BITS: Final = 50.0  # below it a few thousand graphics cards need days, not centuries: the window warns
GENERATED_WORDS: Final = 6  # 77 bits: out of reach for everybody

_SEPARATORS: Final = re.compile(r"[\s\-\u2010-\u2015\u2212]+")  # word processors make dashes of hyphens
_LONGEST_JUDGED: Final = 256  # characters; what follows cannot make a phrase weaker
_LIST_WORD_BITS: Final = math.log2(7_776)
_EVERYDAY_WORD_BITS: Final = 8.0
_SHORT_WORD_BITS: Final = 4.0  # of one or two letters
_LONG_WORD_LETTERS: Final = 8  # a longer run of letters may be more than one word
_FURTHER_LETTER_BITS: Final = 1.5
_LETTER_BITS: Final = math.log2(26)
_DIGIT_BITS: Final = math.log2(10)
_SYMBOL_BITS: Final = 5.0
_COMMON_BITS: Final = 6.0
_COMMON: Final = frozenset(
    re.findall(
        r"\w+",
        """password passwort passw secret geheim letmein welcome admin login master hello monkey dragon football
        iloveyou baseball sunshine princess shadow superman batman trustno starwars qwerty qwertz azerty abc test guest
        changeme default chat securechat key phrase passphrase encryption encryptionkey correcthorsebatterystaple""",
    )
)
_LEET: Final = str.maketrans("@4301!$57", "aaeoiisst")
_NOT_LETTERS: Final = re.compile(r"[\W\d_]+")
_HUMPS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")  # of CamelCase
_KEYBOARD_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def normalise(phrase: str) -> bytes:
    """The bytes that are stretched: NFKC, no outer white space, UTF-8.

    Six words of the word list, in any case and separated by any blanks and hyphens, become the one spelling
    `generate` writes. Raises `BadPhrase` for nothing at all and for over `limits.PHRASE_BYTES` bytes.
    """
    text = unicodedata.normalize("NFKC", phrase).strip()
    pieces = _SEPARATORS.split(text.lower())
    if len(_list_words(pieces)) == GENERATED_WORDS:
        text = "-".join(pieces)
    try:
        spelled = text.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair, from a broken paste
        raise BadPhrase("The encryption key holds a character that does not exist: type it again.") from error
    if not spelled:
        raise BadPhrase("The encryption key is missing: type the one that the others use, or generate a new one.")
    if len(spelled) > limits.PHRASE_BYTES:
        raise BadPhrase(
            f"The encryption key is too long: it has {len(spelled):,} bytes, and {limits.PHRASE_BYTES:,} are allowed."
        )
    return spelled


def generate(choose: Callable[[Sequence[str]], str]) -> str:
    """A new phrase: six hyphenated words, each picked by `choose` (pass `secrets.choice`) from the whole list."""
    return "-".join(choose(word_list()) for _ in range(GENERATED_WORDS))


def strength_bits(phrase: str) -> float:
    """A low estimate of log2 of the guesses that a phrase withstands, 0.0 for an empty one. Never raises."""
    text = unicodedata.normalize("NFKC", phrase[:_LONGEST_JUDGED]).strip()[:_LONGEST_JUDGED]
    if not text:
        return 0.0
    if _is_common(text):
        return _COMMON_BITS
    words = _list_words(_SEPARATORS.split(text.lower()))
    if words:
        return len(set(words)) * _LIST_WORD_BITS
    kept = _without_sequences(_without_repetition(text))
    bits = sum(_chunk_bits(chunk) for chunk in dict.fromkeys(_SEPARATORS.split(kept)) if chunk)
    return min(bits, len(kept) * math.log2(len(set(kept))))


@cache
def _list_index() -> frozenset[str]:
    return frozenset(word_list())


def _list_words(pieces: Sequence[str]) -> list[str]:
    """The words of the list that the pieces between separators make up, or none if one does not belong.

    Some words hold a hyphen (`t-shirt`). No such word is made of two other words of the list, so there is only
    one way to read the pieces.
    """
    words: list[str] = []
    position = 0
    while position < len(pieces):
        for size in (1, 2):
            word = "-".join(pieces[position : position + size])
            if word in _list_index():
                words.append(word)
                position += size
                break
        else:
            return []
    return words


def _is_common(text: str) -> bool:
    letters_first = text.lower().rstrip("0123456789!?.,;:#*+-_$ ")
    return _NOT_LETTERS.sub("", letters_first.translate(_LEET)) in _COMMON


def _without_repetition(text: str) -> str:
    repeated = re.fullmatch(r"(.+?)\1+", text, re.DOTALL | re.IGNORECASE)
    return repeated[1] if repeated else text


def _without_sequences(text: str) -> str:
    """Leave out each character that goes on as the two before it did: `aaa`, `abc`, `987`, `qwe`."""
    lower = [character.lower()[0] for character in text]
    return text[:2] + "".join(
        text[index] for index in range(2, len(text)) if not _goes_on(*lower[index - 2 : index + 1])
    )


def _goes_on(first: str, second: str, third: str) -> bool:
    step = ord(second) - ord(first)
    if step in {-1, 0, 1} and ord(third) - ord(second) == step:
        return True
    three = first + second + third
    return any(three in row or three[::-1] in row for row in _KEYBOARD_ROWS)


def _chunk_bits(chunk: str) -> float:
    """Bits of what stands between two blanks or hyphens."""
    core = chunk.strip("".join(_NOT_LETTERS.findall(chunk)))
    words = _HUMPS.sub(" ", core.translate(_LEET)).split()
    if all(map(_looks_like_a_word, words)) and (len(words) == 1 or all(len(word) > 2 for word in words)):
        around = len(chunk) - len(core)
        return sum(map(_word_bits, words)) + around * _DIGIT_BITS
    return sum(map(_character_bits, chunk))


def _looks_like_a_word(run: str) -> bool:
    return run.isalpha() and run in {run.lower(), run.upper(), run.capitalize()}


def _word_bits(word: str) -> float:
    if len(word) <= 2:
        return _SHORT_WORD_BITS
    return _EVERYDAY_WORD_BITS + _FURTHER_LETTER_BITS * max(0, len(word) - _LONG_WORD_LETTERS)


def _character_bits(character: str) -> float:
    if character.isalpha():
        return _LETTER_BITS
    return _DIGIT_BITS if character.isdigit() else _SYMBOL_BITS
