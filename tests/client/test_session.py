"""Sessions against the real core, joined by a fake link on a fake clock."""

import random

import pytest
from msgspec.structs import replace

from client import events
from client.heartbeat import SILENCE_SECONDS
from client.refusals import LONGEST_WAIT
from client.tuning import Tuning
from client.voice_orders import (
    AddSpeaker,
    ConfirmSpeaker,
    EnterRoom,
    LeaveRoom,
    RemoveSpeaker,
    SetAudience,
    TuneSpeaker,
)
from common import limits, messages, voice_frame
from common.crypto.keys import device_signer
from common.crypto.sealing import (
    BodyOpener,
    BodySealer,
    ClockSignal,
    PostBody,
    PresentSignal,
    SeenSignal,
    SignalBody,
    Text,
)
from common.errors import LocalError, NothingToSay, TooLong
from tests.fakes.link import Client, MemoryLog, MemoryOutbox, Net, room_keys
from tests.thoroughness import tries


def device_of(client: Client) -> bytes:
    return client.session._identity.device.public_key().public_bytes_raw()


@pytest.fixture
def net() -> Net:
    return Net()


def test_two_who_share_a_key_read_each_other(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    ann.say("hello")
    net.run(1)
    bob.say("hello Ann")
    net.run(1)
    for client in (ann, bob):
        assert client.texts() == ["hello", "hello Ann"]
        lines = client.told(events.TextReceived)
        assert [line.seq for line in lines] == [1, 2]
        assert not any(line.late for line in lines)
    assert [line.own for line in ann.told(events.TextReceived)] == [True, False]
    assert [stored.seq for stored in ann.told(events.TextStored)] == [1]
    assert ann.outbox.waiting() == []


def test_another_key_is_another_room(net: Net) -> None:
    # would fail if rooms were told apart by anything but the key
    ann, eve = net.joined("Ann"), net.joined("Eve", room_keys("a room for tests "[:-2]))
    ann.say("a secret")
    net.run(1)
    assert eve.texts() == []
    assert eve.people() == {}
    assert ann.people() == {}


def test_members_confirm_each_other(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    assert ann.people() == {"Bob": True}
    assert bob.people() == {"Ann": True}
    assert any(isinstance(order, ConfirmSpeaker) for order in ann.orders)
    assert [person.person.name for person in ann.told(events.PersonJoined)] == ["Bob"]


def test_yesterdays_hello_stays_unconfirmed(net: Net) -> None:
    """A broker that replays everything Ann ever sent cannot make her appear to Bob."""
    ann, spy = net.joined("Ann"), net.joined("Spy")
    ann.say("I was here")
    net.run(10)
    seen = list(spy.session._roster)
    hello = next(
        member for member in net.core._rooms.members() if member.hello and member.handle == seen[0].handle
    ).hello
    signals: list[bytes] = []

    def record(client: Client, message: messages.FromBroker) -> list[messages.FromBroker]:
        if client is spy and isinstance(message, messages.Signalled):
            signals.append(message.token)
        return [message]

    net.tamper = record
    net.run(20)
    ann.cut()
    spy.cut()
    net.run(1)
    bob = net.joined("Bob")
    replayed: list[messages.FromBroker] = [messages.MemberJoined(b"zz", hello, ann.curve)]
    replayed += [messages.Signalled(b"zz", token) for token in signals]
    assert signals
    for message in replayed:
        bob.session.receive(message, net.now)
    bob.drain()
    assert bob.people() == {"Ann": False}
    assert bob.told(events.TextReceived)[0].text == "I was here"


def test_a_newcomer_reads_what_was_said_by_one_who_has_left(net: Net) -> None:
    ann = net.joined("Ann")
    for number in range(30):
        ann.say(f"line {number}")
        net.run(0.1)
    ann.session.leave()
    ann.drain()
    net.run(1)
    bob = net.joined("Bob")
    net.run(5)
    assert bob.texts() == [f"line {number}" for number in range(30)]
    assert all(line.late for line in bob.told(events.TextReceived))
    assert {line.name for line in bob.told(events.TextReceived)} == {"Ann"}


def test_a_lost_connection_loses_no_line_and_doubles_none(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    for number in range(5):
        ann.say(f"before {number}")
    bob.cut()
    net.run(0.015)
    ann.cut()  # some posts and some acknowledgements are under way
    ann.say("while away")
    ann.connect()
    bob.connect()
    net.run(5)
    expected = [f"before {number}" for number in range(5)] + ["while away"]
    assert ann.texts() == expected
    assert bob.texts() == expected
    assert [joined.again for joined in ann.told(events.RoomJoined)] == [False, True]
    assert ann.outbox.waiting() == []


@pytest.mark.parametrize("seed", range(tries(12)))
def test_whatever_breaks_everybody_reads_the_same_once(seed: int) -> None:
    """Connections break at random moments; nothing is lost, doubled or in another order."""
    net, chance = Net(seed), random.Random(seed)
    clients = [net.joined(name, delay=0.02 * number) for number, name in enumerate(("Ann", "Bob", "Cyd"), 1)]
    said = []
    for number in range(60):
        client = chance.choice(clients)
        if chance.random() < 0.2 and client.connection:
            client.cut()
        client.say(f"{client.name} {number}")
        said.append(f"{client.name} {number}")
        net.run(chance.uniform(0, 0.3))
        if not client.connection:
            client.connect()
    net.run(30)
    assert sorted(clients[0].texts()) == sorted(said)
    for client in clients:
        assert client.texts() == clients[0].texts()
        assert client.told(events.LinesMissing) == []
        live = [line.seq for line in client.told(events.TextReceived) if not line.late]
        assert live == sorted(live)
        assert client.outbox.waiting() == []


@pytest.mark.parametrize("seed", range(tries(8)))
def test_whatever_is_killed_everybody_reads_the_same_once(seed: int) -> None:
    """Programs die at random moments, with what they had not committed; each run shows each line once."""
    net, chance = Net(seed), random.Random(seed)
    homes = {name: (MemoryOutbox(), MemoryLog(), bytes([number]) * 32) for number, name in enumerate(("Ann", "Bob"))}
    logless = net.joined("Cyd")

    def start(name: str) -> Client:
        outbox, log, secret = homes[name]
        client = net.client(name, outbox=outbox, secret=secret, log=log)
        client.connect()
        net.run(0.05)
        return client

    clients = {name: start(name) for name in homes}
    said = []
    for number in range(60):
        name = chance.choice(("Ann", "Bob"))
        if chance.random() < 0.2:
            clients[name].cut()
            homes[name][1].kill()
            clients[name] = start(name)
        clients[name].say(f"{name} {number}")
        said.append(f"{name} {number}")
        net.run(chance.uniform(0, 0.3))
    net.run(30)
    assert sorted(logless.texts()) == sorted(said)
    for client in clients.values():
        assert client.texts() == logless.texts()
        assert client.told(events.LinesMissing) == []
        assert client.told(events.LinesMissing) == []
        assert client.outbox.waiting() == []
        client.cut()
        again = start(client.name)
        net.run(5)
        assert again.texts() == logless.texts()
        assert again.session.counters["texts"] == 0  # all of them came from the log


def test_kept_lines_are_shown_without_a_broker(net: Net) -> None:
    log, secret = MemoryLog(), bytes(32)
    ann, bob = net.client("Ann", secret=secret, log=log), net.joined("Bob")
    ann.connect()
    net.run(1)
    for number in range(120):
        bob.say(f"line {number}")
        net.run(0.2)
    ann.cut()
    again = net.client("Ann", secret=secret, log=log)
    assert again.session.next_tick(net.now) == net.now
    again.session.tick(net.now)
    first = again.session.events()
    assert [line.text for line in first if isinstance(line, events.TextReceived)] == [
        f"line {number}" for number in range(70, 120)
    ]
    while again.session.next_tick(net.now) is not None:
        again.session.tick(net.now)
    again.drain()
    assert len(again.told(events.TextReceived)) == 70
    assert all(line.late for line in again.told(events.TextReceived))
    asked: list[int] = []
    again.session.join(net.now)
    asked += [message.newest_seq for message in again.session.outgoing() if isinstance(message, messages.Join)]
    assert asked == [120]


def test_a_broker_that_numbers_anew_keeps_the_order(net: Net) -> None:
    log = MemoryLog()
    ann = net.client("Ann", secret=bytes(32), log=log)
    ann.connect()
    for text in ("one", "two", "three"):
        ann.say(text)
        net.run(0.2)
    ann.cut()
    other = Net(2)  # it has forgotten everything
    again = other.client("Ann", outbox=ann.outbox, secret=bytes(32), log=log)
    again.connect()
    other.run(1)
    again.say("four")
    other.run(1)
    assert again.texts() == ["one", "two", "three", "four"]
    assert [line.epoch for line in again.told(events.TextReceived) if line.text == "four"] == [1]
    assert [stored.epoch for stored in again.told(events.TextStored)] == [1]


def test_lines_and_notes_that_somebody_has_changed_are_passed_over(net: Net) -> None:
    log, bob = MemoryLog(), net.joined("Bob")
    ann = net.client("Ann", secret=bytes(32), log=log)
    ann.connect()
    net.run(1)
    for text in ("one", "two"):
        bob.say(text)
        net.run(0.2)
    ann.cut()
    line, marks = log.lines[0]
    log.lines[0] = (replace(line, token=b"forged"), marks)
    log.notes = {0: b"forged"}
    again = net.client("Ann", secret=bytes(32), log=log)
    again.connect()
    net.run(1)
    assert again.texts() == ["two"]
    assert again.session.counters["log_damaged"] == 2


def test_a_full_disk_ends_the_log_and_not_the_conversation(net: Net) -> None:
    class Full(MemoryLog):
        def commit(self) -> None:
            raise LocalError("The disk is full.")

    ann = net.client("Ann", secret=bytes(32), log=Full())
    ann.connect()
    net.run(1)
    ann.say("still here")
    net.run(1)
    assert ann.texts() == ["still here"]
    assert [problem.code for problem in ann.told(events.ProblemReported)] == ["log_failed"]


def test_lines_that_the_broker_keeps_back_are_told(net: Net) -> None:
    # would fail if a broker could drop lines and renumber the rest, and nobody saw it
    ann, bob = net.joined("Ann"), net.joined("Bob")
    hidden: list[messages.FromBroker] = []

    def renumber(client: Client, message: messages.FromBroker) -> list[messages.FromBroker]:
        if client is not bob or not isinstance(message, messages.Posted):
            return [message]
        if message.seq in {2, 3}:
            hidden.append(message)
            return []
        return [messages.Posted(message.seq, 1 if message.seq == 4 else message.prev_seq, message.token)]

    net.tamper = renumber
    for number in range(1, 6):
        ann.say(f"line {number}")
        net.run(0.2)
    net.run(8)
    assert bob.told(events.LinesMissing) == []
    net.run(4)
    (told,) = bob.told(events.LinesMissing)
    assert (told.after, told.before, told.count, told.why) == (1, 4, 2, events.Missing.DROPPED)
    assert (told.name, told.member) == ("Ann", ann.session.fingerprint)
    assert ann.told(events.LinesMissing) == []
    for message in hidden:
        bob.session.receive(message, net.now)
    net.run(3)
    assert [told.count for told in bob.told(events.LinesMissing)] == [2, 0]


def test_what_a_broker_keeps_no_longer_is_one_gap(net: Net) -> None:
    log, secret, bob = MemoryLog(), bytes(32), net.joined("Bob")
    ann = net.client("Ann", secret=secret, log=log)
    ann.connect()
    net.run(1)
    bob.say("read by both")
    net.run(1)
    ann.cut()
    for number in range(5):
        bob.say(f"line {number}")
        net.run(0.2)

    def forget(client: Client, message: messages.FromBroker) -> list[messages.FromBroker]:
        if client is bob or not isinstance(message, messages.Page):
            return [message]
        return [messages.Page(tuple(post for post in message.posts if post.seq > 4), 5, more=False)]

    net.tamper = forget
    expected = [events.LinesMissing(1, 5, 3, events.Missing.NOT_KEPT)]
    for _ in range(2):  # in the next run too
        ann = net.client("Ann", secret=secret, log=log)
        ann.connect()
        net.run(15)
        assert ann.texts() == ["read by both", "line 3", "line 4"]
        assert ann.told(events.LinesMissing) == expected  # and nobody is said to have dropped them
        ann.cut()


def test_a_restored_broker_is_read_back_until_lines_are_known(net: Net) -> None:
    # would fail if each restore made everybody read the whole history again, or showed any of it twice
    log = MemoryLog()
    ann, bob = net.client("Ann", secret=bytes(32), log=log), net.joined("Bob")
    ann.connect()
    net.run(1)
    for number in range(120):
        bob.say(f"line {number}")
        net.run(0.1)
    net.run(1)
    ann.session.lost()
    ann.session.join(net.now)
    tokens = [line.token for line, _ in log.lines]
    limits_told = messages.RoomLimits(64, 20, 30, 110)
    ann.session.receive(messages.Joined(b"me", b"room", (), 120, 1, b"N" * 16, limits_told), net.now)
    asked: list[messages.Fetch] = []
    for _ in range(20):
        asked += [message for message in ann.session.outgoing() if isinstance(message, messages.Fetch)]
        if asked:
            before = asked[-1].before or 0
            posts = tuple(messages.StoredPost(seq, seq - 1, tokens[seq - 1]) for seq in range(before - 50, before))
            ann.session.receive(messages.Page(posts, 1, more=True), net.now)
        ann.session.tick(net.now)
    assert [question.before for question in asked] == [121, 71]  # the second before the first page was opened
    ann.drain()
    assert len(ann.texts()) == 120
    assert ann.session.counters["doubled"] == 50
    ann.session.errands.search("line 11")
    log.lines[117] = (replace(log.lines[117][0], token=b"forged"), log.lines[117][1])
    while ann.session.errands:
        ann.session.tick(net.now)
    ann.drain()
    (answer,) = ann.told(events.LogSearched)
    assert [line.text for line in answer.lines] == [f"line {number}" for number in (11, *range(110, 117), 118, 119)]


def test_a_newcomer_reads_a_long_history_screen_by_screen(net: Net) -> None:
    bob = net.joined("Bob")
    for number in range(300):
        bob.say(f"line {number}")
        net.run(0.1)
    net.run(5)
    ann = net.client("Ann")
    ann.connect()
    net.run(5)
    assert ann.texts() == [f"line {number}" for number in range(300)]
    assert [line.text for line in ann.told(events.TextReceived)][:50] == [
        f"line {number}" for number in range(250, 300)
    ]
    assert ann.told(events.LinesMissing) == []


def test_an_unsent_line_survives_its_program(net: Net) -> None:
    folder, secret = MemoryOutbox(), bytes(32)
    ann = net.client("Ann", outbox=folder, secret=secret)
    ann.say("typed without a connection")
    again = net.client("Ann", outbox=folder, secret=secret)
    assert [queued.text for queued in again.session.still_waiting()] == ["typed without a connection"]
    again.connect()
    net.run(1)
    assert again.texts() == ["typed without a connection"]


def test_a_damaged_outbox_line_is_dropped(net: Net) -> None:
    folder = MemoryOutbox()
    folder.posts[1] = b"garbage"
    ann = net.client("Ann", outbox=folder)
    assert ann.session.still_waiting() == []
    assert folder.waiting() == []


def test_a_folder_older_than_the_log_never_uses_a_counter_twice(net: Net) -> None:
    # a state folder that was restored from a backup: its counter lies behind what the room has read
    secret = bytes(range(32))
    ann = net.client("Ann", secret=secret)
    ann.connect()
    net.run(1)
    ann.say("one")
    net.run(1)
    ann.cut()
    restored = net.client("Ann", outbox=MemoryOutbox(), secret=secret)
    restored.connect()
    net.run(1)
    restored.say("two")
    net.run(1)
    bob = net.joined("Bob")
    net.run(2)
    assert bob.texts() == ["one", "two"]
    assert not any(line.copied_device for line in bob.told(events.TextReceived))


def test_a_copied_device_is_marked(net: Net) -> None:
    secret, bob = bytes(range(32)), net.joined("Bob")
    for text in ("mine", "also mine"):
        twin = net.client("Ann", outbox=MemoryOutbox(), secret=secret)
        twin.outbox.posts.clear()
        twin.connect()
        twin.say(text)
        net.run(1)
        twin.cut()
    assert bob.texts() == ["mine", "also mine"]
    assert [line.copied_device for line in bob.told(events.TextReceived)] == [False, True]


def test_a_post_sealed_anew_by_an_insider_is_shown_once_and_marks_nobody(net: Net) -> None:
    keys = room_keys()
    ann, bob = net.joined("Ann"), net.joined("Bob")
    tokens: list[bytes] = []

    def record(client: Client, message: messages.FromBroker) -> list[messages.FromBroker]:
        if client is bob and isinstance(message, messages.Posted):
            tokens.append(message.token)
        return [message]

    net.tamper = record
    ann.say("once")
    net.run(1)
    body = BodyOpener(keys).open_post(tokens[0])
    again = BodySealer(keys).seal_post(body, device_signer(ann.secret, keys.room_id))  # same signature, new IV
    bob.session.receive(messages.Posted(7, 1, again), net.now)
    bob.drain()
    assert bob.texts() == ["once"]
    assert bob.session.counters["doubled"] == 1


def test_late_posts_are_marked_late(net: Net) -> None:
    bob = net.joined("Bob")
    held: list[messages.FromBroker] = []

    def hold(client: Client, message: messages.FromBroker) -> list[messages.FromBroker]:
        if client is bob and isinstance(message, messages.Posted) and not held:
            held.append(message)
            return []
        return [message]

    net.tamper = hold
    ann = net.joined("Ann")
    ann.say("first")
    ann.say("second")
    net.run(2)
    assert [(line.text, line.late) for line in bob.told(events.TextReceived)] == [("second", False), ("first", True)]
    bob.session.receive(held[0], net.now)
    bob.drain()
    assert bob.texts() == ["first", "second"]


def test_a_member_left_behind_reads_on(net: Net) -> None:
    # would fail if the broker left out posts and never said so: the member would stay deaf without a hole to see
    ann, bob = net.joined("Ann"), net.joined("Bob")
    net.act(net.core.undeliverable(bob.connection, messages.Posted(1, 0, b"did not fit"), net.now))
    ann.say("missed")
    net.run(0.5)
    assert bob.texts() == []
    net.run(limits.PING_SECONDS + 1)
    assert bob.texts() == ["missed"]
    ann.say("live again")
    net.run(1)
    assert [(line.text, line.late) for line in bob.told(events.TextReceived)] == [
        ("missed", True),
        ("live again", False),
    ]


def test_a_flood_of_lines_is_paced_and_kept_in_order(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    lines = [f"line {number}" for number in range(120)]
    for line in lines:
        ann.say(line)
    net.run(20)
    assert bob.texts() == lines
    assert net.core.counts.refused == 0  # would fail if the client outran the quota


def test_too_long_a_text_is_refused_before_anything_is_kept(net: Net) -> None:
    ann = net.joined("Ann")
    with pytest.raises(TooLong, match="16,000"):
        ann.say("x" * 65_536)
    assert ann.outbox.waiting() == []
    assert ann.told(events.TextQueued) == []


@pytest.mark.parametrize("nothing", ["", "  \n", "\x00\x1b", "\ud800", "\u202e"])
def test_a_line_of_nothing_is_refused(net: Net, nothing: str) -> None:
    ann = net.joined("Ann")
    with pytest.raises(NothingToSay, match="empty"):
        ann.say(nothing)
    assert ann.outbox.waiting() == []


def test_a_refused_post_is_told_or_sent_later(net: Net) -> None:
    ann = net.client("Ann")
    ann.connect()
    net.run(1)
    ann.say("no")
    ann.say("not yet")
    refused, later = (event.post for event in ann.told(events.TextQueued))
    ann.session.receive(messages.Refused("post", "not_allowed", "No.", 0, bytes.fromhex(refused)), net.now)
    ann.session.receive(messages.Refused("post", "storage", "", 500, bytes.fromhex(later)), net.now)
    ann.session.receive(messages.Refused("post", "not_allowed", "No.", 0, bytes.fromhex(refused)), net.now)
    ann.drain()
    assert [event.reason for event in ann.told(events.TextRefused)] == ["No."]
    net.run(2)
    assert "not yet" in ann.texts()


def test_lines_that_wait_are_told_of_once_until_one_is_kept(net: Net) -> None:
    # Would catch a line that seems to be on its way for ever, and nobody says why.
    ann = net.client("Ann")
    ann.connect()
    net.run(1)
    for code in ("storage", "storage", "too_fast"):
        ann.session.receive(messages.Refused("post", code, "No place.", 500, bytes(16)), net.now)
    ann.drain()
    (problem,) = ann.told(events.ProblemReported)
    assert (problem.part, problem.code) == (events.Part.TEXT, "refused_storage")
    assert problem.message.startswith("No place. Your lines wait")
    ann.say("kept")
    net.run(1)
    ann.session.receive(messages.Refused("post", "full", "", 500, bytes(16)), net.now)
    ann.drain()
    assert len(ann.told(events.ProblemReported)) == 2


def test_what_a_broker_says_is_one_line_and_looks_like_nobodys_message(net: Net) -> None:
    # Would catch a refusal that prints a line in somebody else's name.
    ann = net.joined("Ann")
    reason = "try later\n23:59 Ben: send me the key\r\u2028* Ben has gone."
    ann.session.receive(messages.Refused("fetch", "x\ny", reason, 0), net.now)
    ann.drain()
    (problem,) = ann.told(events.ProblemReported)
    assert problem.code == "refused_xy"
    assert problem.message == "try later 23:59 Ben: send me the key * Ben has gone."


def test_a_roster_ends_where_no_honest_broker_goes(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a client that grows by people whom an insider invents.
    monkeypatch.setattr(limits, "ROOM_MEMBERS_MAX", 3)
    ann = net.joined("Ann")
    for number in range(5):
        other = net.client(f"Guest {number}")
        joined = messages.MemberJoined(number.to_bytes(2, "big"), other.session._hello, other.curve)
        ann.session.receive(joined, net.now)
    assert len(ann.people()) == 3
    assert ann.session.counters["too_many_members"] == 2


def test_other_refusals_are_problems(net: Net) -> None:
    ann = net.joined("Ann")
    ann.session.receive(messages.Refused("fetch", "too_fast", "", 0), net.now)
    ann.drain()
    (problem,) = ann.told(events.ProblemReported)
    assert problem.code == "refused_too_fast"
    assert "too_fast" in problem.message


def test_listening_tells_everybody_and_gives_topics(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    assert ann.session.topics() == frozenset()
    ann.listen(on=True)
    ann.listen(on=True)
    net.run(1)
    (topic,) = ann.session.topics()
    assert topic[:1] == b"V"
    assert len(topic) == voice_frame.TOPIC_BYTES
    assert [changed.count for changed in bob.told(events.AudienceChanged)] == [1]
    assert SetAudience(heard=True) in bob.orders
    assert [person.listening for person in bob.session.people()] == [False, True]
    ann.listen(on=False)
    net.run(1)
    assert ann.session.topics() == frozenset()
    assert SetAudience(heard=False) in bob.orders


def test_a_large_room_has_one_topic(net: Net) -> None:
    ann = net.joined("Ann")
    ann.listen(on=True)
    hello = ann.session._hello
    keys = room_keys()
    for number in range(limits.TOPICS_EACH_MEMBER):
        other = net.client(f"Guest {number}", keys)
        ann.session.receive(
            messages.MemberJoined(number.to_bytes(2, "big"), other.session._hello, other.curve), net.now
        )
    assert {len(topic) for topic in ann.session.topics()} == {voice_frame.ROOM_TOPIC_BYTES}
    ann.session.receive(messages.MemberJoined(b"me", hello, ann.curve), net.now)  # my own hello, come back: nobody new
    assert len(ann.session.people()) == limits.TOPICS_EACH_MEMBER + 1


def test_a_muted_person_is_not_subscribed_to_and_remembered(net: Net) -> None:
    # would catch: muted voices that come in all the same; a choice that a reconnect forgets
    ann, bob, _ = net.joined("Ann"), net.joined("Bob"), net.joined("Cid")
    ann.session.listen(True)
    net.run(1)
    people = {person.name: person for person in ann.session.people()}
    every = ann.session.topics()
    before = ann.session.hears_all
    ann.session.tune(people["Bob"].member, lambda tuning: replace(tuning.louder(-6.0), muted=True))
    ann.session.tune(people["Cid"].member, lambda tuning: tuning.louder(6.0))
    ann.session.tune("nobody", lambda tuning: tuning.louder(6.0))
    net.run(1)
    assert len(every - ann.session.topics()) == 1
    muting = ann.session.hears_all
    changed = {told.person.name: told.person for told in ann.told(events.PersonChanged)}
    assert (changed["Bob"].decibels, changed["Bob"].muted) == (-6.0, True)
    assert (changed["Cid"].decibels, changed["Cid"].muted) == (6.0, False)
    tuned = [order.gain for order in ann.orders if isinstance(order, TuneSpeaker)]
    assert tuned == [0.0, pytest.approx(1.995, abs=0.001)]
    bob.session.leave()
    net.run(1)
    assert (before, muting, ann.session.hears_all) == (True, False, True)


def test_leaving_is_told_and_takes_the_speaker_away(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    bob.listen(on=True)
    net.run(1)
    bob.session.leave()
    bob.session.leave()
    bob.drain()
    net.run(1)
    assert [left.person.name for left in ann.told(events.PersonLeft)] == ["Bob"]
    assert any(isinstance(order, RemoveSpeaker) for order in ann.orders)
    assert ann.told(events.AudienceChanged)[-1].count == 0
    ann.session.receive(messages.MemberLeft(b"??"), net.now)


def test_a_rejoined_session_takes_its_own_place(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    bob.cut()
    bob.connect()
    net.run(2)
    assert ann.people() == {"Bob": True}


def test_a_silent_broker_is_noticed(net: Net) -> None:
    ann = net.joined("Ann")
    net.run(30)
    assert not ann.session.silent(net.now)  # Pongs keep it alive
    assert ann.session.silent(net.now + SILENCE_SECONDS + 3)


def test_losing_the_connection_stops_voice(net: Net) -> None:
    ann, _ = net.joined("Ann"), net.joined("Bob")
    assert any(isinstance(order, EnterRoom) for order in ann.orders)
    assert any(isinstance(order, AddSpeaker) for order in ann.orders)
    ann.cut()
    assert isinstance(ann.orders[-1], LeaveRoom)
    assert ann.session.next_tick(net.now) is None
    ann.session.tick(net.now)
    ann.session.receive(messages.Posted(1, 0, b"late"), net.now)  # of a connection that is gone
    ann.drain()
    assert ann.texts() == []


def test_forged_bodies_are_counted_and_change_nothing(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    keys = room_keys()
    handle = next(iter(ann.session._roster)).handle
    before = ann.session.counters["refused"]
    ann.session.receive(messages.Posted(5, 0, b"garbage"), net.now)
    ann.session.receive(messages.MemberJoined(b"xx", b"garbage", bytes(32)), net.now)
    ann.session.receive(messages.Signalled(handle, b"garbage"), net.now)
    ann.session.receive(messages.Signalled(b"??", b"garbage"), net.now)
    assert ann.session.counters["refused"] == before + 3
    # an insider without Bob's device key cannot speak for him
    body = PostBody(device_of(bob), "Bob", 1, 0, Text("forged"))
    stranger = device_signer(bytes(32), keys.room_id)
    with pytest.raises(Exception, match="key"):
        BodySealer(keys).seal_post(body, stranger)
    ann.drain()
    assert ann.texts() == []
    assert ann.people() == {"Bob": True}


def test_a_replayed_or_misdirected_signal_is_ignored(net: Net) -> None:
    tokens: list[messages.Signalled] = []
    ann = net.joined("Ann")

    def record(client: Client, message: messages.FromBroker) -> list[messages.FromBroker]:
        if client is ann and isinstance(message, messages.Signalled):
            tokens.append(message)
        return [message]

    net.tamper = record
    bob, cyd = net.joined("Bob"), net.joined("Cyd")
    net.run(10)
    heard = ann.session.counters["signals"]
    ann.session.receive(tokens[0], net.now)
    assert ann.session.counters["replayed_signals"] == 1
    handles = {member.shown_name: member.handle for member in ann.session._roster}
    swapped = handles["Cyd"] if tokens[0].member == handles["Bob"] else handles["Bob"]
    refused = ann.session.counters["refused"]
    ann.session.receive(messages.Signalled(swapped, tokens[0].token), net.now)
    assert ann.session.counters["refused"] == refused + 1
    assert ann.session.counters["signals"] == heard
    assert bob.people() == {"Ann": True, "Cyd": True}
    assert cyd.people() == {"Ann": True, "Bob": True}


def test_different_rosters_are_noticed(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    net.tamper = lambda client, message: (
        [] if client is ann and isinstance(message, messages.MemberJoined) else [message]
    )
    net.joined("Cyd")
    net.run(40)
    assert [problem.code for problem in ann.told(events.ProblemReported)] == ["rosters_differ"]
    assert bob.people() == {"Ann": True, "Cyd": True}


def test_a_clock_of_the_far_future_breaks_no_calendar(net: Net) -> None:
    keys = room_keys()
    ann, bob = net.joined("Ann"), net.client("Bob")
    body = PostBody(device_of(bob), "Bob", 1, limits.MAX_INTEGER, Text("from the future"))
    token = BodySealer(keys).seal_post(body, bob.session._identity.device)
    ann.session.receive(messages.Posted(1, 0, token), net.now)
    ann.drain()
    assert ann.told(events.TextReceived)[0].sent_at < 253_402_300_800


def test_a_speaker_that_was_on_is_on_again_after_a_lost_connection(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.client("Bob")
    bob.listen(on=True)  # before there is any connection
    bob.connect()
    net.run(1)
    assert ann.told(events.AudienceChanged)[-1].count == 1
    bob.cut()
    net.run(1)
    bob.connect()
    net.run(1)
    assert ann.told(events.AudienceChanged)[-1].count == 1


def test_a_voice_frames_handle_leads_to_its_person(net: Net) -> None:
    ann, _ = net.joined("Ann"), net.joined("Bob")
    (bob,) = ann.session._roster
    person = ann.session.person(bob.handle)
    assert person is not None
    assert person.name == "Bob"
    assert ann.session.person(b"??") is None


def test_a_signal_for_somebody_else_confirms_nobody(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.client("Bob")
    hello, identity = bob.session._hello, bob.session._identity
    ann.session.receive(messages.MemberJoined(b"bb", hello, bob.curve), net.now)
    present = PresentSignal((ann.session._id,), bytes(16))
    elsewhere = SignalBody(bob.session._id, bytes(16), 0, present)
    token = BodySealer(room_keys()).seal_signal(elsewhere, identity.session)
    ann.session.receive(messages.Signalled(b"bb", token), net.now)
    assert ann.people() == {"Bob": False}
    assert ann.session.counters["refused"] == 1


def test_a_copied_hello_neither_doubles_a_member_nor_pushes_it_out(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    ann.session.receive(messages.MemberJoined(b"zz", bob.session._hello, bob.curve), net.now)
    ann.drain()
    assert ann.people() == {"Bob": True}
    assert ann.told(events.PersonLeft) == []


def test_a_hello_on_somebody_elses_connection_introduces_nobody(net: Net) -> None:
    # Would catch an insider who repeats Bob's hello first, and has Bob's own turned away as the copy.
    ann, bob, eve = net.joined("Ann"), net.client("Bob"), net.client("Eve")
    eve.session._hello = bob.session._hello
    eve.connect()
    net.run(1)
    bob.connect()
    net.run(1)
    assert ann.people() == {"Bob": True}
    (member,) = ann.session._roster
    assert member.handle == bob.session._handle
    assert ann.session.counters["copied_hellos"] == 1


def test_a_handle_given_to_somebody_else_takes_the_first_one_out(net: Net) -> None:
    ann, bob, cyd = net.joined("Ann"), net.joined("Bob"), net.client("Cyd")
    (member,) = ann.session._roster
    ann.session.receive(messages.MemberJoined(member.handle, cyd.session._hello, cyd.curve), net.now)
    ann.drain()
    assert [left.person.name for left in ann.told(events.PersonLeft)] == [bob.name]
    assert ann.people() == {"Cyd": False}


def test_a_second_joined_on_one_connection_changes_nothing(net: Net) -> None:
    # would fail if a broker could make a client start over again and again
    ann, _ = net.joined("Ann"), net.joined("Bob")
    again = messages.Joined(b"zz", b"zzzz", (), 0, 0, bytes(16), messages.RoomLimits(1, 1, 1, 1))
    ann.session.receive(again, net.now)
    ann.drain()
    assert ann.people() == {"Bob": True}
    assert len(ann.told(events.RoomJoined)) == 1


def test_a_refused_page_is_asked_for_again_when_the_broker_said(net: Net) -> None:
    ann = net.joined("Ann")
    ann.say("old")
    net.run(1)
    refused: list[float] = []

    def refuse_once(client: Client, message: messages.FromBroker) -> list[messages.FromBroker]:
        if client is bob and isinstance(message, messages.Page) and not refused:
            refused.append(net.now)
            return [messages.Refused("fetch", "too_fast", "", 250)]
        return [message]

    net.tamper = refuse_once
    bob = net.client("Bob")
    bob.connect()
    net.run(2)
    assert refused
    assert bob.texts() == ["old"]
    assert bob.told(events.ProblemReported) == []


def test_no_broker_puts_a_line_off_for_ever(net: Net) -> None:
    ann = net.client("Ann")
    ann.connect()
    net.run(1)
    ann.say("later")
    (queued,) = ann.told(events.TextQueued)
    ann.session.receive(messages.Refused("post", "x", "", limits.MAX_INTEGER, bytes.fromhex(queued.post)), net.now)
    ann.session.receive(messages.Posted(50, 0, b"x"), net.now)
    net.run(LONGEST_WAIT + 1)
    assert ann.texts() == ["later"]


def test_a_counter_at_its_end_breaks_no_folder(net: Net) -> None:
    ann = net.joined("Ann")
    identity = ann.session._identity
    body = PostBody(device_of(ann), "Ann", limits.MAX_INTEGER, 0, Text("the last one"))
    ann.session.receive(messages.Posted(1, 0, BodySealer(room_keys()).seal_post(body, identity.device)), net.now)
    ann.drain()
    assert ann.texts() == ["the last one"]
    assert ann.outbox.next == 1


# --- seen ---------------------------------------------------------------------------------------------------


def see_all(client: Client) -> None:
    client.session.mark_seen(client.told(events.TextReceived)[-1].post, client.net.now)


def test_my_line_tells_on_how_many_devices_it_was_seen(net: Net) -> None:
    ann, bob, cyd = net.joined("Ann"), net.joined("Bob"), net.joined("Cyd")
    ann.say("one")
    ann.say("two")
    net.run(1)
    assert ann.told(events.TextSeen) == []
    see_all(bob)
    net.run(2)
    assert ann.told(events.TextSeen) == [events.TextSeen(1, 1, 2), events.TextSeen(2, 1, 2)]
    see_all(cyd)
    net.run(2)
    assert ann.told(events.TextSeen)[2:] == [events.TextSeen(1, 2, 2), events.TextSeen(2, 2, 2)]
    assert bob.told(events.TextSeen) == []


def test_who_was_away_learns_what_was_seen_meanwhile(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    ann.say("one")
    net.run(1)
    ann.cut()
    see_all(bob)
    net.run(3)
    ann.connect()
    net.run(3)
    assert ann.told(events.TextSeen)[-1] == events.TextSeen(1, 1, 1)


def test_a_seen_line_of_an_unconfirmed_session_counts_nothing(net: Net) -> None:
    """Nobody who copies a hello can have seen a line for its owner."""
    ann, bob = net.joined("Ann"), net.client("Bob")
    ann.say("one")
    net.run(1)
    hello, identity = bob.session._hello, bob.session._identity
    ann.session.receive(messages.MemberJoined(b"bb", hello, bob.curve), net.now)
    (line,) = ann.told(events.TextReceived)
    seen = SignalBody(bob.session._id, None, 0, SeenSignal(bytes.fromhex(line.post)))
    ann.session.receive(messages.Signalled(b"bb", BodySealer(room_keys()).seal_signal(seen, identity.session)), net.now)
    net.run(2)
    assert ann.people() == {"Bob": False}
    assert ann.told(events.TextSeen) == []


def test_a_room_that_sees_every_line_says_so_once_a_second_each(net: Net) -> None:
    everybody = [net.client(f"P{number}") for number in range(8)]
    for client in everybody:
        client.connect()
    net.run(1)
    talker, *others = everybody
    before = net.core.counts.signals
    for number in range(10):
        talker.say(f"line {number}")
        net.run(0.1)
        for client in others:
            see_all(client)
    net.run(1.5)
    last = talker.told(events.TextSeen)[-1]
    assert (last.seq, last.count, last.of) == (10, 7, 7)
    assert net.core.counts.signals - before <= len(others) * 3 + 2 * len(everybody)  # three seconds; Present besides


def test_who_listens_asks_more_often(net: Net) -> None:
    # Would catch a deaf voice connection that takes longer than two seconds to show.
    ann = net.joined("Ann")
    pongs: list[float] = []

    def note(client: Client, message: messages.FromBroker) -> list[messages.FromBroker]:
        if client is ann and isinstance(message, messages.Pong):
            pongs.append(net.now)
        return [message]

    net.tamper = note
    net.run(6)
    assert len(pongs) == 3
    ann.listen(on=True)
    pongs.clear()
    net.run(6)
    assert len(pongs) == 8


def test_the_log_is_searched_between_other_things(net: Net) -> None:
    # Would catch a search that waits for ever, since nobody wakes the session for it.
    ann = net.client("Ann", log=MemoryLog())
    ann.connect()
    net.run(1)
    ann.say("needle")
    net.run(1)
    ann.session.errands.search("needle")
    net.run(0.01)
    (found,) = ann.told(events.LogSearched)
    assert [line.text for line in found.lines] == ["needle"]


def writers(client: Client) -> list[tuple[str, bool]]:
    return [(change.person.name, change.on) for change in client.told(events.WritingChanged)]


def test_others_know_who_writes_until_the_line_is_there(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    ann.session.writing.wrote(net.now)
    net.run(1)
    assert (writers(ann), writers(bob)) == ([], [("Ann", True)])
    ann.say("done")
    net.run(1)
    assert writers(bob) == [("Ann", True), ("Ann", False)]
    ann.session.writing.wrote(net.now)
    net.run(4)
    assert writers(bob)[2:] == [("Ann", True)]
    net.run(limits.WRITING_HOLDS_SECONDS)
    assert writers(bob)[3:] == [("Ann", False)]


def test_whoever_leaves_writes_no_more(net: Net) -> None:
    # mistake: a name that goes on writing after its owner has gone; a change told of somebody who is not there
    ann, bob = net.joined("Ann"), net.joined("Bob")
    ann.session.writing.wrote(net.now)
    net.run(1)
    ann.session.leave()
    ann.drain()
    net.run(20)
    assert writers(bob) == [("Ann", True)]


def test_a_flood_of_writing_signals_says_it_once(net: Net) -> None:
    # mistake: an insider who makes every window draw thirty times a second
    ann, bob = net.joined("Ann"), net.joined("Bob")
    for _ in range(300):
        ann.session.writing._next_allowed = float("-inf")
        ann.session.writing.wrote(net.now)
        net.run(1 / limits.SIGNALS_PER_SECOND)
    assert writers(bob) == [("Ann", True)]


def test_an_unconfirmed_member_writes_nothing(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    for member in bob.session._roster:
        member.session.confirmed = False
    ann.session.writing.wrote(net.now)
    net.run(0.5)
    assert writers(bob) == []


def talk(net: Net, talker: Client, listener: Client, *, seconds: int, delay: float = 0.045) -> None:
    """Media times that are spoken and heard, as the voice threads of both tell them."""
    for _ in range(2 * seconds):
        media = round(net.now * limits.SAMPLE_RATE) % 2**32
        talker.session.spoke(media, net.now, net.now)
        talker.session.tick(net.now)
        talker.drain()
        net.run(0.5)
        handle = next(member.handle for member in listener.session._roster if member.shown_name == talker.name)
        listener.session.heard(handle, media, net.now - 0.5 + delay, net.now)
        listener.drain()


def signals_to(net: Net, client: Client) -> list[bytes]:
    """What the broker passes on to somebody from now on."""
    passed: list[bytes] = []

    def record(to: Client, message: messages.FromBroker) -> list[messages.FromBroker]:
        if to is client and isinstance(message, messages.Signalled):
            passed.append(message.token)
        return [message]

    net.tamper = record
    return passed


def test_who_listens_learns_how_far_behind_a_voice_is(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob", delay=0.030)
    bob.listen(on=True)
    net.run(3)
    talk(net, ann, bob, seconds=5)
    told = bob.told(events.DelayEstimated)[-1]
    assert told.person.name == "Ann"
    assert told.ms == pytest.approx(45, abs=2)
    assert bob.session.mouth_to_ear_ms(net.now) == told.ms
    assert ann.session.mouth_to_ear_ms(net.now) is None
    ann.cut()
    net.run(1)
    assert bob.session.mouth_to_ear_ms(net.now) is None
    bob.session.heard(b"??", 0, net.now, net.now)  # a voice thread that has not heard of it yet
    bob.drain()
    assert bob.told(events.DelayEstimated)[-1] == told


@pytest.mark.parametrize("listeners", [2, limits.CLOCK_RECEIVERS + 1])
def test_the_clock_is_told_to_those_who_listen(net: Net, listeners: int) -> None:
    # Mistake: a signal for each talker to everybody, or a hundred of them for a hundred listeners.
    ann, deaf = net.joined("Ann"), net.joined("Deaf")
    others = [net.joined(f"Bob {number}") for number in range(listeners)]
    for other in others:
        other.listen(on=True)
    net.run(3)
    to_deaf = signals_to(net, deaf)
    media = round(net.now * limits.SAMPLE_RATE) % 2**32
    ann.session.spoke(media, net.now, net.now)
    ann.session.tick(net.now)
    sent = [message for message in ann.session.outgoing() if isinstance(message, messages.Signal)]
    assert len({message.token for message in sent if message.to is not None}) <= 1
    assert len([message for message in sent if message.to is not None]) == (2 if listeners == 2 else 0)
    assert not to_deaf


def test_an_unconfirmed_clock_and_a_lying_one_show_nothing(net: Net) -> None:
    ann, bob = net.joined("Ann"), net.joined("Bob")
    bob.listen(on=True)
    net.run(3)
    body = SignalBody(ann.session._id, None, 900, ClockSignal(0, limits.MAX_INTEGER))
    token = ann.session._seal.seal_signal(body, ann.session._identity.session)
    [member] = list(bob.session._roster)
    bob.session.receive(messages.Signalled(member.handle, token), net.now)
    bob.session.heard(member.handle, 0, net.now, net.now)
    assert bob.told(events.DelayEstimated) == []
    member.session.confirmed = False
    talk(net, ann, bob, seconds=1)
    assert bob.session.mouth_to_ear_ms(net.now) is None


def test_who_talks_before_being_confirmed_is_told_of_as_soon_as_that_is_so(net: Net) -> None:
    # Mistake: the first clock falls through, and for ten seconds nobody knows how far behind the voice is.
    ann, bob = net.joined("Ann"), net.joined("Bob")
    bob.listen(on=True)
    net.run(3)
    [member] = list(bob.session._roster)
    member.session.confirmed = False
    talk(net, ann, bob, seconds=1)
    member.session.confirmed = True
    talk(net, ann, bob, seconds=2)
    assert bob.session.mouth_to_ear_ms(net.now) == pytest.approx(45, abs=2)


class Marked:
    """A store that notes under what things are kept."""

    def __init__(self) -> None:
        self.kept: dict[bytes, Tuning] = {}

    def tuning(self, mark: bytes) -> Tuning:
        return self.kept.get(mark, Tuning())

    def keep_tuning(self, mark: bytes, tuning: Tuning) -> None:
        self.kept[mark] = tuning


def test_volumes_hold_for_a_device_and_do_not_name_it_on_the_disk(net: Net) -> None:
    # would catch: a volume that a new name or session escapes, and a disk that tells whom somebody talks to
    bob, ann = net.joined("Bob"), net.client("Ann")
    store = ann.session._tunings = Marked()
    ann.connect()
    net.run(1)
    ann.session.tune(bob.session.fingerprint, lambda tuning: tuning.louder(-7.0))
    assert store.kept == {ann.keys.device_mark(device_of(bob)): Tuning(-7.0)}
    bob.session.leave()
    bob.drain()
    net.run(1)
    again = net.client("Bobby", secret=bob.secret)
    again.connect()
    net.run(1)
    assert [person.decibels for person in ann.session.people() if person.name == "Bobby"] == [-7.0]
    other = net.joined("Bob")  # another device of that name
    assert [person.decibels for person in ann.session.people() if person.member == other.session.fingerprint] == [0.0]
