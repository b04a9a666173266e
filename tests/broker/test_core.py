from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.actions import Action, CutConnection, CutVoice, Deliver, Note
from broker.core import CLOSING_RETRY_MS, LISTENING_SECONDS, SWEEP_SECONDS, Core
from broker.engine.ledger import Keep
from broker.lines import FLOOD_BURST, REFUSALS_BURST
from broker.quota import PAGE_BYTES_BURST, Allowances
from broker.subscriptions import Verdict
from common import limits, messages, voice_frame
from common.messages import FromBroker, FromClient
from tests.fakes.engine import inline_engine

ROOM = b"r" * 16
OTHER = b"o" * 16
_T = TypeVar("_T", bound=FromBroker)


class World:
    """A core, a clock, and what was delivered to whom."""

    def __init__(self, allowances: Allowances | None = None, keep: Keep | None = None) -> None:
        self.core = Core(inline_engine(random.Random(1).randbytes, keep), allowances)
        self.now = 100.0
        self.inbox: dict[bytes, list[FromBroker]] = {}
        self.actions: list[Action] = []
        self.act(self.core.tick(self.now))

    def act(self, actions: list[Action]) -> list[Action]:
        for action in actions:
            if isinstance(action, Deliver):
                for connection in action.to:
                    self.inbox.setdefault(connection, []).append(action.message)
        self.actions += actions
        return actions

    def send(self, who: str, message: FromClient, key: str | None = None) -> list[Action]:
        return self.raw(who, messages.encode(message), key)

    def raw(self, who: str, part: bytes, key: str | None = None) -> list[Action]:
        return self.act(self.core.receive(who.encode(), (key or who).encode(), "192.0.2.1", part, self.now))

    def join(self, who: str, room: bytes = ROOM, key: str | None = None) -> messages.Joined:
        self.send(who, messages.Join(room, who.encode(), 0), key)
        return self.last(who, messages.Joined)

    def got(self, who: str, kind: type[_T]) -> list[_T]:
        return [message for message in self.inbox.get(who.encode(), []) if isinstance(message, kind)]

    def last(self, who: str, kind: type[_T]) -> _T:
        return self.got(who, kind)[-1]

    def refused(self, who: str) -> tuple[str, str, int]:
        refused = self.last(who, messages.Refused)
        return refused.what, refused.code, refused.retry_after

    def pass_time(self, seconds: float, alive: tuple[str, ...] = ()) -> None:
        """Let time pass in steps; those named go on pinging."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + SWEEP_SECONDS)
            for who in alive:
                self.send(who, messages.Ping(0))
            self.act(self.core.tick(self.now))

    def frame(self, who: str) -> bytes:
        joined = self.last(who, messages.Joined)
        return voice_frame.topic(joined.room, joined.member) + b"x" * 60

    def talk(self, who: str, frame: bytes | None = None) -> bool:
        return self.core.voice(who.encode(), frame or self.frame(who), self.now)

    def cuts(self) -> list[bytes]:
        return [action.connection for action in self.actions if isinstance(action, CutConnection)]

    def notes(self, event: str) -> list[str]:
        return [action.reason for action in self.actions if isinstance(action, Note) and action.event == event]


# --- joining and leaving ------------------------------------------------------------------------------------


def test_join_introduces_both_ways() -> None:
    # Would catch a newcomer that sees itself, or a room that does not see the newcomer.
    world = World()
    ann = world.join("ann")
    ben = world.join("ben")
    eve = world.join("eve", OTHER)
    assert ann.members == eve.members == ()
    assert ben.members == (messages.Member(ann.member, b"ann", b"ann"),)
    assert ben.room == ann.room != eve.room
    assert ben.limits == messages.RoomLimits(limits.ROOM_MEMBERS, 20, 30, 110)
    assert world.last("ben", messages.Listening).members == ()
    assert world.got("ann", messages.MemberJoined) == [messages.MemberJoined(ben.member, b"ben", b"ben")]
    assert not world.got("ben", messages.MemberJoined)
    assert world.notes("joined") == ["1 in its room", "2 in its room", "1 in its room"]


def test_leave_tells_the_others() -> None:
    # Would catch a ghost in the roster, or a leaver that can still post.
    world = World()
    world.join("ann")
    ben = world.join("ben")
    world.send("ben", messages.Leave())
    assert world.got("ann", messages.MemberLeft) == [messages.MemberLeft(ben.member)]
    world.send("ben", messages.Post(b"token"))
    assert world.refused("ben") == ("post", "not_joined", 0)
    assert not world.got("ann", messages.Posted)
    world.send("ann", messages.Leave())
    assert world.core.closing() == []


def test_members_beyond_two_hundred_follow() -> None:
    # Would catch a Joined that clients refuse, or members that are never told.
    many = limits.JOINED_MEMBERS + 3
    world = World(Allowances(limits.ROOM_MEMBERS_MAX, 30, 100_000))
    for number in range(many):
        world.join(f"m{number}")
    joined = world.join("last")
    assert len(joined.members) == limits.JOINED_MEMBERS
    later = world.got("last", messages.MemberJoined)
    assert len({member.member for member in joined.members} | {member.member for member in later}) == many


def test_full_room() -> None:
    # Would catch a room over its size, or one that stays full after somebody left.
    world = World(Allowances(room_members=2))
    world.join("ann")
    world.join("ben")
    world.send("cem", messages.Join(ROOM, b"cem", 0))
    assert world.refused("cem") == ("join", "room_full", 5_001)
    world.send("ben", messages.Leave())
    world.join("cem")


def test_no_place_for_another_room() -> None:
    # Would catch a traceback where the engine says no.
    world = World(keep=Keep(rooms=1))
    world.join("ann")
    world.send("eve", messages.Join(OTHER, b"eve", 0))
    assert world.refused("eve") == ("join", "full", 60_001)


def test_same_key_replaces_its_own_connection() -> None:
    # Would catch a ghost after a lost network, or a stranger thrown out.
    world = World()
    world.join("ann")
    old = world.join("ben", key="ben")
    new = world.join("ben2", key="ben")
    assert new.member != old.member
    assert world.cuts() == [b"ben"]
    assert world.got("ann", messages.MemberLeft) == [messages.MemberLeft(old.member)]
    assert [member.hello for member in new.members] == [b"ann"]
    world.send("ben2", messages.Ping(1))
    assert world.got("ben2", messages.Pong)


def test_join_again_on_the_same_connection_changes_the_room() -> None:
    # Would catch a member of two rooms.
    world = World()
    world.join("ann")
    world.join("ben")
    world.join("ben", OTHER)
    assert len(world.got("ann", messages.MemberLeft)) == 1
    assert world.cuts() == []
    world.send("ben", messages.Post(b"token"))
    assert not world.got("ann", messages.Posted)


def test_join_storms_are_refused() -> None:
    # Would catch joins without a limit, for a key or for an address; or a refusal that never ends.
    world = World(Allowances(joins_per_minute_key=2, joins_per_minute_address=4))
    world.join("ann")
    world.join("ann")
    world.send("ann", messages.Join(ROOM, b"ann", 0))
    assert world.refused("ann") == ("join", "too_fast", 30_001)
    world.join("ben")
    world.send("cem", messages.Join(ROOM, b"cem", 0))
    assert world.refused("cem") == ("join", "too_fast", 15_001)
    world.pass_time(31.0)
    world.join("ann")


def test_expiry() -> None:
    # Would catch a member that is gone and stays in the roster, or one that pings and is thrown out.
    world = World()
    world.join("ann")
    ben = world.join("ben")
    world.pass_time(limits.MEMBER_EXPIRES_SECONDS - 0.1, alive=("ann",))
    assert not world.got("ann", messages.MemberLeft)
    world.pass_time(0.6, alive=("ann",))
    assert world.got("ann", messages.MemberLeft) == [messages.MemberLeft(ben.member)]
    assert world.cuts() == [b"ben"]
    assert world.notes("cut") == ["nothing heard from it"]


def test_voice_alone_keeps_a_member() -> None:
    # Would catch a talker that is thrown out in the middle of a sentence.
    world = World()
    world.join("ann")
    for _ in range(10):
        world.talk("ann")
        world.pass_time(1.0)
    assert world.cuts() == []


def test_lost_connection_and_closing() -> None:
    # Would catch a Closing to those who have gone.
    world = World()
    world.join("ann")
    world.join("ben")
    world.act(world.core.lost(b"ben", world.now))
    world.act(world.core.lost(b"nobody", world.now))
    assert world.got("ann", messages.MemberLeft)
    handle = world.last("ann", messages.Joined).member.hex()
    assert (world.core.handle_of(b"ann"), world.core.handle_of(b"ben")) == (handle, "")
    assert world.core.closing() == [
        Deliver((b"ann",), messages.Closing(CLOSING_RETRY_MS)),
        Note("left", handle, "192.0.2.1", "broker stops"),
    ]
    assert World().core.closing() == []


# --- text and signals ---------------------------------------------------------------------------------------


def test_a_post_is_accepted_and_posted() -> None:
    # Would catch an echo to the sender, or a line in another room.
    world = World()
    for who, room in (("ann", ROOM), ("ben", ROOM), ("eve", OTHER)):
        world.join(who, room)
    world.send("ann", messages.Post(b"token"))
    assert world.got("ann", messages.Accepted) == [messages.Accepted(messages.post_id(b"token"), 1, 0)]
    assert world.got("ben", messages.Posted) == [messages.Posted(1, 0, b"token")]
    assert not world.got("ann", messages.Posted)
    assert not world.got("eve", messages.Posted)
    world.send("ben", messages.Fetch(0, None, 5))
    assert world.last("ben", messages.Page) == messages.Page((messages.StoredPost(1, 0, b"token"),), 1, False)


def test_text_has_its_quota_and_says_which_post() -> None:
    # Would catch a flood, and a refusal that an outbox cannot place.
    world = World()
    world.join("ann")
    for number in range(limits.TEXT_BURST):
        world.send("ann", messages.Post(b"%d" % number))
    world.send("ann", messages.Post(b"one too many"))
    refused = world.last("ann", messages.Refused)
    assert refused.post_id == messages.post_id(b"one too many")
    assert (refused.what, refused.code, refused.retry_after) == ("post", "too_fast", 51)
    assert len(world.got("ann", messages.Accepted)) == limits.TEXT_BURST
    world.now += 0.051
    world.send("ann", messages.Post(b"one too many"))
    assert len(world.got("ann", messages.Accepted)) == limits.TEXT_BURST + 1


def test_signals_go_to_all_or_one() -> None:
    # Would catch a signal that comes back, goes astray, or is refused because its receiver has just left.
    world = World()
    world.join("ann")
    ben = world.join("ben")
    world.join("cem")
    world.send("ann", messages.Signal(b"all", None))
    world.send("ann", messages.Signal(b"ben", ben.member))
    world.send("ann", messages.Signal(b"nobody", b"??"))
    world.send("ben", messages.Signal(b"myself", ben.member))
    assert [signal.token for signal in world.got("ben", messages.Signalled)] == [b"all", b"ben"]
    assert [signal.token for signal in world.got("cem", messages.Signalled)] == [b"all"]
    assert not world.got("ann", messages.Signalled)
    assert world.core.counts.signals_dropped == 2
    for _ in range(limits.SIGNAL_BURST):
        world.send("ann", messages.Signal(b"all", None))
    assert world.refused("ann")[:2] == ("signal", "too_fast")


def test_pages_are_paid_by_their_size() -> None:
    # Would catch a member that fetches for ever, reads nothing, and fills our memory.
    world = World()
    world.join("ann")
    for number in range(10):
        world.send("ann", messages.Post(bytes([number]) * limits.TOKEN_BYTES))
    for _ in range(55):
        world.send("ann", messages.Fetch(0, None, 200))
    pages = world.got("ann", messages.Page)
    fetched = sum(len(post.token) for page in pages for post in page.posts)
    assert PAGE_BYTES_BURST <= fetched < PAGE_BYTES_BURST + limits.PAGE_BYTES
    assert world.refused("ann")[:2] == ("fetch", "too_fast")


def test_ping_tells_the_brokers_clock() -> None:
    # Would catch a clock in another unit.
    world = World()
    world.join("ann")
    world.send("ann", messages.Ping(7))
    assert world.last("ann", messages.Pong) == messages.Pong(7, 100_000_000, 0)


# --- who cannot keep up -------------------------------------------------------------------------------------


def test_behind_gets_no_posts_until_it_fetches() -> None:
    # Would catch a queue for a stalled member that grows, or a member that stays behind for ever.
    world = World()
    world.join("ann")
    world.join("ben")
    posted = messages.Posted(1, 0, b"token")
    assert world.act(world.core.undeliverable(b"ben", posted, world.now))[0] == Note(
        "behind", world.last("ben", messages.Joined).member.hex(), "192.0.2.1", "does not take its messages"
    )
    assert world.core.undeliverable(b"ben", posted, world.now) == []
    world.send("ann", messages.Post(b"token"))
    world.send("ann", messages.Signal(b"all", None))
    assert not world.got("ben", messages.Posted)
    assert not world.got("ben", messages.Signalled)
    world.pass_time(limits.BEHIND_SECONDS - 1.0, alive=("ann", "ben"))
    world.send("ben", messages.Fetch(0, None, 5))
    world.pass_time(limits.BEHIND_SECONDS, alive=("ann", "ben"))
    assert world.cuts() == []
    world.send("ann", messages.Post(b"token 2"))
    assert world.got("ben", messages.Posted) == [messages.Posted(2, 1, b"token 2")]


def test_who_stays_behind_or_misses_the_roster_is_cut() -> None:
    # Would catch a client whose roster is wrong for good.
    world = World()
    world.join("ann")
    world.join("ben")
    world.join("cem")
    world.act(world.core.undeliverable(b"ben", messages.Pong(0, 0, 0), world.now))
    world.pass_time(limits.BEHIND_SECONDS + 0.6, alive=("ann", "ben", "cem"))
    assert world.cuts() == [b"ben"]
    world.act(world.core.undeliverable(b"cem", messages.MemberLeft(b"mm"), world.now))
    assert world.cuts() == [b"ben", b"cem"]
    world.act(world.core.undeliverable(b"stranger", messages.Pong(0, 0, 0), world.now))
    assert world.cuts()[-1] == b"stranger"
    assert len(world.got("ann", messages.MemberLeft)) == 2


# --- voice --------------------------------------------------------------------------------------------------


def test_voice_is_relayed_only_while_somebody_else_listens() -> None:
    # Would catch bytes to a room that is deaf, or a talker's own speaker that counts.
    world = World()
    world.join("ann")
    world.join("ben")
    world.send("ann", messages.Listen(True))
    assert not world.talk("ann")
    world.send("ben", messages.Listen(True))
    assert world.talk("ann")
    world.send("ann", messages.Listen(False))
    assert world.talk("ann")
    world.send("ben", messages.Leave())
    assert not world.talk("ann")
    counts = world.core.counts
    assert (counts.voice_relayed, counts.voice_unheard, counts.voice_refused) == (2, 2, 0)


def test_a_pong_counts_the_voice_of_others_that_was_given_out() -> None:
    # Would catch a talker who takes its own voice, or what nobody was given, for voice that it should have heard.
    world = World()
    for name in ("ann", "ben", "cem"):
        world.join(name)
    world.talk("ann")
    world.send("cem", messages.Listen(True))
    for talker in ("ann", "ann", "ben"):
        assert world.talk(talker)
    counted = {}
    for name in ("ann", "ben", "cem"):
        world.send(name, messages.Ping(7))
        counted[name] = world.last(name, messages.Pong).voice_frames
    assert counted == {"ann": 1, "ben": 2, "cem": 3}


def test_voice_of_strangers_and_under_wrong_topics() -> None:
    # Would catch somebody who speaks as another, and frames that no client would take.
    world = World()
    world.join("ann")
    world.join("ben")
    world.send("ben", messages.Listen(True))
    assert not world.talk("stranger", world.frame("ann"))
    world.raw("stranger", messages.encode(messages.Ping(0)))
    assert not world.talk("stranger", world.frame("ann"))
    assert not world.talk("ann", world.frame("ben"))
    assert not world.talk("ann", world.frame("ann")[: limits.VOICE_FRAME_MIN_BYTES - 1])
    assert not world.talk("ann", world.frame("ann") + b"x" * limits.VOICE_FRAME_BYTES)
    assert world.core.counts.voice_refused == 5
    for _ in range(limits.MALFORMED_LIMIT):
        world.talk("ann", world.frame("ben"))
    assert world.core.next_tick() <= world.now
    world.act(world.core.tick(world.now))
    assert world.cuts() == [b"ann"]


def test_voice_has_its_quota_and_is_told_once_a_second() -> None:
    # Would catch a member that takes everybody's line, and a refusal for each of its frames.
    world = World()
    world.join("ann")
    world.join("ben")
    world.send("ben", messages.Listen(True))
    relayed = [world.talk("ann") for _ in range(limits.VOICE_BURST + 50)]
    assert relayed.count(True) == limits.VOICE_BURST
    world.act(world.core.tick(world.now))
    assert world.refused("ann")[:2] == ("voice", "too_fast")
    assert len(world.got("ann", messages.Refused)) == 1


def test_a_flood_of_voice_is_cut() -> None:
    # Would catch a member, or somebody who has left, that keeps the loop busy with frames which nobody hears.
    world = World()
    world.join("ann")
    for _ in range(limits.VOICE_BURST + FLOOD_BURST + 1):
        world.talk("ann")
    world.join("ben")
    left = world.frame("ben")
    world.send("ben", messages.Leave())
    for _ in range(limits.MALFORMED_LIMIT):
        world.talk("ben", left)
    world.act(world.core.tick(world.now))
    assert world.cuts() == [b"ann", b"ben"]
    assert world.notes("cut")[0] == "too many voice frames"


def test_listening_is_told_at_once_then_at_intervals() -> None:
    # Would catch a change that is never told, or 500 messages to 500 members.
    world = World()
    ann, ben, cem = (world.join(who) for who in ("ann", "ben", "cem"))
    for who in ("ann", "ben", "cem", "cem"):
        world.send(who, messages.Listen(True))
    assert world.last("ann", messages.Listening).members == (ann.member,)
    assert world.core.next_tick() == pytest.approx(world.now + LISTENING_SECONDS)
    world.act(world.core.tick(world.now + LISTENING_SECONDS / 2))
    assert world.last("ann", messages.Listening).members == (ann.member,)
    world.now = world.core.next_tick()
    world.act(world.core.tick(world.now))
    assert world.last("ann", messages.Listening).members == tuple(sorted((ann.member, ben.member, cem.member)))
    assert world.core.next_tick() > world.now
    world.send("cem", messages.Leave())
    world.pass_time(1.0, alive=("ann", "ben"))
    assert world.last("ann", messages.Listening).members == tuple(sorted((ann.member, ben.member)))


def test_an_empty_room_is_told_nothing() -> None:
    # Would catch a room that is remembered because it was still to be told something.
    world = World()
    world.join("ann")
    world.send("ann", messages.Listen(True))
    world.send("ann", messages.Listen(False))
    world.send("ann", messages.Leave())
    assert world.core.next_tick() == pytest.approx(100.0 + SWEEP_SECONDS)


# --- subscriptions ------------------------------------------------------------------------------------------


def subscribe(world: World, who: str, frame: bytes, channel: int = 1) -> Verdict:
    return world.core.subscribed(channel, who.encode(), frame[: voice_frame.TOPIC_BYTES])


def test_only_listeners_of_the_room_are_approved() -> None:
    # Would catch voice to a speaker that is off, to another room, or to a stranger.
    world = World()
    for who, room in (("ann", ROOM), ("ben", ROOM), ("eve", OTHER)):
        world.join(who, room)
    frame = world.frame("ann")
    assert subscribe(world, "ben", frame) is Verdict.REFUSE
    world.send("ben", messages.Listen(True))
    world.send("eve", messages.Listen(True))
    assert world.got("ben", messages.Resubscribe)  # its SUB was there before its Listen
    assert not world.got("eve", messages.Resubscribe)
    assert subscribe(world, "ben", frame) is Verdict.APPROVE
    assert subscribe(world, "ben", frame[: voice_frame.ROOM_TOPIC_BYTES]) is Verdict.REFUSE
    assert subscribe(world, "ben", b"V", 9) is Verdict.CUT
    assert subscribe(world, "eve", frame, 2) is Verdict.REFUSE
    assert subscribe(world, "stranger", frame, 3) is Verdict.REFUSE
    assert world.core.unsubscribed(1, b"ben", frame[:7]) is Verdict.APPROVE
    assert world.core.unsubscribed(None, None, frame[:7]) is Verdict.APPROVE


@pytest.mark.parametrize(
    "end",
    [
        lambda world: world.send("ben", messages.Listen(False)),
        lambda world: world.send("ben", messages.Leave()),
        lambda world: world.join("ben2", key="ben"),
        lambda world: world.pass_time(limits.MEMBER_EXPIRES_SECONDS + 1.0, alive=("ann",)),
    ],
)
def test_subscriptions_end_with_listening(end: Callable[[World], Any]) -> None:
    # Would catch somebody who has left and still hears.
    world = World()
    world.join("ann")
    world.join("ben")
    world.send("ben", messages.Listen(True))
    subscribe(world, "ben", world.frame("ann"), 4)
    end(world)
    assert CutVoice(b"ben", (4,)) in world.actions


def test_user_message_makes_all_approvals_wait() -> None:
    # Would catch the attack that got a stranger a victim's voice.
    world = World()
    world.join("ann")
    world.join("ben")
    world.send("ben", messages.Listen(True))
    frame = world.frame("ann")
    subscribe(world, "ben", frame, 4)
    assert world.act(world.core.user_message(9, "192.0.2.66")) == [
        Note("attack", "", "192.0.2.66", "user message on the voice port")
    ]
    assert subscribe(world, "ben", frame, 5) is Verdict.CUT
    assert subscribe(world, "stranger", frame, 6) is Verdict.CUT
    world.act(world.core.voice_port_drained())
    assert world.last("ben", messages.Resubscribe)
    assert CutVoice(b"ben", (4,)) in world.actions
    assert world.core.voice_port_drained() == []
    assert subscribe(world, "ben", frame, 7) is Verdict.APPROVE


# --- bad input ----------------------------------------------------------------------------------------------


def test_malformed_messages() -> None:
    # Would catch nonsense that is answered by a traceback, or borne for ever.
    world = World()
    world.join("ann")
    world.join("ben")
    world.raw("ann", b"\x91" * 30_000)
    assert world.refused("ann") == ("message", "too_large", 0)
    for _ in range(limits.MALFORMED_LIMIT - 2):
        world.raw("ann", b"")
    assert world.cuts() == []
    world.raw("ann", b"")
    assert world.cuts() == [b"ann"]
    assert world.got("ben", messages.MemberLeft)
    assert world.core.counts.malformed == limits.MALFORMED_LIMIT


def test_strangers_are_refused_and_floods_cut() -> None:
    # Would catch a stranger that makes us write answers for ever.
    world = World()
    for _ in range(REFUSALS_BURST):
        world.send("eve", messages.Ping(0))
    assert len(world.got("eve", messages.Refused)) == REFUSALS_BURST
    for _ in range(limits.MALFORMED_LIMIT):
        world.send("eve", messages.Ping(0))
    assert len(world.got("eve", messages.Refused)) == REFUSALS_BURST
    assert world.cuts() == [b"eve"]
    assert world.core.counts.refused == REFUSALS_BURST + limits.MALFORMED_LIMIT
    assert world.actions.count(Note("cut", "", "192.0.2.1", "too many refused messages")) == 1
    for _ in range(limits.MALFORMED_LIMIT):
        world.raw("max", b"")
    assert world.actions.count(Note("cut", "", "192.0.2.1", "too many malformed messages")) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.binary(max_size=40) | st.just(messages.encode(messages.Leave())))))
def test_no_bytes_bring_it_down(parts: list[tuple[str, bytes]]) -> None:
    # Would catch any exception that a member can cause.
    world = World()
    for who in "abc":
        world.join(who)
    for who, part in parts:
        world.raw(who, part)
        world.core.voice(who.encode(), part, world.now)
        world.core.subscribed(1, who.encode(), part)
        world.now += 0.1
        world.act(world.core.tick(world.now))


def test_one_address_fills_no_disk_and_one_member_no_memory() -> None:
    # Would catch a stranger who keeps to every quota of messages, and sends them as large as they go.
    world = World()
    for number in range(40):
        world.join(f"ann{number}", bytes([number]) * 16)
    for second in range(4):
        world.now += 1.0
        for number in range(40):
            for post in range(8):
                token = bytes([second, number, post]).ljust(limits.TOKEN_BYTES, b"x")
                world.send(f"ann{number}", messages.Post(token))
    kept = sum(len(world.got(f"ann{number}", messages.Accepted)) for number in range(40)) * limits.TOKEN_BYTES
    most = limits.POST_BYTES_BURST + 4 * limits.POST_BYTES_PER_SECOND
    assert most / 2 < kept <= most
    what, code, wait = world.refused("ann39")
    assert (what, code) == ("post", "too_fast")
    assert wait > 0


def test_large_signals_are_few() -> None:
    # Would catch four members who fill the memory for forty that do not read.
    world = World()
    world.join("ann")
    world.join("ben")
    for _ in range(limits.SIGNAL_BURST):
        world.send("ann", messages.Signal(b"x" * limits.TOKEN_BYTES, None))
    assert len(world.got("ben", messages.Signalled)) == limits.SIGNAL_BYTES_BURST // limits.TOKEN_BYTES
    assert world.refused("ann")[:2] == ("signal", "too_fast")


def test_lines_do_not_overtake_one_that_has_to_wait() -> None:
    # Would catch somebody's lines in another order than they were written, because one came a moment too soon.
    world = World()
    world.join("ann")
    for number in range(limits.TEXT_BURST + 1):
        world.send("ann", messages.Post(b"line %d" % number))
    wait = world.refused("ann")[2] / 1_000
    world.now += wait / 2
    world.send("ann", messages.Post(b"behind it"))
    assert world.refused("ann")[:2] == ("post", "too_fast")
    world.now += wait / 2
    for token in (b"line %d" % limits.TEXT_BURST, b"behind it"):
        world.now += 1 / limits.TEXT_PER_SECOND
        world.send("ann", messages.Post(token))
    assert [accepted.post_id for accepted in world.got("ann", messages.Accepted)[-2:]] == [
        messages.post_id(b"line %d" % limits.TEXT_BURST),
        messages.post_id(b"behind it"),
    ]
