"""The network thread: commands down, events up, and everything between connection, sockets and voice engine.

It owns the clock and the turn: what came in, what was asked, what is due, and then what the session has decided. How a
connection lives is told in `client.connection`.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import singledispatchmethod
from typing import Final

from msgspec.structs import replace

from client import commands, events, faults, voice_orders
from client.connection import Connection
from client.desk import Moment
from client.draining import drain
from client.events import Part
from client.inbox import Inbox
from client.lanes import LaneWatch
from client.session import MICRO, Session
from client.stays import Habits, Stays
from client.store import Store
from client.transport import Link, Transport
from client.tuning import Tuning
from client.voice.engine import VoiceEngine
from client.voice.reports import MediaHeard, MediaSpoken, Report, TalkHeard
from client.voice_choice import VoiceChoice
from common import messages
from common.errors import LocalError

_IDLE_SECONDS: Final = 1.0
_FAULT_PAUSE: Final = 0.1  # seconds: a fault that comes again and again must not take a core
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
        self._standing = 1, 0
        self._transport = Transport(self._voice.receive, self._lanes)
        stays = Stays(store, habits, secrets.SystemRandom().random)
        self._connection = Connection(store, stays, self._transport, self.events.put, self._carry_out, _moment)
        self._fault_told: int | None = None  # since so many joins: the next one may be told again
        self._talks = False
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
            if self._fault_told != self._connection.joins:
                self._fault_told = self._connection.joins
                self.events.put(faults.reported(Part.GENERAL, "internal", faults.INSIDE, error))
            self._connection.lost("a fault inside this program")
            time.sleep(_FAULT_PAUSE)

    def _turn(self) -> None:
        for news in self._transport.poll(self._pause()):
            if isinstance(news, Link):
                self._connection.link_changed(news)
                continue
            if isinstance(news, messages.Pong):
                self._lanes.pong(news.stamp / MICRO, news.broker_time / MICRO, time.monotonic())
            self._connection.received(news)
        for command in drain(self._commands):
            self._obey(command)
        for report in drain(self._reports):
            self._reported(report)
        self._connection.tick(time.monotonic())
        self._carry_out()
        self._mind_voice_mode(time.monotonic())

    def _pause(self) -> float:
        now = time.monotonic()
        return max(0.0, min(_IDLE_SECONDS, self._connection.next_tick(now) - now))

    def _carry_out(self) -> None:
        """What the session has decided."""
        session = self._connection.session
        if session is None:
            return
        for order in session.voice_orders():
            voice_orders.carry_out(order, self._voice)
        for message in session.outgoing():
            self._transport.send(message)
        for event in session.events():
            self.events.put(event)
        self._transport.subscribe(session.topics())
        self._mind_lanes(session, time.monotonic())

    def _mind_lanes(self, session: Session, now: float) -> None:
        """Further lanes while the first one stalls; and Pings come often while there is voice to be late."""
        changed = self._lanes.turn(now)
        if changed is not None:
            self.events.put(changed)
        self._transport.talk(session.joined and self._talks)
        standing = self._transport.lanes_standing
        if standing != self._standing:
            self._standing = standing
            self._voice.set_lanes(*standing)
        session.ping_often(self._lanes.close_look(now))

    def _mind_voice_mode(self, now: float) -> None:
        """Slim voice while the way up is full, if that is left to me."""
        changed = self._voice_choice.turn(self._lanes.uplink(now), now, self._lanes.spoken)
        if changed is not None:
            self._voice.set_mode(changed.mode)
            self.events.put(changed)

    # --- commands -------------------------------------------------------------------------------------------

    @singledispatchmethod
    def _obey(self, command: commands.DeskCommand | commands.VoiceCommand) -> None:
        if isinstance(command, commands.DeskCommand):
            self._connection.obey(command)
        else:
            voice_orders.obey(command, self._voice)

    @_obey.register
    def _(self, command: commands.Connect) -> None:
        self._connection.connect(command)

    @_obey.register
    def _(self, command: commands.Disconnect) -> None:
        del command
        self._connection.disconnect()
        self._voice.set_microphone(False)
        self._voice.set_speaker(False)

    @_obey.register
    def _(self, command: commands.HoldToTalk) -> None:
        voice_orders.obey(command, self._voice)
        self.events.put(events.HoldChanged(command.on))

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
        self._connection.hang_up()
        self._running = False

    def _tune(self, member: str, tuned: Callable[[Tuning], Tuning]) -> None:
        session = self._connection.session
        if session is None:
            return  # the room was left while this was on its way
        try:
            session.tune(member, tuned)
        except LocalError as error:
            self.events.put(events.ProblemReported(Part.GENERAL, "not_kept", f"{error} It holds until you leave."))

    # --- voice ----------------------------------------------------------------------------------------------

    def _reported(self, report: Report) -> None:
        """What the voice engine tells: frames by handle become people, all else goes up as it is."""
        if isinstance(report, MediaSpoken | MediaHeard):
            self._placed(report)
            return
        if not isinstance(report, TalkHeard):
            if isinstance(report, events.SpeakerChanged):
                self._connection.listen(report.on)
            elif isinstance(report, events.MicrophoneChanged):
                self._talks = report.on
            self.events.put(report)
            return
        session = self._connection.session
        person = session.person(report.member) if session is not None else None
        if person is not None:
            self.events.put(events.TalkingChanged(person, report.on))

    def _placed(self, report: MediaSpoken | MediaHeard) -> None:
        """When something was spoken or is heard: the session reckons with it."""
        session = self._connection.session
        if session is None or not session.joined:
            return
        now = time.monotonic()
        if isinstance(report, MediaSpoken):
            session.spoke(report.media_time, report.at, now)
        else:
            session.heard(report.member, report.media_time, report.at, now)

    def _counters(self) -> dict[str, int | float]:
        session = self._connection.session
        here = session.counters if session is not None else Counter[str]()
        counters: dict[str, int | float] = {"texts": 0, **self._voice.stats(), **self._transport.counters}
        counters |= self._lanes.stats()
        for name, count in (*self._connection.totals.items(), *here.items()):
            counters[name] = counters.get(name, 0) + count
        delay = session.mouth_to_ear_ms(time.monotonic()) if session is not None else None
        if delay is not None:
            counters["mouth_to_ear_ms"] = delay
        return counters


def _moment() -> Moment:
    return Moment(time.monotonic(), time.time())
