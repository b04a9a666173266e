"""What the broker counts: numbers only, of messages and connections, never of anything inside them."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counters:
    """Events since the start. Everything that is dropped is counted somewhere here."""

    joins: int = 0
    posts: int = 0
    signals: int = 0
    signals_dropped: int = 0  # to somebody who has left, or who is behind
    pages: int = 0
    voice_relayed: int = 0
    voice_unheard: int = 0  # nobody else in the room listened
    voice_refused: int = 0  # not joined, another's topic, wrong size, too many
    malformed: int = 0
    refused: int = 0
    behind: int = 0
    undelivered: int = 0
    user_messages: int = 0  # the attack on the pairing of approvals
    topics_refused: int = 0
    cut: int = 0

    def as_dict(self) -> dict[str, int]:
        """All counters by name."""
        return asdict(self)
