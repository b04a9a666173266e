"""The life of a connection as the network thread leads it: a fake transport and clock, and nothing waits.

What sockets do is tested in tests/integration; here is what becomes of it.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from client import commands, connection, events, network
from client.approach import Approach
from client.endpoint import Endpoint
from client.lanes import LaneWatch
from client.network import Network
from client.stays import Habits
from client.store import Store
from client.surroundings import News
from client.target import AttemptFailed, KeyChanged, Target
from client.transport import Link
from client.voice.engine import VoiceEngine
from client.voice.reports import TalkHeard
from common import limits, messages
from common.address import Address
from common.crypto.keys import RoomKeys
from common.invite import Invite
from tests.fakes.link import BROKER_KEY, room_keys

_E = TypeVar("_E")
INVITE = Invite(Address("chat.example", 9090), BROKER_KEY, 9091, 9092, "a room for tests")
JOINED = messages.Joined(b"me", b"room", (), 0, 0, bytes(16), messages.RoomLimits(64, 20, 30, 110))


class Wire:
    """The transport, without sockets: what it is asked is kept, what it tells is what the test has put there."""

    last: Wire

    def __init__(self, _take_voice: object, watch: LaneWatch) -> None:
        self.watch = watch
        self.talks = False
        Wire.last = self
        self.tells: deque[messages.FromBroker | Link | Exception] = deque()
        self.sent: list[messages.FromClient] = []
        self.opened: list[Endpoint] = []
        self.topics: frozenset[bytes] = frozenset()
        self.linked = self.closed = False
        self.reopened = 0
        self.identities = 0
        self.voice_standing: float | None = None
        self.voice_heard = float("-inf")
        self.lanes_standing = 1, 0
        self.counters: dict[str, int] = {"malformed": 0}

    def poll(self, _seconds: float) -> Iterator[messages.FromBroker | Link]:
        while self.tells:
            told = self.tells.popleft()
            if isinstance(told, Exception):
                raise told
            yield told

    def wake(self) -> None:
        pass

    def new_identity(self, secret: bytes | None = None) -> bytes:
        del secret
        self.identities += 1
        return bytes([self.identities]) * 32

    def open(self, endpoint: Endpoint) -> None:
        self.opened.append(endpoint)
        self.linked = True

    def close_link(self) -> None:
        self.linked = False

    def close(self) -> None:
        self.closed = True

    def send(self, message: messages.FromClient) -> None:
        self.sent.append(message)

    def subscribe(self, topics: frozenset[bytes]) -> None:
        self.topics = topics

    def talk(self, on: bool) -> None:
        self.talks = on

    def reopen_voice(self, *, first_only: bool = False) -> None:
        del first_only
        self.reopened += 1

    def flush(self, _seconds: float) -> None:
        pass


class World:
    """A network thread that takes one turn at a time."""

    def __init__(self, store: Store) -> None:
        self.now = 1_000.0
        self.slept = 0.0
        self.store = store
        self.answers: list[Callable[[RoomKeys | Approach | AttemptFailed], None]] = []
        self.known: list[RoomKeys | None] = []
        self.told: list[events.Event] = []
        self.changes: deque[News] = deque()

    def begin(self) -> None:
        self.network = Network(self.store, microphone="none", speaker="none")
        self.wire = Wire.last
        surroundings: Any = self.network._connection._surroundings
        surroundings.news = lambda _now: self.changes.popleft() if self.changes else None

    def approach_aside(
        self, _target: Target, _pin: bytes | None, known: RoomKeys | None, answer: Callable[[Any], None]
    ) -> None:
        self.answers.append(answer)
        self.known.append(known)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def turn(self, *tells: messages.FromBroker | Link | Exception, after: float = 0.0) -> None:
        self.now += after
        self.wire.tells += tells
        self.network._guarded_turn()
        while True:
            try:
                self.told.append(self.network.events.get_nowait())
            except queue.Empty:
                return

    def do(self, command: commands.Command) -> None:
        self.network.submit(command)
        self.turn()

    def connect(self) -> None:
        self.do(commands.Connect(str(INVITE), "Ann", ""))

    def found(self, keys: RoomKeys | None = None) -> None:
        """The latest approach has found the broker."""
        keys = keys or self.known[-1] or room_keys()
        self.answers[-1](Approach("192.0.2.1", 9090, 9091, keys.broker_key, keys, False, INVITE))
        self.turn()

    def join(self) -> None:
        self.connect()
        self.found()
        self.turn(Link.AUTHENTICATED)
        self.turn(JOINED)
        assert self.of(events.RoomJoined)

    def of(self, kind: type[_E]) -> list[_E]:
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def left(self) -> list[tuple[str, float | None]]:
        return [(event.reason, event.retry_in) for event in self.of(events.RoomLeft)]

    @property
    def problems(self) -> list[str]:
        return [event.code for event in self.of(events.ProblemReported)]

    @property
    def stats(self) -> dict[str, float]:
        self.do(commands.AskStats())
        return dict(self.of(events.StatsReported)[-1].counters)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    store = Store(tmp_path)
    made = World(store)
    clock = SimpleNamespace(monotonic=lambda: made.now, time=lambda: 1_700_000_000.0, sleep=made.sleep)
    monkeypatch.setattr(network, "time", clock)
    monkeypatch.setattr(network, "Transport", Wire)
    monkeypatch.setattr(connection, "approach_aside", made.approach_aside)
    made.begin()
    yield made
    store.close()


# --- the way in ---------------------------------------------------------------------------------------------


def test_the_way_into_a_room(world: World) -> None:
    world.join()
    assert world.wire.opened == [Endpoint("192.0.2.1", 9090, 9091, BROKER_KEY)]
    assert isinstance(world.wire.sent[0], messages.Join)
    assert world.store.pin("chat.example:9090") == BROKER_KEY
    assert world.left == []
    assert world.problems == []


def test_a_wrong_address_ends_the_attempt(world: World) -> None:
    world.do(commands.Connect("a host with blanks", "Ann", "key"))
    assert world.problems == ["bad_address"]
    assert world.left == [("could not connect", None)]
    assert world.answers == []


def test_an_unreachable_broker_is_told_once_and_tried_again(world: World) -> None:
    world.connect()
    for _ in range(4):
        world.answers[-1](AttemptFailed(events.Part.SERVER, "unreachable", "Nobody there.", retry=True))
        world.turn()
        world.turn(after=8.0)
    assert len(world.answers) == 5
    assert world.problems == ["unreachable"]
    assert [reason for reason, _ in world.left] == ["the broker cannot be reached"] * 4
    world.found()
    world.turn(Link.AUTHENTICATED)
    world.turn(JOINED)
    world.turn(Link.BROKEN)
    world.turn(after=1.0)
    world.answers[-1](AttemptFailed(events.Part.SERVER, "unreachable", "Nobody there.", retry=True))
    world.turn()
    assert world.problems == ["unreachable"] * 2  # a new trouble


def test_a_changed_key_after_a_failed_handshake_ends_all(world: World) -> None:
    # Would catch a client that goes on knocking at somebody else's door.
    world.connect()
    world.found()
    world.turn(Link.BROKEN)  # the handshake: another key, or the broker has just closed
    assert world.left[-1][1] is not None
    world.turn(after=1.0)
    world.answers[-1](AttemptFailed(events.Part.SERVER, "key_changed", "STOP."))
    world.turn()
    assert world.problems == ["key_changed"]
    assert world.left[-1] == ("could not connect", None)
    world.turn(after=600.0)
    assert len(world.answers) == 2


def test_a_failed_handshake_without_a_banner_is_tried_again(world: World) -> None:
    world.connect()
    for _ in range(3):
        world.found()  # a broker whose key is known may do without a banner
        world.turn(Link.BROKEN)
        world.turn(after=2.0)
    assert len(world.answers) == 4
    assert world.known == [None, *[world.network._connection._keys] * 3]  # and the phrase is not stretched again
    assert world.wire.identities == 1


def test_an_answer_of_an_attempt_that_was_called_off_changes_nothing(world: World) -> None:
    world.connect()
    world.do(commands.Disconnect())
    world.found(room_keys())
    assert world.wire.opened == []
    assert world.left == [("you have left", None)]


def test_a_broker_that_lets_nobody_in_is_given_up_in_time(world: World) -> None:
    world.connect()
    world.found()
    world.turn(Link.AUTHENTICATED)
    world.turn(after=7.9)
    assert world.left == []
    world.turn(after=0.2)
    assert world.left[0][0] == "the broker did not answer in time"
    assert not world.wire.linked


@pytest.mark.parametrize(("compared", "pin"), [(BROKER_KEY, BROKER_KEY), (None, bytes(32))])
def test_a_pin_is_replaced_only_by_the_key_that_was_compared(world: World, compared: bytes | None, pin: bytes) -> None:
    # Would catch a pin that any broker replaces, and one that outlives the user's comparing.
    world.store.set_pin("chat.example:9090", bytes(32))
    world.do(commands.Connect(str(INVITE), "Ann", "", compared_key=compared))
    world.found()
    assert world.store.pin("chat.example:9090") == bytes(32)  # nothing is proved yet
    world.turn(Link.AUTHENTICATED)
    world.turn(JOINED)
    assert world.store.pin("chat.example:9090") == pin


def test_what_has_changed_is_told_between_the_problem_and_the_end(world: World) -> None:
    # Would catch a window that has nothing to show but a sentence, or shows it before it knows that all is over.
    changed = events.BrokerChanged("h:9090", "a-b-c-d", "e-f-g-h", bytes(32), events.Clash.BROKER_AND_PIN)
    world.connect()
    world.answers[-1](KeyChanged(changed, "STOP."))
    world.turn()
    assert [type(event) for event in world.told[-3:]] == [events.ProblemReported, events.BrokerChanged, events.RoomLeft]
    assert world.told[-2] == changed


def test_another_room_key_begins_another_session(world: World) -> None:
    # A broker without a pin came back with another key: the phrase makes another room.
    world.connect()
    world.found(room_keys())
    world.network.submit(commands.SendText("hello"))
    world.turn(Link.BROKEN)
    world.turn(after=1.0)
    world.network._reported(events.SpeakerChanged(on=True))
    world.found(room_keys("another"))
    world.turn(Link.AUTHENTICATED)
    world.turn(JOINED)
    assert messages.Listen(on=True) in world.wire.sent


# --- refusals -----------------------------------------------------------------------------------------------


def test_a_refused_join_waits_as_long_as_the_broker_said_or_ends(world: World) -> None:
    world.connect()
    world.found()
    world.turn(Link.AUTHENTICATED)
    world.turn(messages.Refused("join", "room_full", "The room is full.", 5_000))
    assert world.left == [("the broker refused", 5.0)]
    assert world.problems == ["refused_room_full"]
    world.turn(after=4.9)
    assert len(world.answers) == 1
    world.turn(after=0.2)
    assert len(world.answers) == 2
    world.found()
    world.turn(Link.AUTHENTICATED)
    world.turn(messages.Refused("join", "banned", "Not you.", 0))
    assert world.left[-1] == ("the broker refused", None)
    world.turn(after=600.0)
    assert len(world.answers) == 2


def test_no_broker_puts_a_client_off_for_more_than_a_minute(world: World) -> None:
    world.join()
    world.turn(messages.Closing(limits.MAX_INTEGER))
    assert world.left == [("the broker is stopping", 60.0)]


def test_closing_with_a_wait(world: World) -> None:
    world.join()
    world.turn(messages.Closing(1_000))
    assert world.left == [("the broker is stopping", 1.0)]
    assert not world.wire.linked
    world.turn(after=1.1)
    world.found()
    world.turn(Link.AUTHENTICATED)
    world.turn(JOINED)
    assert world.of(events.RoomJoined)[-1].again
    assert world.stats["reconnects"] == 1


def test_a_broker_that_has_forgotten_me_is_joined_anew(world: World) -> None:
    world.join()
    world.turn(messages.Refused("ping", "not_joined", "Join first.", 0))
    assert world.left[0][0] == "the broker does not know this client any more"
    world.turn(after=0.3)
    assert len(world.answers) == 2


def test_other_refusals_end_no_stay(world: World) -> None:
    world.join()
    world.turn(messages.Refused("listen", "too_fast", "Wait.", 100))
    assert world.left == []
    assert world.problems == ["refused_too_fast"]


# --- faults -------------------------------------------------------------------------------------------------


def test_a_silent_broker_is_left(world: World) -> None:
    world.join()
    world.turn(after=5.9)
    assert world.left == []
    world.turn(after=0.2)
    assert world.left[0][0] == "the broker has fallen silent"


def test_a_fault_drops_the_link_is_told_once_and_tried_again(world: World) -> None:
    # Would catch a window that dies with its network thread, and one that is told ten times a second.
    world.join()
    for _ in range(3):
        world.turn(ValueError("a mistake of ours"))
    assert world.problems == ["internal"]
    assert world.left[0][0] == "a fault inside this program"
    assert world.slept == pytest.approx(0.3)
    assert not world.wire.linked
    world.turn(after=2.0)
    world.found()
    world.turn(Link.AUTHENTICATED)
    world.turn(JOINED)
    assert len(world.of(events.RoomJoined)) == 2
    world.turn(ValueError("another"))
    assert world.problems == ["internal"] * 2


def test_a_command_that_is_none_is_a_fault_and_those_behind_it_are_obeyed(world: World) -> None:
    world.network.submit("nonsense")  # type: ignore[arg-type]
    world.network.submit(commands.AskStats())
    world.turn()
    world.turn()
    assert world.problems == ["internal"]
    assert world.left == []  # in no room before, in none now
    assert len(world.of(events.StatsReported)) == 1


def test_lines_that_cannot_be_sent_are_told(world: World) -> None:
    world.do(commands.SendText("too early"))
    assert world.problems == ["not_connected"]
    world.do(commands.MarkSeen("00" * 16))  # of another room, perhaps
    world.connect()
    for number in range(102):
        world.do(commands.SendText(f"early {number}"))
    assert world.problems == ["not_connected"] * 3
    world.found()
    assert len(world.of(events.TextQueued)) == 100
    for text in (" ", "x" * (limits.TEXT_BYTES + 1)):
        world.do(commands.SendText(text))
    assert world.problems[3:] == ["empty_text", "too_long"]


# --- voice --------------------------------------------------------------------------------------------------


def test_voice_is_told_how_many_lanes_stand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(VoiceEngine, "set_lanes", lambda _self, up, down: told.append((up, down)))
    world.join()
    for standing in [(1, 0), (1, 1), (1, 1), (4, 3)]:
        world.wire.lanes_standing = standing
        world.turn()
    assert told == [(1, 1), (4, 3)]


def test_deaf_voice_is_reopened_and_told_when_that_does_not_help(world: World) -> None:
    world.join()
    world.wire.voice_standing = world.now
    frames = 0
    for _ in range(20):
        frames += 75
        stamp = int((world.now + 0.75) * 1_000_000)
        world.turn(messages.Pong(stamp, 0, frames), after=0.75)
    assert world.wire.reopened >= 3
    assert world.problems == ["voice_unreachable"]
    assert world.left == []
    world.turn(Link.DEAF)
    assert world.problems == ["voice_unreachable"] * 2
    before = world.wire.reopened
    world.turn(messages.Resubscribe())
    assert world.wire.reopened == before + 1


def test_who_talks_is_told_only_of_people(world: World) -> None:
    world.network._report(TalkHeard(b"??", on=True))
    world.join()
    world.network._report(TalkHeard(b"??", on=True))
    world.turn()
    assert world.of(events.TalkingChanged) == []


def test_whoever_holds_the_key_all_are_told(world: World) -> None:
    # Mistake: `ctl talk on`, and a window that says that nobody hears.
    world.do(commands.HoldToTalk(True))
    world.do(commands.HoldToTalk(False))
    assert world.of(events.HoldChanged) == [events.HoldChanged(True), events.HoldChanged(False)]


# --- sleep and networks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("news", [News.SLEPT, News.MOVED])
def test_sleep_and_another_network_end_a_stay_and_begin_it_at_once(world: World, news: News) -> None:
    world.join()
    world.changes.append(news)
    world.turn()
    assert ("slept" if news is News.SLEPT else "way to the broker") in world.left[0][0]
    assert len(world.answers) == 2  # in the same turn
    assert not world.wire.linked


def test_what_waits_is_brought_forward_but_not_before_the_broker_said(world: World) -> None:
    world.join()
    world.turn(messages.Closing(5_000))
    world.changes += [News.BACK, News.MOVED]
    world.turn(after=0.1)
    world.turn(after=0.1)
    assert len(world.answers) == 1
    world.turn(after=4.9)
    assert len(world.answers) == 2
    for _ in range(6):
        world.answers[-1](AttemptFailed(events.Part.SERVER, "unreachable", "Nobody there.", retry=True))
        world.turn()
        world.changes.append(News.BACK)
        world.turn(after=0.01)
    assert len(world.answers) == 8


def test_a_way_that_is_back_ends_no_stay_and_no_room_no_attempt(world: World) -> None:
    world.changes.append(News.SLEPT)
    world.turn()
    assert world.left == []
    world.join()
    world.changes.append(News.BACK)
    world.turn()
    assert world.left == []


def test_an_approach_under_way_is_begun_anew_after_a_move(world: World) -> None:
    world.connect()
    world.changes.append(News.MOVED)
    world.turn()
    world.answers[0](AttemptFailed(events.Part.SERVER, "unreachable", "Over the old network.", retry=True))
    world.turn()
    assert world.problems == []
    assert len(world.answers) == 2


# --- the end ------------------------------------------------------------------------------------------------


def test_the_thread_ends_with_everything_closed(world: World) -> None:
    for command in (commands.SetMicrophone(on=False), commands.SetSpeaker(on=False), commands.Quit()):
        world.network.submit(command)
    world.network.start()
    world.network.join(30)
    assert not world.network.is_alive()
    assert world.wire.closed
    while not isinstance(world.network.events.get(timeout=30), events.SessionEnded):
        pass


# --- the local log ------------------------------------------------------------------------------------------


def test_kept_lines_come_before_the_broker_is_found(world: World) -> None:
    # Would catch a history that needs a connection, or one that is shown again once there is one.
    world.join()
    world.do(commands.SendText("kept"))
    sent = [message for message in world.wire.sent if isinstance(message, messages.Post)]
    world.turn(messages.Accepted(messages.post_id(sent[0].token), 1, 0))
    world.do(commands.Disconnect())
    world.told.clear()
    world.connect()
    world.answers[-1](room_keys("a room for tests"))
    world.turn()
    world.turn()
    (line,) = world.of(events.TextReceived)
    assert (line.text, line.late) == ("kept", True)
    session = world.network._connection.session
    world.answers[-1](AttemptFailed(events.Part.SERVER, "unreachable", "Nobody is there.", retry=True))
    world.turn()
    assert world.network._connection.session is session
    world.turn(after=60.0)
    assert world.known[-1] is not None  # stretched once


def test_search_and_export_need_a_room_and_a_log(world: World, tmp_path: Path) -> None:
    path = str(tmp_path / "out")
    world.do(commands.SearchLog("words"))
    world.do(commands.ExportLog(path))
    assert world.problems == ["not_connected"] * 2
    world.join()
    world.do(commands.SearchLog("words"))
    world.do(commands.ExportLog(path))
    while len(world.of(events.LogExported)) < 1:
        world.turn()
    assert world.of(events.LogSearched) == [events.LogSearched("words", (), more=False)]
    world.do(commands.ExportLog(path))
    assert world.problems[-1] == "not_exported"  # the file is there already
    world.network = Network(world.store, microphone="none", speaker="none", habits=Habits(keep_log=False))
    world.wire = Wire.last
    world.do(commands.SearchLog("words"))
    assert world.problems[-1] == "no_log"


def test_habits_can_be_changed_while_one_is_in_a_room(world: World) -> None:
    # would catch: a switch in the settings that holds only after a restart
    world.do(commands.SetReceipts(on=False))  # in no room yet
    world.join()
    session = world.network._connection.session
    assert session is not None
    told = [session._receipts._tell]
    world.do(commands.SetReceipts(on=True))
    assert [*told, session._receipts._tell] == [False, True]
    world.do(commands.SetKeepLog(on=False))
    world.do(commands.SearchLog("words"))
    assert world.problems[-1] == "no_log"


def test_without_a_working_log_people_can_talk(world: World, tmp_path: Path) -> None:
    (tmp_path / "log.sqlite3").write_bytes(b"no database at all" * 100)
    world.join()
    assert world.problems == ["log_failed"]
    world.do(commands.SendText("all the same"))
    assert any(isinstance(message, messages.Post) for message in world.wire.sent)
