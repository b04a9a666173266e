"""The session as lines of text, for people in a terminal (`--text`). Pure.

What is typed is said, but for a few words behind a slash. All that strangers chose has been cleaned by the session.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final

from client import commands, events, trust
from client.faces import BadLine, KeyWish, People
from client.ink import Ink
from client.terminal_people import OF_A_PERSON, about, command, names_of
from client.ways_of_voice import LaneChanged, LaneReason, VoiceModeChanged, VoiceModeReason
from client.writers import Writers
from common.address import is_this_machine
from common.invite import parse_invite

_HELP: Final = [
    "What you type is said to the room. Besides that:",
    "  /mic [on|off]     speak, or stop speaking",
    "  /speaker [on|off] hear the others, or stop hearing",
    "  /transmit MODE    send your microphone while you speak (voice), or always",
    "  /voice MODE       little data (slim), little delay (low-delay), or as your network needs it (auto)",
    "  /lanes NUMBER     how many ways voice takes: 1 to 4, or as your network needs it (auto)",
    "  /devices          microphones and speakers that there are",
    "  /mic use NAME     take the microphone of this name, or a part of it; default: the system's own",
    "  /speaker use NAME the same for the speaker",
    "  /echo             record three seconds and play them back",
    "  /people           who is here",
    "  /volume NAME DB   hear somebody louder or softer: -20 to 12, 0 as they are",
    "  /mute NAME        hear nothing of somebody; /unmute NAME",
    "  /invite           the link that brings a friend here (it holds the key: send it over a safe way)",
    "  /remember         keep this room's key in your system's keyring; then it is asked for no more",
    "  /forget           take this room's key out of the keyring",
    "  /search WORDS     earlier lines of this room with these words",
    "  /export FILE      write all lines of this room that are kept here into a new file",
    "  /stats            counters",
    "  /help             this list",
    "  /quit             leave",
    "  //…               say a line that begins with a slash",
]
_HELP_COLUMN: Final = 20
_FEW: Final = 2  # who write and are named
_SWITCHES: Final[dict[str, Callable[[bool], commands.Command]]] = {
    "/mic": commands.SetMicrophone,
    "/speaker": commands.SetSpeaker,
}
_USES: Final[dict[str, Callable[[str], commands.Command]]] = {
    "/mic": lambda name: commands.ChooseDevices(microphone=name),
    "/speaker": lambda name: commands.ChooseDevices(speaker=name),
}
_MODES: Final[dict[str, Callable[[str], commands.Command]]] = {
    "/transmit": lambda mode: commands.SetTransmit(commands.Transmit(mode)),
    "/voice": lambda wish: commands.SetVoiceMode(commands.VoiceWish(wish)),
    "/lanes": lambda lanes: commands.SetLanes(commands.Lanes(lanes)),
}
_WITH_TEXT: Final[dict[str, Callable[[str], commands.Command]]] = {
    "/search": commands.SearchLog,
    "/export": commands.ExportLog,
}


_ASKED: Final[dict[str, Callable[[], commands.Command | KeyWish]]] = {
    "/devices": commands.AskDevices,
    "/echo": commands.TestEcho,
    "/stats": commands.AskStats,
    "/quit": commands.Quit,
    "/remember": lambda: KeyWish.REMEMBER,
    "/forget": lambda: KeyWish.FORGET,
}
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("/help", "/people", "/invite", *_ASKED, *_WITH_TEXT), ()),
    **dict.fromkeys(_SWITCHES, ("on", "off", "use ")),
    "/transmit": ("always", "voice"),
    "/voice": tuple(commands.VoiceWish),
    "/lanes": tuple(commands.Lanes),
}
_ASK_FOR_MORE: Final = {*OF_A_PERSON, *_WITH_TEXT, *_MODES}  # say nothing alone
_ECHO_STEPS: Final = {
    events.EchoStep.SPEAK: "Speak now: three seconds are recorded.",
    events.EchoStep.LISTEN: "Listen: this is what the others would hear.",
    events.EchoStep.OVER: "The echo test is over.",
}


_VOICE_MODES: Final = {
    (commands.VoiceMode.SLIM, VoiceModeReason.FULL): "Slim voice: your network is narrow.",
    (commands.VoiceMode.SLIM, VoiceModeReason.ASKED): "Slim voice: little data.",
    (
        commands.VoiceMode.LOW_DELAY,
        VoiceModeReason.GOOD,
    ): "Voice with little delay: your network has room for it.",
    (commands.VoiceMode.LOW_DELAY, VoiceModeReason.ASKED): "Voice with little delay.",
}
_KEY_IS_KEPT: Final = (
    "This room's key is in your system's keyring now: the next time it is not asked for. /forget takes it out again."
)
_LANE_ON: Final = {
    **dict.fromkeys((LaneReason.LOSS_UP, LaneReason.LOSS_DOWN), ": your network loses packets"),
    LaneReason.GOOD: ": that is enough for what your network loses now",
}
_WAYS: Final = {2: "two", 3: "three", 4: "four"}
_LANE_OFF: Final = {
    LaneReason.GOOD: ": nothing was held up for a while",
    LaneReason.FULL: ": your network has no room for it",
    LaneReason.WORSE: ": it made things worse",
    LaneReason.NO_HELP: ": it did not help",
}


class TerminalFace:
    """Lines for a person; works in any terminal and with a screen reader, since it only ever adds lines."""

    def __init__(self, ink: Ink = Ink()) -> None:  # noqa: B008 - frozen
        self._ink = ink
        self._people = People()
        self._invite = ""
        self._room_words = ""
        self._on = {"/mic": False, "/speaker": False}
        self._writers = Writers()
        self._unsent: set[str] = set()  # my lines that the broker does not have yet

    def command(self, line: str) -> commands.Command | KeyWish | list[str] | None:
        """A command, lines that answer at once, or None for an empty line. Raises `BadLine`."""
        line = line.rstrip("\r\n")
        if not line.strip():
            return None
        if line.startswith("//"):
            return commands.SendText(line[1:])
        if not line.startswith("/"):
            return commands.SendText(line)
        word, _, rest = line.strip().partition(" ")
        use, _, name = rest.strip().partition(" ")
        if word in _USES and use == "use" and name.strip():
            return _USES[word](name.strip())
        if word in OF_A_PERSON:
            return command(line.split(), self._people)
        asked = _WITH_TEXT.get(word)
        return asked(rest.strip()) if asked and rest.strip() else self._slash(line.split())

    def complaint(self, message: str) -> str:
        """One line that says what was wrong."""
        return self._ink.trouble(f"! {message}")

    def status(self) -> str:
        """One line that tells how things stand."""
        room = f"{self._room_words}, {len(list(self._people))} here" if self._room_words else "not connected"
        devices = [f"{word[1:]} {'on' if on else 'off'}" for word, on in self._on.items()]
        unsent = [f"{_lines(len(self._unsent))} not sent yet"] if self._unsent else []
        return " · ".join([room, *unsent, *devices, *_writing(self._writers.names()), "/help"])

    def is_message(self, typed: str) -> bool:
        """Whether this, when it is entered, would be said to others."""
        return bool(typed.strip()) and (not typed.startswith("/") or typed.startswith("//"))

    def completions(self, before: str) -> list[str]:
        """What may stand in place of the last word of `before`: a command, its second word, or a name."""
        words = before.split(" ")
        if before.startswith("/") and len(words) == 1:
            fitting: list[str] = [word for word in (*_WORDS, *OF_A_PERSON) if word.startswith(before)]
            if len(fitting) == 1 and fitting[0] in _ASK_FOR_MORE:
                fitting[0] += " "
        elif words[0] in OF_A_PERSON:
            typed = " ".join(words[1:]).casefold()
            fitting = [
                name[len(typed) - len(words[-1]) :]
                for name in names_of(self._people)
                if name.casefold().startswith(typed)
            ]
        elif before.startswith("/") and len(words) == 2:
            fitting = [word for word in _WORDS.get(words[0], ()) if word.startswith(words[1])]
        else:
            last = words[-1].casefold()
            fitting = [name for name in names_of(self._people) if _begins(name, last)]
        return sorted(fitting)

    def lines(self, event: events.Event) -> list[str]:
        """What a person should know of the event."""
        self._note(event)
        match event:
            case events.BrokerMet():
                self._invite = event.invite
                return _met(event)
            case events.BrokerChanged():
                return trust.explained(event)
            case events.RoomJoined():
                return self._joined(event)
            case events.TextReceived():
                # What was just typed stands on the screen already.
                return [] if event.own and not event.late else [self._said(event, dated=event.late)]
            case events.LogSearched():
                return self._found(event)
            case _:
                return self._notes(event)

    def _notes(self, event: events.Event) -> list[str]:
        match event:
            case events.StatsReported(counters):
                return [f"  {name}: {value}" for name, value in sorted(counters.items())]
            case events.DevicesListed(microphones, speakers):
                return ["  Microphones:", *_indented(microphones), "  Speakers:", *_indented(speakers)]
            case events.TextQueued():
                first_while_away = not self._room_words and len(self._unsent) == 1
                return [
                    self._ink.aside("* What you say is kept, and sent once you are in the room.")
                ] * first_while_away
            case events.ProblemReported() | events.TextRefused():
                return [self._ink.trouble(f"* {_note(event)}")]
            case _:
                note = _note(event)
                return [self._ink.aside(f"* {note}")] if note else []

    def _note(self, event: events.Event) -> None:
        self._people.note(event)
        self._writers.receive(event)
        match event:
            case events.RoomJoined():
                self._room_words = event.room_words
            case events.RoomLeft():
                self._room_words = ""
            case events.MicrophoneChanged(on):
                self._on["/mic"] = on
            case events.SpeakerChanged(on):
                self._on["/speaker"] = on
            case events.TextQueued(post):
                self._unsent.add(post)
            case events.TextStored(post) | events.TextRefused(post):
                self._unsent.discard(post)
            case _:
                pass

    def _slash(self, words: list[str]) -> commands.Command | KeyWish | list[str]:
        match words:
            case [("/mic" | "/speaker") as which, ("on" | "off") as state]:
                return _SWITCHES[which](state == "on")
            case [("/mic" | "/speaker") as which]:
                return _SWITCHES[which](not self._on[which])
            case [word, value] if word in _MODES and value in _WORDS[word]:
                return _MODES[word](value)
            case [word] if word in _ASKED:
                return _ASKED[word]()
            case ["/help" | "/people" | "/invite" as word]:
                return self._told(word)
            case _:
                raise BadLine(_misused(*words[:2]))

    def _told(self, word: str) -> list[str]:
        if word == "/people":
            lines = (
                about(person, self._people.talking(person), self._people.delay_ms(person)) for person in self._people
            )
            return [f"  {line}" for line in lines] or ["  You are in no room."]
        return _HELP if word == "/help" else self._invitation()

    def _invitation(self) -> list[str]:
        if not self._invite:
            return ["You are in no room yet."]
        local = is_this_machine(parse_invite(self._invite).address.host)
        return [
            self._invite,
            *[self._ink.aside("* It works on this computer only: connect by an address that your friends reach.")]
            * local,
        ]

    def _joined(self, event: events.RoomJoined) -> list[str]:
        others = [person.name for person in event.people if not person.own]
        words = event.room_words
        if others:
            return [f"* You are in, with {', '.join(others)}. Room words: {words}. /help tells what you can do."]
        return [
            "* Nobody else is here with this key. A mistyped key looks just like this: "
            f"compare the room words, {words}. /help tells what you can do."
        ]

    def _said(self, event: events.TextReceived, *, dated: bool) -> str:
        sent_at = datetime.fromtimestamp(event.sent_at, UTC).astimezone()
        clock = self._ink.aside(sent_at.strftime("%Y-%m-%d %H:%M" if dated else "%H:%M"))
        copied = " (this device is copied)" if event.copied_device else ""
        text = event.text.replace("\n", "\n    ")
        return f"{clock} {self._ink.name(event.name, event.member)}{copied}: {text}"

    def _found(self, event: events.LogSearched) -> list[str]:
        """The lines, indented: nobody says them now."""
        if not event.lines:
            return [f"* No line has “{event.words}”."]
        older = ", and there are older ones" if event.more else ""
        return [f"* {_lines(len(event.lines))} with “{event.words}”{older}:"] + [
            "  " + self._said(line, dated=True).replace("\n", "\n  ") for line in event.lines
        ]


def _misused(word: str, meant: str = "") -> str:
    """What was wrong with a line that begins with this word, and what would be right. `meant`: its second word."""
    known = (*_WORDS, *OF_A_PERSON)
    if word in known:
        begin = f"{word} use" if meant == "use" else word
        right = next(line for line in _HELP if f"{begin} " in f"{line} ")
        return f"Write {right[:_HELP_COLUMN].strip()}: {right[_HELP_COLUMN:].strip()}."
    near = get_close_matches(word[:40], known, 1)
    return f"{word[:40]} is not known{f': {near[0]} is' if near else ''}. /help lists all."


def _met(event: events.BrokerMet) -> list[str]:
    if not event.first_contact:
        return []
    return [f"* First contact with this broker. Compare its four words with whoever runs it: {event.words}"]


def _writing(names: list[str]) -> list[str]:
    few = len(names) <= _FEW
    return [f"{' and '.join(names) if few else 'several people'} writing…"] if names else []


def _begins(name: str, typed: str) -> bool:
    return bool(typed) and name.casefold().startswith(typed)


def _indented(names: tuple[str, ...]) -> list[str]:
    return [f"    {name}" for name in names] or ["    none"]


def _missing(event: events.LinesMissing) -> str:
    if not event.count:
        return "Lines that were missing have come after all."
    if event.why is events.Missing.DROPPED:
        return f"The broker dropped {_lines(event.count)} of {event.name}."
    return f"{_lines(event.count)} from before {'is' if event.count == 1 else 'are'} not kept by the broker any more."


def _lane(count: int, why: LaneReason) -> str:
    if count == 1:
        return f"Voice goes one way again{_LANE_OFF.get(why, '')}."
    return f"Voice goes {_WAYS[count]} ways{_LANE_ON.get(why, '')}."


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


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
        case events.EchoTestChanged(step):
            return _ECHO_STEPS[step]
        case LaneChanged(count, why):
            return _lane(count, why)
        case VoiceModeChanged(mode, why):
            return _VOICE_MODES[mode, why]
        case events.KeyRemembered(on=on):
            return _KEY_IS_KEPT if on else "This room's key is not in the keyring any more."
        case events.MicrophoneEnded():
            return "The file was spoken to its end."
        case events.ProblemReported():
            return event.message
        case _:
            return ""
