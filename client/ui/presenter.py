"""Events in, what to show out. This file decides everything that the window says; it knows no widget, no clock
and no thread, and must never import tkinter.
"""

from __future__ import annotations

import math
from datetime import tzinfo

from client.commands import MarkSeen
from client.events import (
    BrokerMet,
    ConnectionProgressed,
    Event,
    MicrophoneChanged,
    Part,
    Person,
    PersonJoined,
    PersonLeft,
    ProblemReported,
    RoomJoined,
    RoomLeft,
    SessionEnded,
    SpeakerChanged,
    TextQueued,
    TextReceived,
)
from client.ui import connect_texts, texts
from client.ui.excerpt import Excerpt
from client.ui.people import People
from client.ui.safe_text import bounded, safe_name, safe_sentence
from client.ui.transcript import BEGINNING, Transcript
from client.ui.unread import Unread
from client.ui.view_state import Glance, Phase, Problem, Remedy, Status, ViewState
from client.ui.voice_state import DEVICE_PROBLEMS, Voice
from client.writers import Writers

# The attempt is over with these: without another key, name or server the next one would end alike.
_ENDS_ATTEMPT = frozenset(
    {"bad_address", "bad_invite", "bad_phrase", "weak_phrase", "bad_name", "key_changed", "state_locked"}
)
_STEP_CELLS = 64  # what the status line has room for beside the words of room and broker
_TOUCH_SECONDS = 10.0  # whoever turned the wheel or pressed a button so long ago is still looking
_ABOUT_CONNECTING = frozenset({Part.SERVER, Part.NAME, Part.KEY})
_TOLD_ONCE = frozenset(
    {"settings"}
)  # what was set aside: it stays until the user closes the bar, or more has to be told


_REMEDIES = {
    "weak_phrase": Remedy.CONNECT_ANYWAY,
    "unreachable": Remedy.TRY_AGAIN,
    "not_a_broker": Remedy.TRY_AGAIN,
    "key_unchecked": Remedy.TRY_AGAIN,
    "bad_phrase": Remedy.NEW_KEY,
    "key_changed": Remedy.COMPARE,
    "unsent": Remedy.CLOSE,
}
_SHORTER = {"key_changed": connect_texts.CHANGED_BAR}  # where a page tells the rest


