"""The words that a host reads out, held against those of a broker whose key has changed. Pure.

They are typed, not ticked off: whoever only reads two rows of words on a screen sees what they wish to see. The
window and the text client ask alike; the text client's sentences are here too.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from client.events import BrokerChanged, Clash


class Verdict(StrEnum):
    """What the typed words say."""

    UNFINISHED = "unfinished"  # fewer than four words, or nothing yet
    NEW = "new"  # the host has the new key: it can be trusted
    OLD = "old"  # the host has the old key: whoever shows the new one is somebody else
    NEITHER = "neither"  # mistyped, or the words of a third key


def judge(typed: str, changed: BrokerChanged) -> Verdict:
    """Words may be parted by anything but letters, and be written in capitals."""
    words = re.findall(r"[a-z]+", typed.lower())
    if words == re.findall(r"[a-z]+", changed.now):
        return Verdict.NEW
    if words == re.findall(r"[a-z]+", changed.before):
        return Verdict.OLD
    return Verdict.UNFINISHED if len(words) < len(changed.now.split("-")) else Verdict.NEITHER


# --- in the terminal ----------------------------------------------------------------------------------------


class Answer(StrEnum):
    """What a person at a terminal has decided."""

    TRUST = "trust"
    STAY_AWAY = "stay away"
    BEWARE = "beware"  # to stay away, since the host has the old words
    AGAIN = "again"


QUESTION: Final = [
    "? Ask the host for the four words, by telephone or face to face, and type them here to trust the new key.",
    "? Press Enter to stay away.",
]
ANSWERS: Final = {
    Answer.TRUST: "* These are the new words: the new key is trusted from now on.",
    Answer.STAY_AWAY: "* Nothing was sent, and the old key is still the one that counts.",
    Answer.BEWARE: "! These are the old words: the host has not changed the key, so somebody stands between you. Do "
    "not connect from this network, and tell the host.",
    Answer.AGAIN: "! These are neither the old words nor the new ones: type all four once more, or press Enter to "
    "stay away.",
}
_VERDICTS: Final = {Verdict.NEW: Answer.TRUST, Verdict.OLD: Answer.BEWARE}
_LINKED: Final = {
    Clash.BROKER_AND_PIN: ("known here", "shown now"),
    Clash.BROKER_AND_LINK: ("in the link", "shown now"),
    Clash.LINK_AND_PIN: ("known here", "in the link"),
}


def answer_of(line: str, changed: BrokerChanged) -> Answer:
    """What a line says that was typed after the question."""
    if line.strip() in {"", "/quit"}:
        return Answer.STAY_AWAY
    return _VERDICTS.get(judge(line, changed), Answer.AGAIN)


def explained(changed: BrokerChanged) -> list[str]:
    """The two rows of words below each other, and what may be behind it."""
    before, now = _LINKED[changed.clash]
    return [
        f"    {before}: {changed.before}",
        f"    {now}: {changed.now}",
        "  Either the host has set up the broker anew and lost its key, or somebody stands between you and it and",
        "  would like to be taken for it. The host's own broker prints its four words when it starts.",
    ]
