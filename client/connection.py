"""The life of a connection: approach, handshake, join, loss, next attempt.

What a room is and who is in it, the session decides; who owns the thread, the sockets and the sound carries that out
(`client.network`). For the network thread alone.
"""

from __future__ import annotations

import queue
import secrets
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from client import commands, events, refusals
from client.approach import Approach, approach_aside
from client.attempts import Attempts
from client.desk import Desk, Moment
from client.draining import drain
from client.endpoint import Endpoint
from client.events import Part
from client.hearing import TOLD_AFTER, Hearing
from client.session import MICRO, Session
from client.stays import Stays
from client.store import Store
from client.surroundings import News, Watch
from client.target import AttemptFailed, KeyChanged, Target, read_target
from client.transport import Link, Transport
from common import messages
from common.crypto.keys import RoomKeys

_GOOD_BYE_SECONDS: Final = 0.3
_NOT_ALLOWED: Final = (
    "This broker lets in only those whose key it knows: give its host what secure-chat --show-key prints,"
    " and connect with --lasting-key."
)
_Outcome: TypeAlias = RoomKeys | Approach | AttemptFailed


class Connection:
    """One at a time: `connect` begins it, `hang_up` ends it, everything else happens to it."""

    def __init__(
        self,
        store: Store,
        stays: Stays,
        transport: Transport,
        say: Callable[[events.Event], None],
        carry_out: Callable[[], None],
        clock: Callable[[], Moment],
    ) -> None:
        """`say` takes events for the user; `carry_out` does what the session has decided."""
        self._store = store
        self._stays = stays
        self._transport = transport
        self._say = say
        self._carry_out = carry_out
        self._clock = clock
        self._approaches: queue.SimpleQueue[tuple[int, _Outcome]] = queue.SimpleQueue()
        self._attempts = Attempts(secrets.SystemRandom().random)
        self._desk = Desk(stays, say)
        self._hearing = Hearing()
        self._surroundings = Watch()
        self._target: Target | None = None
        self._keys: RoomKeys | None = None
        self._connection_key = b""
        self._told_problem = ""  # the trouble that the last attempt met: an unreachable broker is told once
        self._listening = False
        self._was_in = False  # in this room since the last Connect: a further Joined is a reconnect
        self.session: Session | None = None
        self.joins = 0
        self.totals: Final = Counter[str](reconnects=0)

    # --- what the user wants --------------------------------------------------------------------------------

    def connect(self, command: commands.Connect) -> None:
        """To another broker, or this one anew."""
        self.hang_up()
        try:
            self._target = read_target(command)
        except AttemptFailed as error:
            self._attempt_failed(error)
            return
        self._connection_key = self._transport.new_identity(self._stays.connection_secret())
        self._approach()

    def disconnect(self) -> None:
        """End it, and say so."""
        was_busy = self._target is not None
        self.hang_up()
        if was_busy:
            self._say(events.RoomLeft("you have left", None))

    def hang_up(self) -> None:
        """End whatever there is: a stay in a room or an attempt. Nothing follows by itself."""
        if self.session is not None:
            self.session.leave()
            self._carry_out()
            self._transport.flush(_GOOD_BYE_SECONDS)
            self.session.lost()
            self._carry_out()
            self.totals.update(self.session.counters)
        self._transport.close_link()
        self._attempts.called_off()
        self._target = self._keys = self.session = None
        self._was_in = False
        self._told_problem = ""
        self._desk.clear()

    def obey(self, command: commands.DeskCommand) -> None:
        """What concerns lines and people of the room."""
        self._desk.obey(command, self.session, self._clock(), expected=self._target is not None)

    def listen(self, on: bool) -> None:
        """Whether voice is wanted, here and in what comes after."""
        self._listening = on
        if self.session is not None:
            self.session.listen(on)

    # --- what happens to it ---------------------------------------------------------------------------------

    def next_tick(self, now: float) -> float:
        """When `tick` wants to be called at the latest."""
        soonest = self._attempts.next_tick()
        planned = self.session.next_tick(now) if self.session is not None else None
        return soonest if planned is None else min(soonest, planned)

    def tick(self, now: float) -> None:
        """What time brings: an attempt that is due, a broker that has fallen silent, a computer that slept."""
        for attempt, outcome in drain(self._approaches):
            if attempt == self._attempts.number:
                self._approached(outcome)
        news = self._surroundings.news(now)
        if news is not None and self._target is not None:
            self._surroundings_changed(news, now)
        if self._attempts.take_due(now):
            self._approach()
        if self._attempts.given_up(now):
            self.lost("the broker did not answer in time")
        if self.session is not None:
            self.session.tick(now)
            if self.session.silent(now):
                self.lost("the broker has fallen silent")

    def link_changed(self, news: Link) -> None:
        """What the sockets tell of themselves."""
        if self.session is None:
            return
        if news is Link.AUTHENTICATED:
            self.session.join(self._clock().now)
        elif news is Link.TURNED_AWAY:
            self._attempt_failed(AttemptFailed(Part.SERVER, "key_not_allowed", _NOT_ALLOWED))
        elif news is Link.DEAF:
            self._deaf("the broker's voice port does not answer")
        else:
            self.lost("the connection to the broker has broken")
        self._carry_out()

    def received(self, message: messages.FromBroker) -> None:
        """A message of the broker."""
        if self.session is None:
            return
        was_in = self.session.joined
        self.session.receive(message, self._clock().now)
        if self.session.joined and not was_in:
            self._joined()
        elif isinstance(message, messages.Resubscribe):
            self._transport.reopen_voice()
        elif isinstance(message, messages.Pong):
            self._check_hearing(self.session, message)
        elif isinstance(message, messages.Closing):
            self.lost("the broker is stopping", refusals.wait(message))
        elif isinstance(message, messages.Refused):
            self._refused(message)
        self._carry_out()

    def lost(self, reason: str, wait: float = 0.0) -> None:
        """Drop what is left of it and plan the next attempt."""
        if self._target is None:
            return
        self._transport.close_link()
        if self.session is not None:
            self.session.lost()
        pause = self._attempts.lost(self._clock().now, wait)
        self._carry_out()
        self._say(events.RoomLeft(reason, round(pause, 2)))

    # --- its steps ------------------------------------------------------------------------------------------

    def _approach(self) -> None:
        target = self._target
        if target is None:
            return
        self._say(events.ConnectionProgressed(f"Looking for the broker at {target.address}…"))
        number = self._attempts.begun()

        def answer(outcome: _Outcome) -> None:
            self._approaches.put((number, outcome))
            self._transport.wake()

        approach_aside(target, self._store.pin(str(target.address)), self._keys, answer)

    def _approached(self, outcome: _Outcome) -> None:
        if isinstance(outcome, AttemptFailed):
            self._attempt_failed(outcome)
            return
        if isinstance(outcome, RoomKeys):
            self._begin_session(outcome)
            return
        if self.session is None or self._keys is not outcome.keys:
            self._begin_session(outcome.keys)
        self._say(events.BrokerMet(outcome.broker_words, outcome.first_contact, str(outcome.invite)))
        self._say(events.ConnectionProgressed("Joining the room…"))
        self._surroundings.towards(outcome.host, outcome.control_port)
        self._transport.open(Endpoint(outcome.host, outcome.control_port, outcome.voice_port, outcome.broker_key))
        self._attempts.connecting(self._clock().now)

    def _begin_session(self, keys: RoomKeys) -> None:
        target = self._target
        if target is None:
            return
        if self.session is not None:
            self.totals.update(self.session.counters)
        self._keys = keys
        self.session = self._stays.begin(
            keys, self._connection_key, target.name, partial(self._problem, Part.GENERAL, "log_failed")
        )
        self.session.listen(self._listening)
        self._desk.opened(keys, self.session, self._clock())

    def _joined(self) -> None:
        self._attempts.joined()
        self._hearing = Hearing()
        self._told_problem = ""
        self.joins += 1
        self.totals["reconnects"] += self._was_in
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
            self.lost("the broker does not know this client any more")
        elif message.what == "join" and message.retry_after:
            self.lost("the broker refused", refusals.wait(message))
        elif message.what == "join":
            self.hang_up()
            self._say(events.RoomLeft("the broker refused", None))

    def _attempt_failed(self, error: AttemptFailed) -> None:
        if str(error) != self._told_problem:
            self._problem(error.part, error.code, str(error))
        if isinstance(error, KeyChanged):
            self._say(error.changed)
        if error.retry:
            self._told_problem = str(error)
            self.lost("the broker cannot be reached")
        else:
            self.hang_up()
            self._say(events.RoomLeft("could not connect", None))

    def _surroundings_changed(self, news: News, now: float) -> None:
        """No waiting for time-outs: a stay that cannot go on is begun anew, an attempt that waits is made now."""
        if not self._attempts.waiting and news is not News.BACK:
            slept = news is News.SLEPT
            self.lost("this computer slept" if slept else "this computer's way to the broker has changed")
        self._attempts.bring_forward(now)

    def _check_hearing(self, session: Session, pong: messages.Pong) -> None:
        standing, heard = self._transport.voice_standing, self._transport.voice_heard
        asked, now = pong.stamp / MICRO, self._clock().now
        some_muted = not session.hears_all
        if self._hearing.deaf(asked, pong.voice_frames, standing, heard, now, some_muted=some_muted):
            self._transport.reopen_voice(first_only=True)
            if self._hearing.in_vain == TOLD_AFTER and not some_muted:
                self._deaf("the broker gives it out, and nothing arrives")

    def _deaf(self, why: str) -> None:
        self._problem(
            Part.SPEAKER, "voice_unreachable", f"Voice cannot be heard: {why}. Text goes on; it is tried again."
        )

    def _problem(self, part: Part, code: str, message: str) -> None:
        self._say(events.ProblemReported(part, code, message))
