"""How a running client stands, kept from its events, and what a question of ctl asks of it. Pure."""

from __future__ import annotations

from client import commands, events
from client.commands import Transmit
from client.ctl.line import FOLDER_CHARACTERS, Answer, How, Question, What
from client.events import Part
from client.faces import People
from client.names import clean_name

_PARTS = {What.TALK: Part.MICROPHONE, What.MICROPHONE: Part.MICROPHONE, What.SPEAKER: Part.SPEAKER}


class Standing:
    """Microphone, speaker, key held, room. Not for two threads at once."""

    def __init__(self, name: str, state_dir: str) -> None:
        self._name = name
        self._state_dir = state_dir
        self._people = People()
        self._room_words = ""
        self._microphone = False
        self._speaker = False
        self._held = False
        self._problems: dict[Part, str] = {}

    def named(self, name: str) -> None:
        """What the user calls themselves from now on; in a room it is what the others see."""
        self._name = clean_name(name)

    def note(self, event: events.Event) -> None:
        """Keep up with the session."""
        self._people.note(event)
        match event:
            case events.RoomJoined():
                self._room_words = event.room_words
            case events.RoomLeft():
                self._room_words = ""
            case events.MicrophoneChanged(on):
                self._microphone = on
            case events.SpeakerChanged(on):
                self._speaker = on
            case events.HoldChanged(on):
                self._held = on
            case events.ProblemReported():
                self._problems[event.part] = event.message
            case _:
                pass

    def commands(self, question: Question, transmit: Transmit) -> list[commands.VoiceCommand]:
        """What to ask the session for. Talking is holding the key where one is held, and the open microphone else."""
        self._problems.clear()
        on = self.wanted(question, transmit)
        match question.what:
            case What.MICROPHONE:
                return [commands.SetMicrophone(on)]
            case What.SPEAKER:
                return [commands.SetSpeaker(on)]
            case What.TALK if transmit is not Transmit.PUSH:
                return [commands.SetMicrophone(on)]
            case What.TALK:
                self._held = on
                opened = [commands.SetMicrophone(on)] if on and not self._microphone else []
                return [*opened, commands.HoldToTalk(on)]
            case What.STATUS:
                return []

    def wanted(self, question: Question, transmit: Transmit) -> bool:
        """Whether the switch is to be on when the question was obeyed."""
        if question.how is not How.TOGGLE:
            return question.how is How.ON
        return not self._is_on(question.what, transmit)

    def settled(self, question: Question, transmit: Transmit, *, on: bool) -> bool:
        """Whether it is as it was wanted, or never will be: there is nothing to wait for any more."""
        part = _PARTS.get(question.what)
        return part is None or part in self._problems or self._is_on(question.what, transmit) == on

    def answer(self, question: Question, transmit: Transmit, *, on: bool) -> Answer:
        """What to say; with a problem where it is not as it was wanted."""
        problem = ""
        part = _PARTS.get(question.what)
        if part is not None and self._is_on(question.what, transmit) != on:
            problem = self._problems.get(part, "The sound device has not answered in time.")
        return Answer(
            next((person.name for person in self._people if person.own), self._name),
            self._state_dir[:FOLDER_CHARACTERS],
            self._room_words,
            len(list(self._people)),
            self._microphone,
            self._speaker,
            self._is_on(What.TALK, transmit),
            transmit.value,
            problem,
        )

    def _is_on(self, what: What, transmit: Transmit) -> bool:
        if what is What.SPEAKER:
            return self._speaker
        held = what is What.MICROPHONE or transmit is not Transmit.PUSH or self._held
        return self._microphone and held
