"""Words that people can compare aloud: of a broker's key, of a room, of a generated phrase.

The list is the EFF's long one (7,776 words, 12.9 bits each), see common/wordlists/README.md.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from typing import Final

FINGERPRINT_WORDS: Final = 4  # 51 bits: enough against somebody who makes keys until the words fit
_SPARE_BYTES: Final = 8  # so that taking the remainder favours no word by more than 2^-64


@cache
def word_list() -> tuple[str, ...]:
    """All 7,776 words, in the order of the list."""
    content = pkgutil.get_data("common", "wordlists/eff_long.txt") or b""
    return tuple(content.decode("ascii").split())


def words_of(entropy: bytes, count: int) -> tuple[str, ...]:
    """`count` words chosen by the given bytes, which must be 2 * count + 8 or more (ValueError)."""
    if len(entropy) < 2 * count + _SPARE_BYTES:
        raise ValueError(f"{len(entropy)} bytes are too few for {count} words")
    number = int.from_bytes(entropy, "big")
    chosen = []
    for _ in range(count):
        number, index = divmod(number, len(word_list()))
        chosen.append(word_list()[index])
    return tuple(chosen)


def broker_words(broker_key: bytes) -> str:
    """The four words of a broker's public key, hyphenated: what broker and clients show for comparison."""
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which can wait until there is a broker

    digest = hashlib.sha256(b"SecureChat v1 broker words" + broker_key).digest()
    return "-".join(words_of(digest, FINGERPRINT_WORDS))
