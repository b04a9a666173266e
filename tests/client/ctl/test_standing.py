"""How a client stands, and what ctl makes of it."""

from __future__ import annotations

import pytest

from client.commands import Command, HoldToTalk, SetMicrophone, SetSpeaker, Transmit
from client.ctl.line import Answer, How, Question, What
from client.ctl.standing import Standing
from client.events import (
    AudienceChanged,
    HoldChanged,
    MicrophoneChanged,
    Part,
    Person,
    ProblemReported,
    RoomJoined,
    RoomLeft,
    SpeakerChanged,
)

VOICE, PUSH = Transmit.VOICE, Transmit.PUSH
STATUS = Question(What.STATUS)


def standing(*, microphone: bool = False, speaker: bool = False) -> Standing:
    made = Standing("Ann", "/s")
    made.note(MicrophoneChanged(microphone))
    made.note(SpeakerChanged(speaker))
    return made


@pytest.mark.parametrize(
    ("what", "how", "transmit", "is_on", "commands"),
    [
        (What.MICROPHONE, How.ON, VOICE, False, [SetMicrophone(True)]),
        (What.MICROPHONE, How.OFF, PUSH, False, [SetMicrophone(False)]),
        (What.MICROPHONE, How.TOGGLE, PUSH, True, [SetMicrophone(False)]),
        (What.SPEAKER, How.TOGGLE, VOICE, False, [SetSpeaker(True)]),
        (What.SPEAKER, How.TOGGLE, VOICE, True, [SetSpeaker(False)]),
        (What.TALK, How.TOGGLE, VOICE, False, [SetMicrophone(True)]),
        (What.TALK, How.ON, PUSH, True, [HoldToTalk(True)]),
        (What.TALK, How.ON, PUSH, False, [SetMicrophone(True), HoldToTalk(True)]),
        (What.TALK, How.OFF, PUSH, False, [HoldToTalk(False)]),
        (What.STATUS, How.TOGGLE, VOICE, False, []),
    ],
)
def test_what_is_asked_of_the_session(
    what: What, how: How, transmit: Transmit, is_on: bool, commands: list[Command]
) -> None:
    assert standing(microphone=is_on, speaker=is_on).commands(Question(what, how), transmit) == commands


def test_the_key_is_held_until_it_is_let_go() -> None:
    # would catch: a second press of a toggle that talks on
    here, toggle = standing(microphone=True), Question(What.TALK)
    assert here.commands(toggle, PUSH) == [HoldToTalk(True)]
    assert here.answer(toggle, PUSH, on=True).talking
    assert here.commands(toggle, PUSH) == [HoldToTalk(False)]
    assert not here.answer(toggle, PUSH, on=False).talking
    assert not here.answer(toggle, PUSH, on=False).problem


def test_a_key_that_others_hold_and_let_go_is_known() -> None:
    # would catch: a toggle that has to be pressed twice, since the window's own key was let go meanwhile
    here, toggle = standing(microphone=True), Question(What.TALK)
    here.commands(toggle, PUSH)
    here.note(HoldChanged(False))
    assert not here.answer(toggle, PUSH, on=False).talking
    assert here.commands(toggle, PUSH) == [HoldToTalk(True)]
    here.note(HoldChanged(False))
    here.note(HoldChanged(True))
    assert here.commands(toggle, PUSH) == [HoldToTalk(False)]


def test_a_device_is_waited_for_and_its_trouble_told() -> None:
    here, question = standing(), Question(What.SPEAKER, How.ON)
    here.note(ProblemReported(Part.SPEAKER, "x", "An old trouble."))
    here.commands(question, VOICE)
    assert not here.settled(question, VOICE, on=True)
    assert "in time" in here.answer(question, VOICE, on=True).problem
    here.note(ProblemReported(Part.MICROPHONE, "x", "Not this one."))
    assert not here.settled(question, VOICE, on=True)
    here.note(ProblemReported(Part.SPEAKER, "x", "No speaker."))
    assert here.settled(question, VOICE, on=True)
    assert here.answer(question, VOICE, on=True).problem == "No speaker."
    here.note(SpeakerChanged(True))
    assert here.settled(question, VOICE, on=True)
    assert not here.answer(question, VOICE, on=True).problem
    assert here.settled(STATUS, VOICE, on=False)


def test_the_room() -> None:
    here = standing()
    assert here.answer(STATUS, VOICE, on=True) == Answer("Ann", "/s", "", 0, False, False, False, "voice")
    here.note(RoomJoined("m", (Person("1", "m", "Anna", own=True), Person("2", "n", "Bob")), "otter lamp"))
    here.note(AudienceChanged(1))
    answer = here.answer(STATUS, PUSH, on=True)
    assert (answer.name, answer.room_words, answer.people, answer.transmit) == ("Anna", "otter lamp", 2, "push")
    here.note(RoomLeft("lost", 1.0))
    assert here.answer(STATUS, VOICE, on=True).room_words == ""


def test_the_name_is_the_one_that_would_be_used_now() -> None:
    # would catch: a status that tells who one was when the program started, a pasted text that is too long for its line
    here = standing()
    here.named("Anna\x1b[2J Maria")
    assert here.answer(STATUS, VOICE, on=True).name == "Anna[2J Maria"
    here.named("x" * 10_000)
    assert len(here.answer(STATUS, VOICE, on=True).name) <= 64
    here.note(RoomJoined("m", (Person("1", "m", "Ann (2)", own=True),), "otter lamp"))
    here.named("Bea")
    assert here.answer(STATUS, VOICE, on=True).name == "Ann (2)"
    here.note(RoomLeft("over", None))
    assert here.answer(STATUS, VOICE, on=True).name == "Bea"
