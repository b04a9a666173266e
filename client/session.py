"""One member's view of one room: join, people, text, resume. Messages and `now` in, messages and events out.

After each call drain `outgoing()`, `events()` and `voice_orders()`. The session knows every key of the room and
no socket, thread, clock or file; whoever owns those calls it. It trusts nothing that the broker says beyond
where a message came from: names, lines and confirmations count only once a seal has opened.
See docs/protocol.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.archive import Errands
from client.delays import Delays
from client.events import (
    AudienceChanged,
    DelayEstimated,
    Event,
    Part,
    Person,
    PersonChanged,
    PersonJoined,
    PersonLeft,
    ProblemReported,
    RoomJoined,
    TextQueued,
    TextReceived,
)
from client.heartbeat import Heartbeat
from client.log import LogStore
from client.outbox import OutboxStore
from client.posts import Posts
from client.receipts import Receipts
from client.refusals import problem_code, retry_at, sentence
from client.roster import Member, Roster
from client.signalling import Signals
from client.tuning import Tuning, TuningStore, Untuned
from client.voice_orders import (
    AddSpeaker,
    ConfirmSpeaker,
    EnterRoom,
    LeaveRoom,
    RemoveSpeaker,
    SetAudience,
    TuneSpeaker,
    VoiceOrder,
)
from client.writing import Writing
from common import limits, messages, voice_frame
from common.crypto.keys import RoomKeys, device_fingerprint, session_id
from common.crypto.sealing import BodyOpener, BodySealer
from common.crypto.sframe import FrameSealer
from common.errors import LocalError, SealBroken

MICRO: Final = 1_000_000  # of the stamps in a Ping to a second


@dataclass(frozen=True, slots=True)
class Identity:
    """Who I am in this room: the device's key, this run's key, my CURVE public key, the name that others will read."""

    device: Ed25519PrivateKey
    session: Ed25519PrivateKey
    connection: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays on this computer: my posts that wait, the lines of the room, how loud I hear whom."""

    outbox: OutboxStore
    log: LogStore
    tunings: TuningStore = field(default_factory=Untuned)