class Presenter:
    """One window's view of one client. Call a method, then show `state(now)` and what `chat` has changed."""

    def __init__(self, zone: tzinfo | None = None, *, microphone_on: bool = False, speaker_on: bool = False) -> None:
        self._people = People()
        self._writers = Writers()
        self._voice = Voice(microphone_wanted=microphone_on, speaker_wanted=speaker_on)
        self._transcript = Transcript(zone)
        self.chat = Excerpt(self._transcript)
        self._marked = BEGINNING  # the newest line of others that was seen
        self._unread = Unread()
        self._phase = Phase.OFFLINE
        self._wanted = False  # between Connect and Disconnect; events of an ended attempt are passed over
        self._step = ""
        self._retry_at = 0.0
        self._problem: Problem | None = None
        self._room: tuple[str, str] = ("", "")  # words, my fingerprint
        self._in_room = False
        self._own_name = texts.YOU  # until a room was joined
        self._warned = False  # that something is unsent
        self._broker: BrokerMet | None = None
        self._uncompared: set[str] = set()  # words of brokers that were first met in this run: a pin compares nothing

    # --- what the user did ----------------------------------------------------------------------------------

    def connect_asked(self) -> None:
        """A `Connect` was submitted."""
        self._wanted = True
        self._problem_is_past()
        self._broker = None
        self._transcript.begin_attempt()
        self._phase, self._step = Phase.CONNECTING, ""

    def disconnect_asked(self, wall: float) -> None:
        """A `Disconnect` was submitted; nothing is waited for. `wall` is in seconds since 1970."""
        self._wanted = False
        self._problem_is_past()
        if self._in_room:
            self._transcript.notice(texts.YOU_LEFT, wall)
        self._offline()

    def before_closing(self, *, draft: bool, kept: bool = False) -> ProblemReported | None:
        """What the user should know before the window goes; told once, then it may go. `kept`: the draft is."""
        unsent = self._transcript.unsent()
        if self._warned or not (unsent or draft):
            return None
        self._warned = True
        return ProblemReported(Part.GENERAL, "unsent", texts.unsent(unsent, draft=draft, kept=kept))

    def quit_asked(self) -> None:
        """A `Quit` was submitted."""
        self._wanted = False
        self._phase = Phase.LEAVING

    def microphone_asked(self, *, on: bool) -> None:
        """A `SetMicrophone` was submitted."""
        self._voice.ask_microphone(on=on)
        self._forget_problem(Part.MICROPHONE)

    def push_to_talk(self, key: str) -> None:
        """The key that has to be held to be heard, as people read it; empty: none has to be."""
        self._voice.push_key = key

    def speaker_asked(self, *, on: bool) -> None:
        """A `SetSpeaker` was submitted."""
        self._voice.ask_speaker(on=on)
        self._forget_problem(Part.SPEAKER)

    def edited(self, part: Part) -> None:
        """Something was typed there: what was wrong with it is not known any more."""
        self._forget_problem(part)

    def dismissed(self) -> None:
        """The problem bar was closed."""
        self._problem = None

    def glanced(self, glance: Glance) -> MarkSeen | None:
        """What to submit when the user sees this; once for each newest line of others."""
        attentive = glance.viewable and (glance.focused or glance.untouched < _TOUCH_SECONDS)
        place = self._transcript.place_of(glance.lowest)
        if not (attentive and self._in_room):
            self._unread.away()
            return None
        self._unread.looked(self._transcript.newest_until(place or BEGINNING), at_end=self.chat.follows)
        if glance.first_new:
            self._unread.met()
        if place is None:
            return None
        line = self._transcript.others_until(place)
        if line is None or line.place <= self._marked:
            return None
        self._marked = line.place
        return MarkSeen(line.key)

    # --- what happened --------------------------------------------------------------------------------------

    def receive(self, event: Event, now: float, wall: float) -> None:
        """Apply one event. `now` is monotonic, `wall` in seconds since 1970; both in seconds."""
        if isinstance(event, PersonJoined) and not self._in_room:
            return  # of a room that was left while this was on its way
        self._people.receive(event)
        self._writers.receive(event)
        self._voice.receive(event)
        self._receive_device(event)
        self._receive_connection(event, now, wall)
        self._receive_text(event, wall)

    def state(self, now: float) -> ViewState:
        """What to show at this moment."""
        online = self._phase is Phase.ONLINE
        voice = self._voice.shown(online=online)
        alone = online and len(self._people) <= 1
        people_note = texts.alone(self._room[0]) if alone else "" if online else texts.PEOPLE_EMPTY
        busy = self._phase in {Phase.CONNECTING, Phase.RETRYING}
        title, text = self._empty(online=online, busy=busy)
        return ViewState(
            status=self._status(now),
            can_connect=self._phase is Phase.OFFLINE,
            can_disconnect=online or busy,
            can_send=self._in_room and (online or busy),
            problem=self._problem,
            people=self._people.rows(microphone_on=voice.microphone_on, speaker_on=voice.speaker_on),
            people_note=people_note,
            voice=voice,
            empty_title=title,
            empty_text=text,
            has_new=self._unread.after is not None,
            offers_new=self._unread.offered,
            writing=texts.writing([safe_name(name) for name in self._writers.names()]) if online else "",
            invite=self._broker.invite if self._broker and self._in_room else "",
        )

    def _receive_connection(self, event: Event, now: float, wall: float) -> None:
        match event:
            case ConnectionProgressed(step) if self._wanted:
                self._phase, self._step = Phase.CONNECTING, safe_sentence(step, _STEP_CELLS)
            case BrokerMet() if self._wanted:
                self._broker = event
                if event.first_contact:
                    self._uncompared.add(event.words)
            case RoomJoined() if self._wanted:
                self._joined(event, wall)
            case RoomLeft(reason, retry_in):
                self._left(safe_sentence(reason), retry_in, now, wall)
            case ProblemReported():
                self._reported(event)
            case SessionEnded() if self._phase is not Phase.LEAVING:
                self._offline()
                self._problem = Problem(Part.GENERAL, texts.ENDED)
            case _:
                pass

    def _receive_device(self, event: Event) -> None:
        match event:
            case MicrophoneChanged(on=True):
                self._works_again(Part.MICROPHONE)
            case SpeakerChanged(on=True):
                self._works_again(Part.SPEAKER)
            case _:
                pass

    def _receive_text(self, event: Event, wall: float) -> None:
        match event:
            case TextQueued():
                self._transcript.queued(event, self._room[1], self._own_name)
                self.chat.follow()  # whoever writes wants to see it
                if self._unread.wrote():
                    self._divide()
            case PersonJoined(person):
                said = texts.SELF_JOINED if self._is_own(person) else texts.joined(safe_name(person.name))
                self._transcript.notice(said, wall)
            case PersonLeft(person) if self._in_room:
                said = texts.SELF_LEFT if self._is_own(person) else texts.left(safe_name(person.name))
                self._transcript.notice(said, wall)
            case TextReceived():
                self._transcript.receive(event)
                self._came(event)
            case _:
                self._transcript.receive(event)

    def _is_own(self, person: Person) -> bool:
        """Whether it is my device: another window, or one that ended without a good-bye and is only now missed."""
        return person.member == self._room[1]

    def _came(self, event: TextReceived) -> None:
        place = self._transcript.place_of(event.post)
        if place is None:
            return
        if event.known or event.own:
            self._unread.known(place)
        elif self._unread.came(place, late=event.late):
            self._divide()

    def _divide(self) -> None:
        self._transcript.divide(self._unread.after, self._unread.count)

    def _joined(self, event: RoomJoined, wall: float) -> None:
        room = (safe_name(event.room_words), event.member)
        self._transcript.joined(same_room=room == self._room)
        if self._room not in {room, ("", "")}:
            self._unread.begin()
            self._divide()
        if room == self._room and self._in_room and self._phase is not Phase.ONLINE:
            self._transcript.notice(texts.CONNECTED_AGAIN, wall)
        self._room, self._in_room = room, True
        self._marked = BEGINNING  # the numbers of another log begin anew
        self._people.begin(event.people)
        own = self._people.own()
        self._own_name = own.name if own else texts.YOU
        self._voice.audience = self._people.others_listening()
        self._phase = Phase.ONLINE
        problem = self._problem
        if problem and (problem.part in _ABOUT_CONNECTING or problem.code.startswith(("refused", "unreachable"))):
            self._problem = None

    def _left(self, reason: str, retry_in: float | None, now: float, wall: float) -> None:
        if not self._wanted:
            return  # the answer to a Disconnect, which was shown at once
        if self._phase is Phase.ONLINE:
            self._transcript.notice(f"{texts.CONNECTION_LOST}: {reason}" if reason else texts.CONNECTION_LOST, wall)
        if retry_in is None:
            self._wanted = False
            self._offline()
            if reason and self._problem is None:
                self._problem = Problem(Part.GENERAL, reason)
        else:
            self._phase, self._step = Phase.RETRYING, bounded(reason, _STEP_CELLS)
            self._retry_at = now + retry_in
            self._people.begin(())

    def _reported(self, problem: ProblemReported) -> None:
        code = problem.code
        if code in _ENDS_ATTEMPT and self._phase in {Phase.CONNECTING, Phase.RETRYING}:
            self._phase = Phase.OFFLINE
        remedy = Remedy.COPY_DETAILS if problem.details else _REMEDIES.get(code)
        if remedy is Remedy.TRY_AGAIN and self._phase is not Phase.OFFLINE:
            remedy = None  # it is being tried already
        part, text = problem.part, _SHORTER.get(code) or safe_sentence(problem.message)
        if code == "unreachable" and self._in_room:  # it was right a moment ago: nothing is wrong with the address
            part, text = Part.GENERAL, texts.BROKER_AWAY
        self._problem = Problem(part, text, remedy, code, problem.details)

    def _offline(self) -> None:
        self._phase = Phase.OFFLINE
        self._in_room = False
        self._people.begin(())
        self._voice.audience = None

    def _problem_is_past(self) -> None:
        """What was wrong with the last attempt, or in the last room."""
        if self._problem is not None and self._problem.code not in _TOLD_ONCE:
            self._problem = None

    def _forget_problem(self, part: Part) -> None:
        if self._problem is not None and self._problem.part is part:
            self._problem = None

    def _works_again(self, part: Part) -> None:
        """A device is open. What else may be wrong with this part, a library that is missing, is so all the same."""
        if self._problem is not None and self._problem.code in DEVICE_PROBLEMS:
            self._forget_problem(part)

    def _empty(self, *, online: bool, busy: bool) -> tuple[str, str]:
        if len(self._transcript):
            return "", ""
        if online:
            return texts.QUIET_TITLE, texts.QUIET_TEXT
        return (texts.WAITING_TITLE, texts.WAITING_TEXT) if busy else (texts.EMPTY_TITLE, texts.EMPTY_TEXT)

    def _status(self, now: float) -> Status:
        words = safe_name(self._broker.words, 60) if self._broker else ""
        is_new = self._broker is not None and self._broker.words in self._uncompared
        room_words = self._room[0] if self._in_room else ""
        return Status(self._phase, self._status_text(now), room_words, words, is_new)

    def _status_text(self, now: float) -> str:
        if self._phase is Phase.RETRYING:
            seconds = math.ceil(self._retry_at - now)
            return texts.retrying(seconds, self._step) if seconds > 0 else texts.RETRYING_NOW
        if self._phase is Phase.CONNECTING:
            return self._step or texts.CONNECTING
        return {Phase.ONLINE: texts.CONNECTED, Phase.LEAVING: texts.LEAVING}.get(self._phase, texts.NOT_CONNECTED)
