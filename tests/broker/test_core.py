from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from broker.actions import Deliver, Note
from broker.core import CLOSING_RETRY_MS
from broker.engine.ledger import Keep
from broker.lines import REFUSALS_BURST
from broker.quota import PAGE_BYTES_BURST, Allowances
from common import limits, messages
from tests.fakes.core import OTHER, ROOM, World

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