class Session:
    """One room, from the first join to the last, over any number of connections."""

    def __init__(
        self,
        keys: RoomKeys,
        identity: Identity,
        kept: Kept,
        jitter: Callable[[], float],
        *,
        tell_seen: bool = True,
        tell_writing: bool = True,
    ) -> None:
        """`jitter` gives numbers of 0..1; it spreads signals and is no secret.

        `tell_seen`: others learn what I saw; `tell_writing`: they learn that I am writing.
        """
        self._keys = keys
        self._identity = identity
        device_public = identity.device.public_key().public_bytes_raw()
        self._id = session_id(identity.session.public_key().public_bytes_raw())
        self._seal = BodySealer(keys)
        self._open = BodyOpener(keys)
        self._hello = self._seal.seal_hello(identity.device, identity.session, identity.connection, identity.name)
        self.fingerprint: Final = device_fingerprint(device_public)
        self._counters: Counter[str] = Counter(refused=0)
        self._frames = FrameSealer(keys.voice_base(self._id))
        self._roster = Roster(self._id, identity.name, keys)
        self._posts = Posts(keys, identity.device, identity.name, kept.outbox, kept.log, self._roster.name_of_device)
        self._receipts = Receipts(device_public, jitter, tell=tell_seen, epoch=self._posts.epoch)
        self._delays = Delays()
        self.writing: Final = Writing(tell=tell_writing)
        self._signals = Signals(
            self._id,
            identity.session,
            (self._seal, self._open),
            self._roster,
            (self._receipts, self.writing, self._delays),
            jitter,
        )
        self.errands: Final = Errands(kept.log, self._posts.open_line)
        self._tunings = kept.tunings
        self._handle = self._room = b""
        self._wide = False
        self._listening = False
        self._audience = 0
        self._joined_before = False
        self._lines_wait = False
        self._heartbeat = Heartbeat()
        self._outgoing: list[messages.FromClient] = []
        self._events: list[Event] = []
        self._voice: list[VoiceOrder] = []

    # --- what came of it ------------------------------------------------------------------------------------

    def outgoing(self) -> list[messages.FromClient]:
        """Drain the messages for the broker."""
        drained, self._outgoing = self._outgoing, []
        return drained

    def events(self) -> list[Event]:
        """Drain the events for the user interface. Lines that they tell are kept on this computer by then."""
        self._events += self._posts.commit()
        drained, self._events = self._events, []
        written: list[Event] = []
        for event in drained:
            if isinstance(event, TextReceived):
                self._receipts.shown(bytes.fromhex(event.post), (event.epoch, event.seq), own=event.own)
                written += self.writing.said(event.member, own=event.own)
        return drained + written

    def voice_orders(self) -> list[VoiceOrder]:
        """Drain the orders for the voice engine."""
        drained, self._voice = self._voice, []
        return drained

    @property
    def joined(self) -> bool:
        """Whether the broker has let me in on this connection."""
        return bool(self._handle)

    @property
    def counters(self) -> Counter[str]:
        """What was counted since the session began: texts, refused, doubled, signals…"""
        counted = self._counters.copy()
        for part in (self._posts.counters, self._signals.counters):
            counted.update(part)
        return counted

    def mouth_to_ear_ms(self, now: float) -> int | None:
        """The longest of the delays that are known, of who was heard in the last while."""
        return self._delays.worst_ms(now)

    def silent(self, now: float) -> bool:
        """Whether the broker has said nothing for too long: give the connection up."""
        return self.joined and now > self._heartbeat.silent_at

    def topics(self) -> frozenset[bytes]:
        """The voice topics to subscribe to now: none unless I listen; one for the room where it is large."""
        if not self.joined or not self._listening:
            return frozenset()
        if self._wide:
            return frozenset({voice_frame.room_topic(self._room)})
        heard = (member.handle for member in self._roster if not member.tuning.muted)
        return frozenset(voice_frame.topic(self._room, handle) for handle in heard)

    @property
    def hears_all(self) -> bool:
        """Whether everything that the broker gives out in this room should come in while I listen."""
        return self._wide or not any(member.tuning.muted for member in self._roster)

    def person(self, handle: bytes) -> Person | None:
        """The person behind a voice frame's handle."""
        member = self._roster.get(handle)
        return member.person() if member else None

    def people(self) -> tuple[Person, ...]:
        """Everybody here, myself first."""
        me = Person(
            self._id.hex(), self.fingerprint, self._identity.name, own=True, confirmed=True, listening=self._listening
        )
        return me, *(member.person() for member in self._roster)

    # --- what I want ----------------------------------------------------------------------------------------

    def join(self, now: float) -> None:
        """There is a fresh, authenticated connection: enter the room."""
        self._heartbeat.heard(now)
        self._outgoing.append(messages.Join(self._keys.room_id, self._hello, self._posts.newest))

    def lost(self) -> None:
        """The connection is gone. Posts wait in the outbox; people are told as gone when the UI asks again."""
        self._handle = b""
        self._heartbeat.end()
        self._signals.closed()
        self._delays.lost()
        self._posts.closed()
        self._roster.clear()
        self._set_audience(0)
        self._voice.append(LeaveRoom())
        self._outgoing.clear()

    def leave(self) -> None:
        """Say good-bye on a connection that still works."""
        if self.joined:
            self._outgoing.append(messages.Leave())
            self._handle = b""

    def say(self, text: str, now: float, sent_at: float) -> None:
        """Post a line; `sent_at` is the wall clock in seconds. Raises `TooLong`, or `NothingToSay`."""
        self._events += self._posts.say(text, sent_at)
        self._send_due(now)

    def mark_seen(self, post: str, now: float) -> None:
        """My user has the line of this post (of a `TextReceived`) and all above it before their eyes."""
        self._receipts.mark(bytes.fromhex(post), now)

    def tell_seen(self, on: bool) -> None:
        """Whether others learn from now on what I have seen."""
        self._receipts.tell(on)

    def listen(self, on: bool) -> None:
        """My speaker is on, or off."""
        if on == self._listening:
            return
        self._listening = on
        self._heartbeat.listen(on)
        if self.joined:
            self._outgoing.append(messages.Listen(on))

    def spoke(self, media_time: int, at: float, now: float) -> None:
        """A place of my media time was spoken `at`: those who listen are told."""
        self._delays.spoke(media_time, at, now)

    def heard(self, handle: bytes, media_time: int, at: float, now: float) -> None:
        """A place of a member's media time is heard `at`."""
        member = self._roster.get(handle)
        if member is None or not member.session.confirmed:
            return
        self._delays.played(member.session.id, media_time, at, now)
        news = self._delays.news(member.session.id, now)
        if news is not None:
            self._events.append(DelayEstimated(member.person(), *news))

    def tune(self, fingerprint: str, tuned: Callable[[Tuning], Tuning]) -> None:
        """Change how a device is heard, in all its clients that are here.

        Raises `LocalError` where that could not be remembered; it holds for this stay all the same.
        """
        here = [member for member in self._roster if member.fingerprint == fingerprint]
        for member in here:
            member.tuning = tuned(member.tuning)
            self._voice.append(TuneSpeaker(member.handle, member.tuning.gain))
            self._events.append(PersonChanged(member.person()))
        for member in here[:1]:
            self._tunings.keep_tuning(self._keys.device_mark(member.session.device), member.tuning)

    def ping_often(self, on: bool) -> None:
        """There is voice that may be late: how late, Pings tell."""
        self._heartbeat.often(on)

    def still_waiting(self) -> list[TextQueued]:
        """The lines of an earlier run that were never acknowledged, for the user interface."""
        return self._posts.still_waiting()

    # --- time -----------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Do what is due by now."""
        if self._posts.reading:
            self._events += self._posts.read_on()
        elif self.errands:
            self._events += self.errands.step()
        if not self.joined:
            return
        if self._heartbeat.take_due(now):
            self._outgoing.append(messages.Ping(int(now * MICRO)))
        self._outgoing += self._signals.take_due(now)
        self._events += self._receipts.count(self._roster.confirmed_devices, now)
        self._events += self.writing.expire(now)
        self._events += self._posts.missing(now)
        self._send_due(now)

    def next_tick(self, now: float) -> float | None:
        """When `tick` should be called next; None: nothing is planned."""
        if self._posts.reading or self.errands:
            return now
        if not self.joined:
            return None
        due = (
            self._heartbeat.due_at,
            *self._signals.next_tick(),
            self._posts.next_tick(now),
            self._heartbeat.silent_at,
        )
        return min(moment for moment in due if moment is not None)

    # --- what the broker says -------------------------------------------------------------------------------

    def receive(self, message: messages.FromBroker, now: float) -> None:
        """Take one message of the broker's."""
        self._heartbeat.heard(now)
        if self.joined or isinstance(message, messages.Joined | messages.Refused):
            self._take(message, now)
            self._send_due(now)

    @singledispatchmethod
    def _take(self, message: object, now: float) -> None:
        """Messages that need nothing more than having been heard, or that the transport acts on."""

    @_take.register
    def _(self, message: messages.Pong, now: float) -> None:
        self._delays.clock.note(message.stamp / MICRO, message.broker_time / MICRO, now)

    @_take.register
    def _(self, message: messages.Joined, now: float) -> None:
        if self.joined:
            return  # once for each connection, whatever the broker says
        self._roster.clear()
        self._handle, self._room, self._wide = message.member, message.room, False
        self._voice.append(EnterRoom(voice_frame.topic(message.room, message.member), self._frames))
        for other in message.members:
            self._add(other.member, other.hello, other.key)
        self._events.append(
            RoomJoined(self.fingerprint, self.people(), self._keys.room_words, again=self._joined_before)
        )
        self._joined_before = True
        self._posts.opened(message.newest_seq, message.log_id)
        if self._listening:
            self._outgoing.append(messages.Listen(on=True))
        self._heartbeat.begin(now)
        self._signals.joined(now)
        self._receipts.opened(self._posts.epoch, now)
        self.tick(now)

    @_take.register
    def _(self, message: messages.MemberJoined, now: float) -> None:
        member = self._add(message.member, message.hello, message.key)
        if member is not None:
            self._signals.newcomer(now)
            self._events.append(PersonJoined(member.person()))

    @_take.register
    def _(self, message: messages.MemberLeft, _now: float) -> None:
        member = self._roster.remove(message.member)
        if member is not None:
            self._gone(member)

    @_take.register
    def _(self, message: messages.Listening, _now: float) -> None:
        listeners = set(message.members)
        for member in self._roster:
            if member.listening != (member.handle in listeners):
                member.listening = not member.listening
                if member.listening:
                    self._delays.listener_came()
                self._events.append(PersonChanged(member.person()))
        self._set_audience(sum(member.listening for member in self._roster))

    @_take.register
    def _(self, message: messages.Accepted, _now: float) -> None:
        self._lines_wait = False
        self._events += self._posts.accepted(message)

    @_take.register
    def _(self, message: messages.Posted, _now: float) -> None:
        self._events += self._posts.posted(message)

    @_take.register
    def _(self, message: messages.Page, _now: float) -> None:
        self._events += self._posts.page(message)

    @_take.register
    def _(self, message: messages.Signalled, now: float) -> None:
        for outcome in self._signals.receive(message, now):
            if isinstance(outcome, ConfirmSpeaker):
                self._voice.append(outcome)
            else:
                self._events.append(outcome)

    @_take.register
    def _(self, message: messages.Refused, now: float) -> None:
        self._counters["refusals"] += 1
        if message.what == "post" and message.post_id is not None:
            self._events += self._posts.refused(message.post_id, sentence(message), retry_at(message, now))
            self._tell_that_lines_wait(message)
        elif message.what == "fetch" and message.retry_after:
            self._posts.page_refused(retry_at(message, now) or now)
        elif message.code == "behind":
            self._posts.left_behind()
        else:
            self._events.append(ProblemReported(Part.GENERAL, problem_code(message), sentence(message)))

    def _tell_that_lines_wait(self, message: messages.Refused) -> None:
        """A broker that cannot keep lines: said once, until it can. A quota is over in a moment, and says nothing."""
        if not message.retry_after or message.code == "too_fast" or self._lines_wait:
            return
        self._lines_wait = True
        waiting = f"{sentence(message)} Your lines wait here and are sent when it can keep them."
        self._events.append(ProblemReported(Part.TEXT, problem_code(message), waiting))

    # --- parts of it ----------------------------------------------------------------------------------------

    def _add(self, handle: bytes, token: bytes, connection: bytes) -> Member | None:
        """Put a member into the roster if its hello opens and is its own."""
        try:
            hello = self._open.open_hello(token)
        except SealBroken:
            self._counters["refused"] += 1
            return None
        if hello.connection != connection:
            self._counters["copied_hellos"] += 1  # somebody repeats what he has heard
            return None
        if len(self._roster) >= limits.ROOM_MEMBERS_MAX:
            self._counters["too_many_members"] += 1  # no honest broker lets so many in
            return None
        member, replaced = self._roster.add(handle, hello)
        if replaced is not None:
            self._gone(replaced)
        if member is None:
            return None
        self._wide = self._wide or len(self._roster) + 1 > limits.TOPICS_EACH_MEMBER
        self._voice.append(AddSpeaker(handle, member.session.opener, member.session.confirmed))
        with suppress(LocalError):  # a disk that fails says so elsewhere; nobody is silent for it
            member.tuning = self._tunings.tuning(self._keys.device_mark(member.session.device))
        if member.tuning.gain != 1.0:
            self._voice.append(TuneSpeaker(handle, member.tuning.gain))
        return member

    def _gone(self, member: Member) -> None:
        self._voice.append(RemoveSpeaker(member.handle))
        self._events.append(PersonLeft(member.person()))
        self.writing.gone(member.session.id)
        self._receipts.people_changed()
        self._delays.gone(member.session.id)
        self._set_audience(sum(other.listening for other in self._roster))

    def _set_audience(self, count: int) -> None:
        if count != self._audience:
            self._audience = count
            self._events.append(AudienceChanged(count))
            self._voice.append(SetAudience(count > 0))

    def _send_due(self, now: float) -> None:
        if self.joined:
            self._outgoing += self._posts.take_due(now)
