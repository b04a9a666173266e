"""People in the terminal: found by what was typed, told with what was chosen for them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from client import commands
from client.events import Person
from client.faces import BadLine
from client.terminal_people import about, command, names_of

ME = Person("s0", "m0", "Anna", own=True, confirmed=True)
ANN = Person("s1", "m1", "Ann", confirmed=True, listening=True)
LEE = Person("s2", "m2", "Ann Lee", confirmed=True)
BO = Person("s3", "m3", "Bo")
ALL = (ME, ANN, LEE, BO)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("/mute Ann", commands.SetMuted("m1", on=True)),  # mistake: a name that begins another one cannot be named
        ("/mute ann l", commands.SetMuted("m2", on=True)),
        ("/unmute b", commands.SetMuted("m3", on=False)),
        ("/volume Ann Lee -6", commands.SetVolume("m2", -6.0)),
        ("/volume Bo +3dB", commands.SetVolume("m3", 3.0)),
    ],
)
def test_commands(line: str, asked: commands.Command) -> None:
    assert command(line.split(), ALL) == asked


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/mute", "Write /volume"),
        ("/volume Ann", "Write /volume"),
        ("/volume Ann loud", "Write /volume"),
        ("/volume Ann 13", "Write /volume"),
        ("/volume Ann nan", "Write /volume"),
        ("/mute An", "Several people"),
        ("/mute Anna", "Nobody"),  # myself
        ("/mute Zoe", "Nobody"),
    ],
)
def test_what_cannot_be_done_is_said(line: str, words: str) -> None:
    with pytest.raises(BadLine, match=words):
        command(line.split(), ALL)


def test_who_is_here() -> None:
    assert names_of(ALL) == ["Ann", "Ann Lee", "Bo"]
    assert about(ME, talking=False, delay=None) == "Anna (yourself) m0"
    assert about(ANN, talking=False, delay=None) == "Ann (listening) m1"
    assert about(ANN, talking=True, delay=45) == "Ann (listening, talking, 45 ms behind) m1"
    assert about(replace(LEE, decibels=-6.0), talking=True, delay=None) == "Ann Lee (text only, talking, -6 dB) m2"
    assert (
        about(replace(BO, decibels=-6.0, muted=True), talking=False, delay=None)
        == "Bo (text only, muted by you, unconfirmed) m3"
    )
