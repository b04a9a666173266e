"""What a broker's "no" says: a sentence for people, and when to try again. A broker can put nobody off for ever."""

from __future__ import annotations

from typing import Final

from client.names import clean_code, clean_sentence
from common.messages import Closing, Refused

LONGEST_WAIT: Final = 60.0  # seconds that a broker may ask me to wait


def sentence(refused: Refused) -> str:
    """Its reason, safe to show; never empty."""
    return clean_sentence(refused.reason) or f"The broker refused: {clean_code(refused.code)}."


def problem_code(refused: Refused) -> str:
    """For programs."""
    return f"refused_{clean_code(refused.code)}"


def wait(message: Refused | Closing) -> float:
    """Seconds until it may be tried again; 0.0 where the broker names no time."""
    return min(message.retry_after / 1000, LONGEST_WAIT)


def retry_at(refused: Refused, now: float) -> float | None:
    """When to try again, None for never."""
    return now + wait(refused) if refused.retry_after else None
