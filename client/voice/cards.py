"""The microphones and speakers of a computer by the names that people know them by, and which one is meant. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Card:
    """`name` is the system's, `label` what people are shown; `listed` is off for what hardly anybody means."""

    name: str
    label: str
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Side:
    """All microphones, or all speakers; the name of the default one; of each of our streams, by its tag, the card's."""

    cards: tuple[Card, ...] = ()
    default: str = ""
    used: Mapping[str, str] = field(default_factory=dict)

    def find(self, wish: str) -> Card | None:
        """The card that `wish` is, or is part of, in whatever case."""
        wanted = wish.casefold()
        for card in self.cards:
            alone, among_others = card.label, with_name(card)  # it may have been chosen while there were two of a label
            if wanted in {card.name.casefold(), alone.casefold(), among_others.casefold()}:
                return card
        for card in self.cards:
            if wanted in card.label.casefold() or wanted in card.name.casefold():
                return card
        return None

    def label(self, name: str) -> str:
        """What people call the card of this name; empty if it is not there."""
        return next((card.label for card in self.cards if card.name == name), "")

    @property
    def labels(self) -> tuple[str, ...]:
        """Of those to choose from."""
        return tuple(card.label for card in self.cards if card.listed)


@dataclass(frozen=True, slots=True)
class View:
    """What a sound server tells."""

    microphones: Side
    speakers: Side


def with_name(card: Card) -> str:
    """The label of one of several that are called alike."""
    return f"{card.label} ({card.name})"


def told_apart(cards: Iterable[Card]) -> tuple[Card, ...]:
    """Where two have one label, the name follows it."""
    known = tuple(cards)
    count = Counter(card.label for card in known)
    return tuple(card if count[card.label] == 1 else Card(card.name, with_name(card), card.listed) for card in known)
