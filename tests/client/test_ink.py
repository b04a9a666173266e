"""Colours, and where there are none."""

from __future__ import annotations

import re

from client.ink import Ink, colours_wanted


def test_words_are_the_same_with_colours_and_without() -> None:
    for plain, coloured in zip(_inked(Ink()), _inked(Ink(coloured=True)), strict=True):
        assert coloured != plain == re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        assert coloured.endswith("\x1b[0m")  # what follows has its own colour


def _inked(ink: Ink) -> list[str]:
    return [ink.name("Ann", "m1"), ink.aside("12:00"), ink.trouble("no")]


def test_a_device_keeps_its_colour() -> None:
    ink = Ink(coloured=True)
    assert ink.name("Ann", "m1") == ink.name("Ann", "m1")
    assert len({ink.name("Ann", f"m{number}") for number in range(50)}) == 5


def test_who_wants_none() -> None:
    assert colours_wanted({"TERM": "xterm"})
    assert colours_wanted({"TERM": "xterm", "NO_COLOR": ""})
    for environment in ({}, {"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}):
        assert not colours_wanted(environment)
