"""What the broker does: a request in, deliveries out. Pure: no socket, thread, clock or random number.

Whoever owns the sockets calls `receive`, `voice`, `subscribed`, `unsubscribed`, `undeliverable` as things
happen, `settle` when the engine has answered, `tick` no later than `next_tick`, and carries out the actions
that come back, in order. A connection is a ROUTER routing id, a key the CURVE public key that libzmq vouches
for. The core sees room ids, sizes and times; tokens, hellos and voice frames pass through it unread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

from broker import voice
from broker.actions import Action, CutConnection, CutVoice, Deliver, Note
from broker.announcements import introduction, listening, pong
from broker.engine.base import Engine
from broker.further_lanes import FurtherLanes
from broker.lines import Line, Lines
from broker.posts import Posts
from broker.quota import Allowances, BucketTable, network_of
from broker.rooms import Member, Room, Rooms, deliver, note
from broker.status import Counters, Pace, Standing
from broker.subscriptions import Subscriptions, Verdict
from common import limits, voice_frame
from common import messages as wire
from common.errors import Malformed

SWEEP_SECONDS: Final = 0.5  # how late an expiry may be noticed
LISTENING_SECONDS: Final = 0.1  # between two Listening to one room: 500 speakers switched on are no storm
VOICE_REFUSAL_SECONDS: Final = 1.0
CLOSING_RETRY_MS: Final = 1_000
_BEHIND: Final = wire.Refused("posted", "behind", "You did not take your messages: fetch what you missed.", 0)
_MISSABLE: Final = (wire.Posted, wire.Signalled, wire.Pong)  # fetched later, stale, or asked again


class Core:
    """The rules of the broker. `counts` may be read at any time."""

    def __init__(self, engine: Engine, allowances: Allowances | None = None) -> None:
        allowances = allowances or Allowances()
        self.counts = Counters()
        self._engine = engine
        self._allowances = allowances
        self._rooms = Rooms()
        self._subscriptions = Subscriptions()
        self._lines = Lines()
        per_key, per_address = allowances.joins_per_minute_key, allowances.joins_per_minute_address
        self._joins_of_key: BucketTable[bytes] = BucketTable(per_key / 60, per_key)
        self._joins_of_address: BucketTable[str] = BucketTable(per_address / 60, per_address)
        self._post_bytes: BucketTable[str] = BucketTable(limits.POST_BYTES_PER_SECOND, limits.POST_BYTES_BURST)
        self._posts = Posts(engine, self._rooms, self.counts)
        self._later: deque[Action] = deque()  # what came up where no actions could be returned
        self._untold: dict[Room, float] = {}  # rooms whose listeners have changed, and when to tell
        self._swept = float("-inf")
        self._pace = Pace()
        self._answers: dict[type, Callable[[Member, Any, float], list[Action]]] = {
            wire.Listen: self._listen,
            wire.Post: self._post,
            wire.Signal: self._signal,
            wire.Fetch: self._fetch,
            wire.Leave: self._left,
            wire.Ping: self._ping,
        }

    # --- control ---------------------------------------------------------------------------------------------

    def receive(self, connection: bytes, key: bytes, address: str, part: bytes, now: float) -> list[Action]:
        """One control message from a connection. Returns what is to be done, in order."""
        line = self._lines.hear(connection, key, address, now)
        try:
            message = wire.decode_from_client(part)
        except Malformed:
            return self._malformed(line, len(part), now)
        if isinstance(message, wire.Join):
            return [*self._join(line, message, now), *self.settle(now)]
        if isinstance(message, wire.Lane):
            return self._lane(line, message.number, now)
        member = line.member
        name = type(message).__name__.lower()
        if member is None:
            return self._refuse(line, name, "not_joined", "You are not in a room: join first.", 0.0, now)
        member.heard = now
        wait = self._wait(line, member, message, now)
        if wait:
            post_id = wire.post_id(message.token) if isinstance(message, wire.Post) else None
            reason = "That was too much at once: wait a moment."
            return self._refuse(line, name, "too_fast", reason, wait, now, post_id)
        return [*self._answers[type(message)](member, message, now), *self.settle(now)]

    def settle(self, now: float) -> list[Action]:
        """Read what the engine has answered. Call it when the engine's wake-up was called."""
        return self._posts.settle(now)

    def undeliverable(self, connection: bytes, message: wire.FromBroker, now: float) -> list[Action]:
        """What waits for this connection is so much that the message did not fit: it does not keep up."""
        self.counts.undelivered += 1
        line = self._lines.get(connection)
        member = None if line is None else line.member
        if member is not None and (isinstance(message, _MISSABLE) or message is _BEHIND):
            if member.behind_since is None:
                member.behind_since = now
                self.counts.behind += 1
                return [note("behind", member, "does not take its messages")]
            return []
        # The roster, or an answer that it waits for: it would be wrong for good. A fresh join brings all.
        return self._cut(connection, "does not take its messages", now)

    def lost(self, connection: bytes, now: float) -> list[Action]:
        """The connection is no more."""
        return self._cut(connection, "connection lost", now)

    # --- voice -----------------------------------------------------------------------------------------------

    def voice(self, connection: bytes, frame: bytes, now: float) -> list[bytes] | None:
        """A voice frame (whole, topic first): what is to be published after it, for further lanes. The hot path.

        None: it is not to be published itself.
        """
        line = self._lines.get(connection)
        member = None if line is None else line.member or line.further_of
        verdict = voice.judge(member, frame, now, self.counts)
        if member is not None and verdict is voice.Verdict.RELAY:
            return member.bundles.add(frame, member.room.lanes, now)
        if verdict is voice.Verdict.MALFORMED and line is not None:
            self._later += self._malformed(line, len(frame), now)
        elif verdict is voice.Verdict.TOO_MANY and line is not None and member is not None:
            self._later += self._refuse_voice(line, member, now)
        return None

    def subscribed(self, channel: int, key: bytes, topic: bytes) -> Verdict:
        """A voice channel of this key asks for a topic."""
        member = self._rooms.of_key(key)
        allowed = member is not None and member.listening and member.room.allows(topic)
        verdict = self._subscriptions.ask(channel, key, topic, allowed=allowed)
        if verdict is not Verdict.APPROVE:
            self.counts.topics_refused += 1
        elif member is not None:
            self._rooms.hears_lane(member, voice_frame.LANE_MARKS.index(topic[:1]))
        return verdict

    def unsubscribed(self, channel: int | None, key: bytes | None, topic: bytes) -> Verdict:
        """A voice channel gives up a topic; channel and key are None where libzmq says it for a dead one."""
        return self._subscriptions.give_up(channel, key, topic)

    def user_message(self, channel: int | None, address: str) -> list[Action]:
        """A frame on the voice port that is neither subscription nor its end. Close the channel it came from."""
        self.counts.user_messages += 1
        self._subscriptions.mistrust(channel)
        return [Note("attack", "", address, "user message on the voice port")]

    def voice_port_drained(self) -> list[Action]:
        """Nothing waits on the voice port. Call it each time: then approvals go to the right channels again."""
        return [action for key in self._subscriptions.trust() for action in self._resubscribe(key)]

    # --- time ------------------------------------------------------------------------------------------------

    def next_tick(self) -> float:
        """When `tick` wants to be called at the latest."""
        if self._later:
            return self._swept
        return min([self._swept + SWEEP_SECONDS, *self._untold.values()])

    def tick(self, now: float) -> list[Action]:
        """What is due: expiries, members that stay behind, notices that were put off."""
        actions = [*self._later, *self.settle(now)]
        self._later.clear()
        if now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            actions += self._sweep(now)
        for room in [room for room, due in self._untold.items() if due <= now]:
            actions += self._tell_listening(room, now)
        return actions

    def closing(self) -> list[Action]:
        """The last words to everybody."""
        members = self._rooms.members()
        if not members:
            return []
        last = Deliver(tuple(member.connection for member in members), wire.Closing(CLOSING_RETRY_MS))
        return [last, *(note("left", member, "broker stops") for member in members)]

    def standing(self, now: float) -> Standing:
        """The numbers of this moment."""
        rates = self._pace.rates(self.counts, now)
        return Standing(*self._rooms.sizes(), self._engine.kept(), rates, self.counts.as_dict())

    def handle_of(self, connection: bytes) -> str:
        """The handle (hex) of the member of this connection, empty if it has none. From any thread: it only looks."""
        line = self._lines.get(connection)
        member = None if line is None else line.member
        return "" if member is None else member.handle.hex()

    def _sweep(self, now: float) -> list[Action]:
        actions: list[Action] = []
        for member in self._rooms.members():
            if now - member.heard >= limits.MEMBER_EXPIRES_SECONDS:
                actions += self._cut(member.connection, "nothing heard from it", now)
            elif member.behind_since is not None and now - member.behind_since >= limits.BEHIND_SECONDS:
                actions += self._cut(member.connection, "stayed behind", now)
        self._lines.sweep(now)
        self._joins_of_key.sweep(now)
        self._joins_of_address.sweep(now)
        self._post_bytes.sweep(now)
        self._engine.tick(now)
        self._pace.mark(self.counts, now)
        return actions

    # --- one method for each message ------------------------------------------------------------------------

    def _join(self, line: Line, message: wire.Join, now: float) -> list[Action]:
        wait = self._joins_of_address.take(network_of(line.address), now) or self._joins_of_key.take(line.key, now)
        if wait:
            return self._refuse(line, "join", "too_fast", "Too many joins: wait a moment.", wait, now)
        actions = self._replace(line, now)
        room = self._rooms.room(message.room_id)
        if room is not None and len(room.members) >= self._allowances.room_members:
            reason = f"The room is full: this broker takes {self._allowances.room_members} in one room."
            return actions + self._refuse(line, "join", "room_full", reason, 5.0, now)
        handle = self._engine.enter(message.room_id, now)
        if handle is None:
            reason = "This broker has no place for another room just now."
            return actions + self._refuse(line, "join", "full", reason, 60.0, now)
        room = self._rooms.open(message.room_id, handle)
        member_handle = self._engine.allot(message.room_id)
        member = Member(line.key, line.connection, line.address, room, member_handle, message.hello, now)
        line.member = member
        self._rooms.add(member)
        self.counts.joins += 1
        introduced = introduction(member, self._engine.span(room.room_id), self._allowances)
        return [*actions, *introduced, note("joined", member, f"{len(room.members)} in its room")]

    def _replace(self, line: Line, now: float) -> list[Action]:
        """Take out the member of this key, whichever connection it had: the same client has come again."""
        old = self._rooms.of_key(line.key)
        if old is None:
            return []
        self._is_no_further_lane(line)  # from now on it is the first
        actions = self._leave(old, "left", "joined again", now)
        if old.connection != line.connection:
            self._lines.forget(old.connection)
            actions.append(CutConnection(old.connection, "joined again"))
        return actions

    def _lane(self, line: Line, number: int, now: float) -> list[Action]:
        """A connection wants to be a further lane of the member of its key, in place of the one of that number."""
        wait = line.requests.ask(now)
        if wait:
            return self._refuse(line, "lane", "too_fast", "That was too much at once: wait a moment.", wait, now)
        member = self._rooms.of_key(line.key)
        if member is None or line.member is not None:
            reason = "A further lane needs a first one that has joined."
            return self._refuse(line, "lane", "not_joined", reason, 0.0, now)
        if line.further_of is member:
            return []
        line.further_of = member
        lanes = member.further_lanes = member.further_lanes or FurtherLanes(now)
        before = lanes.connections.get(number)
        lanes.connections[number] = line.connection
        return [] if before is None else self._end_lanes([before])

    def _listen(self, member: Member, message: wire.Listen, now: float) -> list[Action]:
        if not self._rooms.listen(member, message.on):
            return []
        if message.on:
            early = self._subscriptions.came_early(member.key)
            actions = deliver((member,), wire.Resubscribe()) if early else []
        else:
            actions = self._cut_voice(member.key)
        return actions + self._listening_changed(member.room, now)

    def _post(self, member: Member, message: wire.Post, now: float) -> list[Action]:
        del now
        self._posts.append(member, message.token)
        return []

    def _signal(self, member: Member, message: wire.Signal, now: float) -> list[Action]:
        del now
        self.counts.signals += 1
        addressed = member.room.others(member)
        if message.to is not None:
            addressed = [other for other in addressed if other.handle == message.to]
        takers = [other for other in addressed if other.behind_since is None]
        # A signal to somebody who has just left is no fault of its sender: MemberLeft is on its way.
        self.counts.signals_dropped += len(addressed) - len(takers) + (message.to is not None and not addressed)
        return deliver(takers, wire.Signalled(member.handle, message.token))

    def _fetch(self, member: Member, message: wire.Fetch, now: float) -> list[Action]:
        member.behind_since = None  # it asks for what it missed
        wait = member.pages.wait(now)
        if wait:
            line = self._lines[member.connection]
            return self._refuse(line, "fetch", "too_fast", "Too many pages: wait a moment.", wait, now)
        self._posts.page(member, message, now)
        return []

    def _left(self, member: Member, message: wire.Leave, now: float) -> list[Action]:
        del message
        return self._leave(member, "left", "said so", now)

    def _ping(self, member: Member, message: wire.Ping, now: float) -> list[Action]:
        answers: list[Action] = deliver((member,), pong(member, message, now))
        if member.behind_since is not None:  # it cannot know that posts were left out: say it as soon as it reads again
            answers += deliver((member,), _BEHIND)
        return answers

    def _wait(self, line: Line, member: Member, message: wire.FromClient, now: float) -> float:
        """How long a message has to wait that is one too many for its quota; 0.0: it may be carried out."""
        if isinstance(message, wire.Post):
            return self._wait_to_post(line, member, len(message.token), now)
        if isinstance(message, wire.Signal):
            return member.signals.ask(now) or member.signal_bytes.ask(now, len(message.token))
        return line.requests.ask(now)

    def _wait_to_post(self, line: Line, member: Member, size: int, now: float) -> float:
        """Who was told to wait with one post waits with those behind it too: else they would overtake it."""
        if now < member.texts_from:
            return member.texts_from - now
        wait = member.texts.ask(now) or self._post_bytes.take(network_of(line.address), now, size)
        member.texts_from = now + wait
        return wait

    # --- what several of them need ---------------------------------------------------------------------------

    def _leave(self, member: Member, event: str, reason: str, now: float) -> list[Action]:
        """Take a member out, revoke its voice, tell the others. Its connection stays."""
        room = member.room
        listened = member.listening
        self._rooms.remove(member)
        self._engine.release(room.room_id, member.handle)
        self._lines[member.connection].member = None
        actions = self._cut_voice(member.key)
        if member.further_lanes is not None:
            actions += self._end_lanes(member.further_lanes.connections.values())
            member.further_lanes = None
        if room.members:
            actions += deliver(room.members.values(), wire.MemberLeft(member.handle))
            if listened:
                actions += self._listening_changed(room, now)
        else:
            self._untold.pop(room, None)
            self._engine.emptied(room.room_id, now)
        return [*actions, note(event, member, reason)]

    def _cut(self, connection: bytes, reason: str, now: float) -> list[Action]:
        """End a connection, and the membership that it had."""
        line = self._lines.get(connection)
        member = None if line is None else line.member
        actions: list[Action] = []
        if member is not None:
            actions = self._leave(member, "cut", reason, now)
        elif line is not None:
            actions = [Note("cut", "", line.address, reason)]
            self._is_no_further_lane(line)
        self._lines.forget(connection)
        self.counts.cut += 1
        return [*actions, CutConnection(connection, reason)]

    def _end_lanes(self, connections: Iterable[bytes]) -> list[Action]:
        actions: list[Action] = []
        for connection in connections:
            self._lines.forget(connection)
            actions.append(CutConnection(connection, "its first lane ended, or it has another"))
        return actions

    @staticmethod
    def _is_no_further_lane(line: Line) -> None:
        member, line.further_of = line.further_of, None
        if member is None or member.further_lanes is None:
            return
        connections = member.further_lanes.connections
        for number in [number for number, one in connections.items() if one == line.connection]:
            del connections[number]
        if not connections:
            member.further_lanes = None

    def _cut_voice(self, key: bytes) -> list[Action]:
        channels = self._subscriptions.channels(key)
        return [CutVoice(key, channels)] if channels else []

    def _resubscribe(self, key: bytes) -> list[Action]:
        actions = self._cut_voice(key)
        member = self._rooms.of_key(key)
        return actions if member is None else actions + deliver((member,), wire.Resubscribe())

    def _listening_changed(self, room: Room, now: float) -> list[Action]:
        if now - room.listening_told >= LISTENING_SECONDS:
            return self._tell_listening(room, now)
        self._untold.setdefault(room, room.listening_told + LISTENING_SECONDS)
        return []

    def _tell_listening(self, room: Room, now: float) -> list[Action]:
        room.listening_told = now
        self._untold.pop(room, None)
        return deliver(room.members.values(), listening(room))

    def _malformed(self, line: Line, size: int, now: float) -> list[Action]:
        self.counts.malformed += 1
        if line.strikes.strike(now):
            return self._cut(line.connection, "too many malformed messages", now)
        if size > limits.TOKEN_BYTES:
            reason = f"A message of {size:,} bytes is more than the protocol carries."
            return self._refuse(line, "message", "too_large", reason, 0.0, now)
        return []

    def _refuse_voice(self, line: Line, member: Member, now: float) -> list[Action]:
        """Said once a second: a hundred frames too many need no hundred answers. A flood is cut."""
        if not line.flood.take(now):
            return self._cut(line.connection, "too many voice frames", now)
        if now - member.voice_refused < VOICE_REFUSAL_SECONDS:
            self.counts.refused += 1
            return []
        member.voice_refused = now
        wait = member.voice.wait(now)
        return self._refuse(line, "voice", "too_fast", "Too many voice frames a second.", wait, now)

    def _refuse(
        self, line: Line, what: str, code: str, reason: str, wait: float, now: float, post_id: bytes | None = None
    ) -> list[Action]:
        """Say no, and when to try again. Who earns more refusals than we like to write is cut as malformed are."""
        self.counts.refused += 1
        if not line.refusals.take(now):
            flooded = line.strikes.strike(now)
            return self._cut(line.connection, "too many refused messages", now) if flooded else []
        member = "" if line.member is None else line.member.handle.hex()
        answer = wire.Refused(what, code, reason, _milliseconds(wait), post_id)
        return [Deliver((line.connection,), answer), Note("refused", member, line.address, f"{what}: {code}")]


def _milliseconds(seconds: float) -> int:
    """Rounded up, so that who waits exactly so long is not refused again."""
    return int(seconds * 1_000) + 1 if seconds > 0 else 0
