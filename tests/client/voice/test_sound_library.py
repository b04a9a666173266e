"""What is done once PyAudio is wanted, whether or not it is installed here."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from client import collector
from client.voice import sound_library


def test_what_there_is_before_the_first_card_is_out_of_the_collectors_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    # Mistake: at each opening of a card, while another one plays, all memory is looked at.
    asked: list[bool] = []
    monkeypatch.setitem(sys.modules, "pyaudio", ModuleType("pyaudio"))
    monkeypatch.setattr(collector, "pass_over", lambda *, collect: asked.append(collect))
    monkeypatch.setattr(sys, "setswitchinterval", lambda _: None)
    sound_library._pass_over.cache_clear()
    for _ in range(2):
        assert sound_library.bring_in() is sys.modules["pyaudio"]
    sound_library._pass_over.cache_clear()
    assert asked == [True]
