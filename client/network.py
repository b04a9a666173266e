"""The network thread: commands down, events up, and everything between session, sockets and voice engine.

It owns the clock, the randomness and the life of a connection: approach, handshake, join, loss, next attempt.
What a room is and who is in it, the session decides; this file only carries its decisions out.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial, singledispatchmethod
from typing import Final, TypeVar

from msgspec.structs import replace

from client import commands, events, faults, refusals, voice_orders
from client.approach import Approach, approach_aside
from client.attempts import Attempts
from client.desk import Desk, Moment
from client.endpoint import Endpoint
from client.events import Part
from client.hearing import TOLD_AFTER, Hearing
from client.inbox import Inbox
from client.lanes import LaneWatch
from client.session import MICRO, Session
from client.stays import Habits, Stays
from client.store import Store
from client.surroundings import News, Watch
from client.target import AttemptFailed, KeyChanged, Target, read_target
from client.transport import Link, Transport
from client.tuning import Tuning
from client.voice.engine import VoiceEngine
from client.voice.reports import MediaHeard, MediaSpoken, Report, TalkHeard
from client.voice_choice import VoiceChoice
from common import messages
from common.crypto.keys import RoomKeys
from common.errors import LocalError

_IDLE_SECONDS: Final = 1.0
_FAULT_PAUSE: Final = 0.1  # seconds: a fault that comes again and again must not take a core
_GOOD_BYE_SECONDS: Final = 0.3
_NOT_ALLOWED: Final = (
    "This broker lets in only those whose key it knows: give its host what secure-chat --show-key prints,"
    " and connect with --lasting-key."
)
_T = TypeVar("_T")
_log: Final = logging.getLogger(__name__)


class Network(threading.Thread):
    """Run with `start()`; talk to it with `submit()`; read `events`. Ends after `Quit`."""

    def __init__(
        self,
        store: Store,
        inbox: Inbox | None = None,
        *,
        microphone: str = "default",
        speaker: str = "default",
        habits: Habits = Habits(),  # noqa: B008 - frozen
        transmit: commands.Transmit = commands.Transmit.ALWAYS,
        processing: commands.SetProcessing | None = None,
        voice: commands.VoiceWish = commands.VoiceWish.LOW_DELAY,
        lanes: commands.Lanes = commands.Lanes.ONE,
    ) -> None:
        """`inbox`: where events go, if that is there already.

        `microphone`, `speaker`, `transmit`, and `processing` as in `VoiceEngine`.
        """
        super().__init__(name="network", daemon=True)
        self.events: Final = inbox or Inbox()
        self._store = store
        self._commands: queue.SimpleQueue[commands.Command] = queue.SimpleQueue()
        self._approaches: queue.SimpleQueue[tuple[int, RoomKeys | Approach | AttemptFailed]] = queue.SimpleQueue()
        self._reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._voice_choice = VoiceChoice(voice)
        self._voice = VoiceEngine(
            microphone=microphone,
            speaker=speaker,
            send=self._send_voice,
            report=self._report,
            transmit=transmit,
            processing=processing,
            mode=self._voice_choice.mode,
        )
        self._lanes = LaneWatch(lanes)
        self._transport = Transport(self._voice.receive, self._lanes)
        self._random = secrets.SystemRandom()
        self._stays = Stays(store, habits, self._random.random)
        self._desk = Desk(self._stays, self.events.put)
        self._attempts = Attempts(self._random.random)
        self._hearing = Hearing()
        self._surroundings = Watch()
        self._target: Target | None = None
        self._keys: RoomKeys | None = None
        self._connection_key = b""
        self._session: Session | None = None
        self._told_problem = ""  # the trouble that the last attempt met: an unreachable broker is told once
        self._totals: Counter[str] = Counter(reconnects=0)
        self._told_fault = False
        self._listening = self._talks = False
        self._was_in = False  # in this room since the last Connect: a further Joined is a reconnect
        self._running = True

    def submit(self, command: commands.Command) -> None:
        """Ask for something. From any thread; never blocks."""
        self._commands.put(command)
        self._transport.wake()

    def run(self) -> None:
        """Work until `Quit`."""
        with ExitStack() as last:  # each of these, whatever becomes of the others
            last.callback(self.events.put, events.SessionEnded())
            last.callback(self._store.close)
            last.callback(self._transport.close)
            last.callback(self._voice.close)
            self._voice.start()
            while self._running:
                self._guarded_turn()

    # --- from other threads ---------------------------------------------------------------------------------

    def _send_voice(self, frame: bytes) -> None:
        self._transport.send_voice(frame)

    def _report(self, report: Report) -> None:
        self._reports.put(report)
        self._transport.wake()

    # --- the loop -------------------------------------------------------------------------------------------

    def _guarded_turn(self) -> None:
        try:
            self._turn()
        except Exception as error:  # noqa: BLE001  whatever went wrong, the window lives on and says so
            _log.exception("the network thread met a fault")
            if not self._told_fault:
                self._told_fault = True  # until a room is joined again
                self.events.put(faults.reported(Part.GENERAL, "internal", faults.INSIDE, error))
            self._connection_lost("a fault inside this program")
            time.sleep(_FAULT_PAUSE)

    def _turn(self) -> None:
        for news in self._transport.poll(self._pause()):
            if isinstance(news, Link):
                self._link_changed(news)
            else:
                self._received(news)
        for command in _drain(self._commands):
            self._obey(command)
        for attempt, outcome in _drain(self._approaches):
            if attempt == self._attempts.number:
                self._approached(outcome)
        for report in _drain(self._reports):
            self._reported(report)
        self._watch_the_clock()
        self._carry_out()
        self._mind_voice_mode(time.monotonic())

    def _pause(self) -> float:
        now = time.monotonic()
        soonest = min(self._attempts.next_tick(), now + _IDLE_SECONDS)
        planned = self._session.next_tick(now) if self._session is not None else None
        return max(0.0, min(soonest, planned if planned is not None else soonest) - now)

    def _watch_the_clock(self) -> None:
        now = time.monotonic()
        news = self._surroundings.news(now)
        if news is not None and self._target is not None:
            self._surroundings_changed(news, now)
        if self._attempts.take_due(now):
            self._approach()
        if self._attempts.given_up(now):
            self._connection_lost("the broker did not answer in time")
        if self._session is not None:
            self._session.tick(now)
            if self._session.silent(now):
                self._connection_lost("the broker has fallen silent")

    def _surroundings_changed(self, news: News, now: float) -> None:
        """No waiting for time-outs: a stay that cannot go on is begun anew, an attempt that waits is made now."""
        if not self._attempts.waiting and news is not News.BACK:
            slept = news is News.SLEPT
            self._connection_lost("this computer slept" if slept else "this computer's way to the broker has changed")
        self._attempts.bring_forward(now)

    def _carry_out(self) -> None:
        """What the session has decided."""
        if self._session is None:
            return
        for order in self._session.voice_orders():
            voice_orders.carry_out(order, self._voice)
        for message in self._session.outgoing():
            self._transport.send(message)
        for event in self._session.events():
            self.events.put(event)
        self._transport.subscribe(self._session.topics())
        self._mind_lanes(self._session, time.monotonic())

    def _mind_lanes(self, session: Session, now: float) -> None:
        """Further lanes while the first one stalls; and Pings come often while there is voice to be late."""
        changed = self._lanes.turn(now)
        if changed is not None:
            self.events.put(changed)
        self._transport.talk(session.joined and self._talks)
        session.ping_often(self._lanes.close_look(now))

    def _mind_voice_mode(self, now: float) -> None:
        """Slim voice while the way up is full, if that is left to me."""
        changed = self._voice_choice.turn(self._lanes.uplink(now), now)
        if changed is not None:
            self._voice.set_mode(changed.mode)
            self.events.put(changed)

    # --- commands -------------------------------------------------------------------------------------------

    @singledispatchmethod
    def _obey(self, command: commands.DeskCommand | commands.VoiceCommand) -> None:
        if isinstance(command, commands.DeskCommand):
            now = Moment(time.monotonic(), time.time())
            self._desk.obey(command, self._session, now, expected=self._target is not None)
        else:
            voice_orders.obey(command, self._voice)

    @_obey.register
    def _(self, command: commands.Connect) -> None:
        self._hang_up()
        try:
            self._target = read_target(command)
        except AttemptFailed as error:
            self._attempt_failed(error)
            return
        self._connection_key = self._transport.new_identity(self._stays.connection_secret())
        self._approach()

    @_obey.register
    def _(self, command: commands.Disconnect) -> None:
        del command
        was_busy = self._target is not None
        self._hang_up()
        self._voice.set_microphone(False)
        self._voice.set_speaker(False)
        if was_busy:
            self.events.put(events.RoomLeft("you have left", None))

    @_obey.register
    def _(self, command: commands.SetVolume) -> None:
        self._tune(command.member, lambda tuning: tuning.louder(command.decibels))

    @_obey.register
    def _(self, command: commands.SetMuted) -> None:
        self._tune(command.member, lambda tuning: replace(tuning, muted=command.on))

    @_obey.register
    def _(self, command: commands.SetLanes) -> None:
        self._lanes.lanes = command.lanes

    @_obey.register
    def _(self, command: commands.SetVoiceMode) -> None:
        self._voice_choice.wish = command.wish

    @_obey.register
    def _(self, command: commands.AskStats) -> None:
        del command
        self.events.put(events.StatsReported(self._counters()))

    @_obey.register
    def _(self, command: commands.Quit) -> None:
        del command
        self._hang_up()
        self._running = False

    def _tune(self, member: str, tuned: Callable[[Tuning], Tuning]) -> None:
        if self._session is None:
            return  # the room was left while this was on its way
        try:
            self._session.tune(member, tuned)
        except LocalError as error:
            self._problem(Part.GENERAL, "not_kept", f"{error} It holds until you leave.")

    # --- the life of a connection ---------------------------------------------------------------------------

    def _approach(self) -> None:
        target = self._target
        if target is None:
            return
        self.events.put(events.ConnectionProgressed(f"Looking for the broker at {target.address}…"))
        number = self._attempts.begun()

        def answer(outcome: RoomKeys | Approach | AttemptFailed) -> None:
            self._approaches.put((number, outcome))
            self._transport.wake()

        approach_aside(target, self._store.pin(str(target.address)), self._keys, answer)

    def _approached(self, outcome: RoomKeys | Approach | AttemptFailed) -> None:
        if isinstance(outcome, AttemptFailed):
            self._attempt_failed(outcome)
            return
        if isinstance(outcome, RoomKeys):
            self._begin_session(outcome)
            return
        if self._session is None or self._keys is not outcome.keys:
            self._begin_session(outcome.keys)
        self.events.put(events.BrokerMet(outcome.broker_words, outcome.first_contact, str(outcome.invite)))
        self.events.put(events.ConnectionProgressed("Joining the room…"))
        self._surroundings.towards(outcome.host, outcome.control_port)
        self._transport.open(Endpoint(outcome.host, outcome.control_port, outcome.voice_port, outcome.broker_key))
        self._attempts.connecting(time.monotonic())

    def _begin_session(self, keys: RoomKeys) -> None:
        target = self._target
        if target is None:
            return
        if self._session is not None:
            self._totals.update(self._session.counters)
        self._keys = keys
        self._session = self._stays.begin(
            keys, self._connection_key, target.name, partial(self._problem, Part.GENERAL, "log_failed")
        )
        self._session.listen(self._listening)
        self._desk.opened(keys, self._session, Moment(time.monotonic(), time.time()))

    def _link_changed(self, news: Link) -> None:
        if self._session is None:
            return
        if news is Link.AUTHENTICATED:
            self._session.join(time.monotonic())
        elif news is Link.TURNED_AWAY:
            self._attempt_failed(AttemptFailed(Part.SERVER, "key_not_allowed", _NOT_ALLOWED))
        elif news is Link.DEAF:
            self._deaf("the broker's voice port does not answer")
        else:
            self._connection_lost("the connection to the broker has broken")
        self._carry_out()

    def _received(self, message: messages.FromBroker) -> None:
        if self._session is None:
            return
        was_in = self._session.joined
        self._session.receive(message, time.monotonic())
        if self._session.joined and not was_in:
            self._joined()
        elif isinstance(message, messages.Resubscribe):
            self._transport.reopen_voice()
        elif isinstance(message, messages.Pong):
            self._lanes.pong(message.stamp / MICRO, message.broker_time / MICRO, time.monotonic())
            self._check_hearing(self._session, message)
        elif isinstance(message, messages.Closing):
            self._connection_lost("the broker is stopping", refusals.wait(message))
        elif isinstance(message, messages.Refused):
            self._refused(message)
        self._carry_out()

    def _check_hearing(self, session: Session, pong: messages.Pong) -> None:
        standing, heard = self._transport.voice_standing, self._transport.voice_heard
        asked, now = pong.stamp / MICRO, time.monotonic()
        some_muted = not session.hears_all
        if self._hearing.deaf(asked, pong.voice_frames, standing, heard, now, some_muted=some_muted):
            self._transport.reopen_voice()
            if self._hearing.in_vain == TOLD_AFTER and not some_muted:
                self._deaf("the broker gives it out, and nothing arrives")

    def _deaf(self, why: str) -> None:
        self._problem(
            Part.SPEAKER, "voice_unreachable", f"Voice cannot be heard: {why}. Text goes on; it is tried again."
        )

    def _joined(self) -> None:
        self._attempts.joined()
        self._hearing = Hearing()
        self._told_problem, self._told_fault = "", False
        self._totals["reconnects"] += self._was_in
        self._was_in = True
        target, keys = self._target, self._keys
        if target is not None and keys is not None:
            # Only now has the broker proved that the key is its own: this is what is worth remembering.
            compared = target.compared_key == keys.broker_key
            remember = self._store.replace_pin if compared else self._store.set_pin
            remember(str(target.address), keys.broker_key)

    def _refused(self, message: messages.Refused) -> None:
        """Refusals that end a stay: the session deals with all others."""
        if message.code == "not_joined":  # it has forgotten me, while this computer slept
            self._connection_lost("the broker does not know this client any more")
        elif message.what == "join" and message.retry_after:
            self._connection_lost("the broker refused", refusals.wait(message))
        elif message.what == "join":
            self._hang_up()
            self.events.put(events.RoomLeft("the broker refused", None))

    def _connection_lost(self, reason: str, wait: float = 0.0) -> None:
        """Drop what is left of the connection and plan the next attempt."""
        if self._target is None:
            return
        self._transport.close_link()
        if self._session is not None:
            self._session.lost()
        pause = self._attempts.lost(time.monotonic(), wait)
        self._carry_out()
        self.events.put(events.RoomLeft(reason, round(pause, 2)))

    def _attempt_failed(self, error: AttemptFailed) -> None:
        if str(error) != self._told_problem:
            self._problem(error.part, error.code, str(error))
        if isinstance(error, KeyChanged):
            self.events.put(error.changed)
        if error.retry:
            self._told_problem = str(error)
            self._connection_lost("the broker cannot be reached")
        else:
            self._hang_up()
            self.events.put(events.RoomLeft("could not connect", None))

    def _hang_up(self) -> None:
        """End whatever there is: a stay in a room or an attempt. Nothing follows by itself."""
        if self._session is not None:
            self._session.leave()
            self._carry_out()
            self._transport.flush(_GOOD_BYE_SECONDS)
            self._session.lost()
            self._carry_out()
            self._totals.update(self._session.counters)
        self._transport.close_link()
        self._attempts.called_off()
        self._target = self._keys = self._session = None
        self._was_in = False
        self._told_problem = ""
        self._desk.clear()

    # --- voice ----------------------------------------------------------------------------------------------

    def _reported(self, report: Report) -> None:
        """What the voice engine tells: frames by handle become people, all else goes up as it is."""
        if isinstance(report, MediaSpoken | MediaHeard):
            self._placed(report)
            return
        if not isinstance(report, TalkHeard):
            if isinstance(report, events.SpeakerChanged):
                self._listening = report.on
                if self._session is not None:
                    self._session.listen(report.on)
            elif isinstance(report, events.MicrophoneChanged):
                self._talks = report.on
            self.events.put(report)
            return
        person = self._session.person(report.member) if self._session else None
        if person is not None:
            self.events.put(events.TalkingChanged(person, report.on))

    def _placed(self, report: MediaSpoken | MediaHeard) -> None:
        """When something was spoken or is heard: the session reckons with it."""
        if self._session is None or not self._session.joined:
            return
        now = time.monotonic()
        if isinstance(report, MediaSpoken):
            self._session.spoke(report.media_time, report.at, now)
        else:
            self._session.heard(report.member, report.media_time, report.at, now)

    # --- small things ---------------------------------------------------------------------------------------

    def _problem(self, part: Part, code: str, message: str) -> None:
        self.events.put(events.ProblemReported(part, code, message))

    def _counters(self) -> dict[str, int | float]:
        here = self._session.counters if self._session is not None else Counter[str]()
        counters: dict[str, int | float] = {"texts": 0, **self._voice.stats(), **self._transport.counters}
        counters |= self._lanes.stats()
        for name, count in (*self._totals.items(), *here.items()):
            counters[name] = counters.get(name, 0) + count
        delay = self._session.mouth_to_ear_ms if self._session is not None else None
        if delay is not None:
            counters["mouth_to_ear_ms"] = delay
        return counters


def _drain(waiting: queue.SimpleQueue[_T]) -> Iterator[_T]:
    """Everything that is in a queue now, without waiting. One by one: what a fault leaves behind stays there."""
    for _ in range(waiting.qsize()):
        yield waiting.get_nowait()
