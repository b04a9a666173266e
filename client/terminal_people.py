"""People in the terminal: who is here, and how loud each is heard. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from client import commands, events
from client.faces import BadLine
from client.tuning import LOUDEST, QUIETEST

OF_A_PERSON: Final = ("/volume", "/mute", "/unmute")
_USAGE: Final = f"Write /volume NAME DB ({QUIETEST:.0f} to {LOUDEST:.0f}), /mute NAME or /unmute NAME."


def command(words: list[str], people: Iterable[events.Person]) -> commands.Command:
    """What a line asks for that begins with one of these words. Raises `BadLine`."""
    match words:
        case ["/mute" | "/unmute" as which, _, *_]:
            return commands.SetMuted(_called(words[1:], people).member, which == "/mute")
        case ["/volume", _, *_, decibels] if (volume := _decibels(decibels)) is not None:
            return commands.SetVolume(_called(words[1:-1], people).member, volume)
        case _:
            raise BadLine(_USAGE)


def names_of(people: Iterable[events.Person]) -> list[str]:
    """All others."""
    return [person.name for person in people if not person.own]


def about(person: events.Person, talking: bool, delay: int | None) -> str:
    """A line that says who somebody is, and how many ms behind their words are."""
    state = "yourself" if person.own else "listening" if person.listening else "text only"
    if talking:
        state += ", talking" if delay is None else f", talking, {delay} ms behind"
    chosen = ", muted by you" if person.muted else f", {person.decibels:+.0f} dB" if person.decibels else ""
    return f"{person.name} ({state}{chosen}{'' if person.confirmed else ', unconfirmed'}) {person.member}"


def _called(words: list[str], people: Iterable[events.Person]) -> events.Person:
    """The one of this name, or the only one whose name begins so."""
    typed = " ".join(words).casefold()
    others = [person for person in people if not person.own]
    exact = [person for person in others if person.name.casefold() == typed]
    found = exact or [person for person in others if person.name.casefold().startswith(typed)]
    if len(found) != 1:
        few = "Nobody here is called" if not found else "Several people are called"
        raise BadLine(f"{few} {' '.join(words)[:64]}: /people lists who is here.")
    return found[0]


def _decibels(word: str) -> float | None:
    """Of what was typed behind a name, `-6` or `+6dB`; None for all else."""
    try:
        decibels = float(word.casefold().removesuffix("db"))
    except ValueError:
        return None
    return decibels if QUIETEST <= decibels <= LOUDEST else None
