"""The held key in the real window, with the repeats of a real keyboard."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from client.commands import HoldToTalk, SetTransmit, Transmit
from client.events import HoldChanged, MicrophoneChanged, SpeechChanged
from client.settings import Choices
from client.ui import texts
from tests.gui.test_window import READY, fake, join
from tests.gui.window import PATIENCE, DrivenWindow

Open = Callable[..., DrivenWindow]


def _xdotool(*words: str) -> None:
    subprocess.run(["xdotool", *words], check=True, timeout=PATIENCE)


def test_a_held_key_is_one_press(open_window: Open) -> None:
    # would catch: a microphone that stutters with the keyboard's repeats, a key that writes into the message
    window = open_window(READY, choices=Choices(None, {"transmit": "push"}))
    join(window)
    fake(window).say(MicrophoneChanged(True, "m"))
    window.until(lambda: window.app.page.voice.note == texts.hold_to_talk("F8"))
    _xdotool("keydown", "F8")
    for _ in range(35):  # what X11 makes of a held key
        _xdotool("keyup", "F8", "keydown", "F8")
        window.turn()
    window.settle()
    assert fake(window).commands(HoldToTalk) == [HoldToTalk(True)]
    fake(window).say(HoldChanged(True))
    window.until(lambda: window.app.page.voice.note == "")
    _xdotool("keyup", "F8")
    window.until(lambda: len(fake(window).commands(HoldToTalk)) == 2)
    assert fake(window).commands(HoldToTalk)[-1] == HoldToTalk(False)
    fake(window).say(HoldChanged(False), SpeechChanged(True))
    window.until(lambda: window.app.page.voice.note == texts.talking_while_muted("F8"))
    window.picture("talking-while-muted")


def test_leaving_the_window_lets_go(open_window: Open) -> None:
    # would catch: an open microphone in another window
    window = open_window(READY, choices=Choices(None, {"transmit": "push"}))
    _xdotool("keydown", "F8")
    window.until(lambda: fake(window).commands(HoldToTalk))
    window.root.event_generate("<FocusOut>")
    window.settle()
    assert fake(window).commands(HoldToTalk) == [HoldToTalk(True), HoldToTalk(False)]  # still held down
    _xdotool("keyup", "F8")
    window.settle()
    assert fake(window).commands(HoldToTalk) == [HoldToTalk(True), HoldToTalk(False)]


def test_only_the_chosen_key_in_the_chosen_mode(open_window: Open) -> None:
    window = open_window(READY)
    window.key("F8")
    assert fake(window).commands(HoldToTalk) == []
    window.app.chooser.choose("transmit", "push")
    window.app.chooser.choose("push_to_talk_key", "Pause")
    assert fake(window).commands(SetTransmit) == [SetTransmit(Transmit.PUSH)]
    window.key("F8", "Pause")
    window.until(lambda: len(fake(window).commands(HoldToTalk)) == 2)
    window.app.chooser.choose("transmit", "voice")
    window.key("Pause")
    assert len(fake(window).commands(HoldToTalk)) == 2


@pytest.mark.parametrize("key", ["f8", "No-such_key"])
def test_a_key_that_is_none_in_the_settings_is_told_and_another_holds(open_window: Open, key: str) -> None:
    # would catch: a settings file edited by hand that keeps the window from starting
    window = open_window(READY, choices=Choices(None, {"transmit": "push", "push_to_talk_key": key}))
    window.until(window.app.page.problem.winfo_ismapped)
    assert texts.no_such_key(key, "F8") in window.app.page.problem.text
    window.key("F8")
    window.until(lambda: len(fake(window).commands(HoldToTalk)) == 2)
    window.app.chooser.choose("push_to_talk_key", "Pause")
    window.key("Pause")
    window.until(lambda: len(fake(window).commands(HoldToTalk)) == 4)
