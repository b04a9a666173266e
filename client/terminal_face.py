"""The session as lines of text, for people in a terminal (`--text`). Pure.

What is typed is said, but for a few words behind a slash. All that strangers chose has been cleaned by the session.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from client import events
from client.faces import BadLine, People

_HELP: Final = [
    "What you type is said to the room. Besides that:",
    "  /mic on|off       speak, or stop speaking",
    "  /speaker on|off   hear the others, or stop hearing",
    "  /people           who is here",
    "  /invite           the link that brings a friend here (it holds the key: send it over a safe way)",
    "  /search WORDS     earlier lines of this room with these words",
    "  /export FILE      write all lines of this room that are kept here into a new file",
    "  /stats            counters",
    "  /quit             leave",
    "  //…               say a line that begins with a slash",
]
_SWITCHES: Final[dict[str, Callable[[bool], events.Command]]] = {
    "/mic": events.SetMicrophone,
    "/speaker": events.SetSpeaker,
}
_WITH_TEXT: Final[dict[str, Callable[[str], events.Command]]] = {
    "/search": events.SearchLog,
    "/export": events.ExportLog,
}


class TerminalFace:
    """Lines for a person; works in any terminal and with a screen reader, since it only ever adds lines."""

    def __init__(self) -> None:
        self._people = People()
        self._invite = ""

    def command(self, line: str) -> events.Command | list[str] | None:
        """A command, lines that answer at once, or None for an empty line. Raises `BadLine`."""
        line = line.rstrip("\r\n")
        if not line.strip():
            return None
        if line.startswith("//"):
            return events.SendText(line[1:])
        if not line.startswith("/"):
            return events.SendText(line)
        word, _, rest = line.strip().partition(" ")
        asked = _WITH_TEXT.get(word)
        return asked(rest.strip()) if asked and rest.strip() else self._slash(line.split())

    def complaint(self, message: str) -> str:
        """One line that says what was wrong."""
        return f"! {message}"

    def lines(self, event: events.Event) -> list[str]:
        """What a person should know of the event."""
        self._people.note(event)
        match event:
            case events.BrokerMet():
                self._invite = event.invite
                return _met(event)
            case events.RoomJoined():
                return self._joined(event)
            case events.TextReceived():
                # What was just typed stands on the screen already.
                return [] if event.own and not event.late else [_said(event, dated=event.late)]
            case events.LogSearched():
                return _found(event)
            case events.StatsReported(counters):
                return [f"  {name}: {value}" for name, value in sorted(counters.items())]
            case _:
                note = _note(event)
                return [f"* {note}"] if note else []

    def _slash(self, words: list[str]) -> events.Command | list[str]:
        match words:
            case [("/mic" | "/speaker") as which, ("on" | "off") as state]:
                return _SWITCHES[which](state == "on")
            case ["/people"]:
                return [f"  {_person(person)}" for person in self._people] or ["  You are in no room."]
            case ["/invite"]:
                return [self._invite or "You are in no room yet."]
            case ["/stats"]:
                return events.AskStats()
            case ["/quit"]:
                return events.Quit()
            case ["/help"]:
                return _HELP
            case _:
                raise BadLine(f"{words[0][:40]} is not known, or something is missing behind it: /help lists what is.")

    def _joined(self, event: events.RoomJoined) -> list[str]:
        others = [person.name for person in event.people if not person.own]
        words = event.room_words
        if others:
            return [f"* You are in, with {', '.join(others)}. Room words: {words}. /help tells what you can do."]
        return [
            "* Nobody else is here with this key. A mistyped key looks just like this: "
            f"compare the room words, {words}. /help tells what you can do."
        ]


def _met(event: events.BrokerMet) -> list[str]:
    if not event.first_contact:
        return []
    return [f"* First contact with this broker. Compare its four words with whoever runs it: {event.words}"]


def _said(event: events.TextReceived, *, dated: bool) -> str:
    sent_at = datetime.fromtimestamp(event.sent_at, UTC).astimezone()
    clock = sent_at.strftime("%Y-%m-%d %H:%M" if dated else "%H:%M")
    copied = " (this device is copied)" if event.copied_device else ""
    text = event.text.replace("\n", "\n    ")
    return f"{clock} {event.name}{copied}: {text}"


def _found(event: events.LogSearched) -> list[str]:
    """The lines, indented: nobody says them now."""
    if not event.lines:
        return [f"* No line has “{event.words}”."]
    older = ", and there are older ones" if event.more else ""
    return [f"* {_lines(len(event.lines))} with “{event.words}”{older}:"] + [
        "  " + _said(line, dated=True).replace("\n", "\n  ") for line in event.lines
    ]


def _missing(event: events.LinesMissing) -> str:
    if not event.count:
        return "Lines that were missing have come after all."
    if event.why is events.Missing.DROPPED:
        return f"The broker dropped {_lines(event.count)} of {event.name}."
    return f"{_lines(event.count)} from before {'is' if event.count == 1 else 'are'} not kept by the broker any more."


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


def _person(person: events.Person) -> str:
    state = "yourself" if person.own else "listening" if person.listening else "text only"
    return f"{person.name} ({state}{'' if person.confirmed else ', unconfirmed'}) {person.member}"


def _note(event: events.Event) -> str:  # noqa: C901, PLR0911, PLR0912  one table
    match event:
        case events.ConnectionProgressed(step):
            return step
        case events.RoomLeft(reason, retry_in):
            again = "" if retry_in is None else f" Trying again in {max(1, round(retry_in))} s."
            return f"Not connected: {reason.rstrip('.')}.{again}"
        case events.PersonJoined(person):
            return f"{person.name} has come."
        case events.PersonLeft(person):
            return f"{person.name} has gone."
        case events.TalkingChanged(person, on):
            return f"{person.name} {'is talking' if on else 'has stopped talking'}."
        case events.AudienceChanged(count):
            return f"{count} listening." if count else "Nobody is listening."
        case events.TextRefused(_, reason):
            return f"Not sent: {reason}"
        case events.LinesMissing():
            return _missing(event)
        case events.LogExported(path, count):
            return f"{_lines(count)} {'is' if count == 1 else 'are'} in {path} now."
        case events.MicrophoneChanged(on, device):
            return f"Microphone on: {device}." if on else "Microphone off."
        case events.SpeakerChanged(on, device):
            return f"Speaker on: {device}." if on else "Speaker off."
        case events.MicrophoneEnded():
            return "The file was spoken to its end."
        case events.ProblemReported():
            return event.message
        case _:
            return ""
