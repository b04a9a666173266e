"""Posts on disk: what was acknowledged is there, under its number, whatever is opened, pruned, full or broken."""

from __future__ import annotations

import random
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from broker.engine import embedded
from broker.engine.base import Appended, Failed, Kept, Paged
from broker.engine.database import Row, SqliteDatabase, StorageTrouble
from broker.engine.embedded import FORGET_SECONDS, EmbeddedEngine
from broker.engine.ledger import POST_OVERHEAD, Keep, Ledger, NewPost
from broker.engine.writer import Writer
from common import limits
from common.messages import post_id
from tests.fakes.engine import WALL, HeldDatabase, inline_engine
from tests.thoroughness import tries

ROOM, OTHER = b"r" * 16, b"o" * 16
DAY = 86_400


class Clock:
    def __init__(self) -> None:
        self.now = WALL

    def __call__(self) -> float:
        return self.now


def made(keep: Keep | None = None, wall: Clock | None = None) -> EmbeddedEngine:
    engine = inline_engine(random.Random(1).randbytes, keep, wall or Clock())
    assert engine.enter(ROOM, 0.0)
    return engine


def opened(path: Path, keep: Keep | None = None, tell: list[str] | None = None) -> EmbeddedEngine:
    engine = EmbeddedEngine(
        path,
        random.Random(1).randbytes,
        Clock(),
        keep=keep,
        tell=(tell if tell is not None else []).append,
        threaded=False,
    )
    assert engine.enter(ROOM, 0.0)
    return engine


def append(engine: EmbeddedEngine, token: bytes, room: bytes = ROOM) -> Appended | Failed:
    engine.append(7, room, post_id(token), token)
    (answer,) = engine.poll()
    assert isinstance(answer, Appended | Failed)
    assert answer.ticket == 7
    return answer


def page(engine: EmbeddedEngine, after: int | None, before: int | None, limit: int = 10) -> tuple[list[bytes], bool]:
    engine.page(8, ROOM, after, before, limit)
    (answer,) = engine.poll()
    assert isinstance(answer, Paged)
    assert [post.prev_seq for post in answer.posts] == [post.seq - 1 for post in answer.posts]
    return [post.token for post in answer.posts], answer.more


def all_of(engine: EmbeddedEngine) -> list[bytes]:
    return page(engine, 0, None, 1_000)[0]


# --- numbers and pages --------------------------------------------------------------------------------------


def test_posts_are_numbered_for_each_room() -> None:
    # Would catch one numbering for all rooms, and a prev_seq that is off by one.
    engine = made()
    engine.enter(OTHER, 0.0)
    assert append(engine, b"a") == Appended(7, 1, 0, again=False)
    assert append(engine, b"b") == Appended(7, 2, 1, again=False)
    assert append(engine, b"a", OTHER) == Appended(7, 1, 0, again=False)
    assert engine.span(ROOM).newest_seq == 2
    assert engine.span(ROOM).oldest_seq == 1
    assert engine.span(ROOM).log_id != engine.span(OTHER).log_id
    assert engine.kept() == Kept(2, 3, 3 * (1 + POST_OVERHEAD))
    assert engine.poll() == []


def test_a_post_sent_again_keeps_its_number() -> None:
    # Would catch a line that is shown twice after a lost acknowledgement.
    engine = made()
    append(engine, b"a")
    append(engine, b"b")
    assert append(engine, b"a") == Appended(7, 1, 0, again=True)
    assert engine.span(ROOM).newest_seq == 2


def test_pages_both_ways() -> None:
    # Would catch pages in falling order, with a post missing at the edge, or a wrong `more`.
    engine = made()
    assert page(engine, 0, None) == ([], False)
    for number in range(5):
        append(engine, b"%d" % number)
    assert page(engine, 0, None, 2) == ([b"0", b"1"], True)
    assert page(engine, 3, None, 2) == ([b"3", b"4"], False)
    assert page(engine, 5, None) == ([], False)
    assert page(engine, None, 6, 2) == ([b"3", b"4"], True)
    assert page(engine, None, 3, 2) == ([b"0", b"1"], False)
    assert page(engine, None, 0) == ([], False)


def test_pages_are_bounded_in_bytes() -> None:
    # Would catch a page that no client takes.
    engine = made()
    for number in range(20):
        append(engine, bytes([number]) * limits.TOKEN_BYTES)
    tokens, more = page(engine, 0, None, 20)
    assert more
    assert limits.PAGE_BYTES - limits.TOKEN_BYTES * 2 < sum(map(len, tokens)) <= limits.PAGE_BYTES
    newest, more = page(engine, None, 21, 20)
    assert more
    assert newest[-1][0] == 19


# --- over restarts ------------------------------------------------------------------------------------------


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "posts.sqlite3"
    first = opened(path)
    for number in range(5):
        append(first, b"%d" % number)
    span = first.span(ROOM)
    first.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    second = opened(path)
    assert second.span(ROOM) == span
    assert all_of(second) == [b"0", b"1", b"2", b"3", b"4"]
    assert append(second, b"3").again  # type: ignore[union-attr]
    assert append(second, b"5") == Appended(7, 6, 5, again=False)
    assert second.kept().posts == 6
    second.close()


def test_numbers_are_never_used_twice_under_one_log_id(tmp_path: Path) -> None:
    # Would catch a room whose posts are all too old, and that counts from 1 again while clients remember more.
    path, clock = tmp_path / "posts.sqlite3", Clock()
    engine = EmbeddedEngine(path, random.Random(1).randbytes, clock, keep=Keep(days=1), threaded=False)
    engine.enter(ROOM, 0.0)
    append(engine, b"a")
    log_id = engine.span(ROOM).log_id
    clock.now += 2 * DAY
    engine.tick(1.0)
    assert engine.poll() == []
    assert engine.span(ROOM).oldest_seq == 0
    engine.close()
    engine = EmbeddedEngine(path, random.Random(2).randbytes, clock, keep=Keep(days=1), threaded=False)
    engine.enter(ROOM, 0.0)
    assert engine.span(ROOM).log_id == log_id
    assert append(engine, b"b") == Appended(7, 2, 1, again=False)
    engine.close()


def test_a_room_without_posts_is_forgotten_in_time_and_comes_back_as_another() -> None:
    clock = Clock()
    engine = made(Keep(days=1), clock)
    append(engine, b"a")
    log_id = engine.span(ROOM).log_id
    engine.emptied(ROOM, 0.0)
    engine.tick(FORGET_SECONDS + 1)  # its post is still kept
    clock.now += 2 * DAY
    engine.tick(FORGET_SECONDS + 2)
    engine.poll()
    engine.tick(2 * FORGET_SECONDS)
    engine.enter(ROOM, 0.0)
    assert engine.span(ROOM).log_id != log_id
    assert append(engine, b"b") == Appended(7, 1, 0, again=False)


def test_a_room_where_nothing_was_said_leaves_nothing() -> None:
    engine = made()
    log_id = engine.span(ROOM).log_id
    engine.release(ROOM, engine.allot(ROOM))
    engine.emptied(ROOM, 0.0)
    engine.enter(ROOM, 0.0)
    assert engine.span(ROOM).log_id != log_id


# --- how much is kept ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [Keep(posts=3), Keep(room_bytes=3 * (1 + POST_OVERHEAD))], ids=["posts", "bytes"])
def test_a_rooms_oldest_go_first_and_nobody_elses(keep: Keep) -> None:
    engine = made(keep)
    engine.enter(OTHER, 0.0)
    append(engine, b"o", OTHER)
    for number in range(6):
        append(engine, b"%d" % number)
    assert all_of(engine) == [b"3", b"4", b"5"]
    assert engine.span(ROOM).oldest_seq == 4
    assert engine.span(OTHER).oldest_seq == 1
    assert engine.kept() == Kept(2, 4, 4 * (1 + POST_OVERHEAD))


def test_old_posts_go_a_few_at_a_time() -> None:
    # Would catch a disk that is busy for minutes, while lines wait.
    clock = Clock()
    engine = made(Keep(days=1), clock)
    for number in range(500):
        append(engine, b"%d" % number)
    clock.now += 2 * DAY
    left = []
    for second in range(4):
        engine.tick(second + 1.0)
        engine.poll()
        left.append(engine.kept().posts)
    assert left == [300, 100, 0, 0]


def test_all_rooms_are_looked_at_in_turn() -> None:
    clock = Clock()
    engine = made(Keep(days=1), clock)
    rooms = [bytes([number]) * 16 for number in range(120)]
    for room in rooms:
        engine.enter(room, 0.0)
        append(engine, b"a", room)
    clock.now += 2 * DAY
    for second in range(3):
        engine.tick(second + 1.0)
    engine.poll()
    assert engine.kept().posts == 0


def test_a_clock_that_is_set_back_costs_nothing() -> None:
    # Would catch a hole in the midst of a room, and posts that go before their time.
    clock = Clock()
    engine = made(Keep(days=1), clock)
    append(engine, b"first")
    clock.now -= 30 * DAY
    append(engine, b"second")
    clock.now += 30 * DAY
    append(engine, b"third")
    engine.tick(1.0)
    engine.poll()
    assert all_of(engine) == [b"first", b"second", b"third"]
    assert engine.span(ROOM).newest_seq == 3


def test_lines_of_any_age_are_kept_where_days_are_0() -> None:
    clock = Clock()
    engine = made(Keep(days=0), clock)
    append(engine, b"a")
    clock.now += 10_000 * DAY
    engine.tick(1.0)
    append(engine, b"b")
    assert all_of(engine) == [b"a", b"b"]


def test_new_rooms_are_refused_where_all_is_full_and_nobodys_posts_go() -> None:
    # Would catch strangers who open rooms until the history of others is gone.
    each = 1 + POST_OVERHEAD
    engine = made(Keep(total_bytes=4 * each))
    for number in range(4):
        append(engine, b"%d" % number)
    assert engine.enter(OTHER, 0.0) is None
    assert engine.enter(ROOM, 0.0) is not None
    assert append(engine, b"4") == Appended(7, 5, 4, again=False)  # who was in goes on for a while
    refused = append(engine, b"5")
    assert isinstance(refused, Failed)
    assert (refused.code, refused.retry_after) == ("full", 60_000)
    assert append(engine, b"4").again  # type: ignore[union-attr]
    assert len(all_of(engine)) == 5
    engine.emptied(ROOM, 0.0)
    assert engine.enter(ROOM, 0.0) is not None  # no new one


def test_rooms_are_bounded() -> None:
    engine = made(Keep(rooms=1))
    assert engine.enter(OTHER, 0.0) is None


# --- where the storage fails --------------------------------------------------------------------------------


class Fragile(SqliteDatabase):
    """A database whose next commits fail."""

    failing = False

    def run(self, statement: str, *values: object) -> list[Row]:
        if self.failing and (statement == "COMMIT" or statement.startswith("SELECT seq, prev_seq, token")):
            raise StorageTrouble("database or disk is full")
        return super().run(statement, *values)


def fragile(told: list[str], keep: Keep | None = None) -> tuple[EmbeddedEngine, Fragile, Clock]:
    database, clock = Fragile(Path(":memory:")), Clock()
    engine = EmbeddedEngine(
        *(Path("posts"), random.Random(1).randbytes, clock),
        keep=keep,
        tell=told.append,
        opened=lambda _: database,
        threaded=False,
    )
    engine.enter(ROOM, 0.0)
    return engine, database, clock


def test_a_full_disk_acknowledges_nothing_and_heals() -> None:
    told: list[str] = []
    engine, database, _ = fragile(told)
    append(engine, b"a")
    database.failing = True
    for token in (b"b", b"c"):
        failed = append(engine, token)
        assert isinstance(failed, Failed)
        assert (failed.code, failed.retry_after) == ("storage", 2_000)
    engine.page(8, ROOM, 0, None, 5)
    (answer,) = engine.poll()
    assert isinstance(answer, Failed)
    assert told == ["posts cannot be kept: database or disk is full"]
    assert engine.kept() == Kept(1, 1, 1 + POST_OVERHEAD, "database or disk is full")
    database.failing = False
    assert append(engine, b"c") == Appended(7, 2, 1, again=False)
    assert all_of(engine) == [b"a", b"c"]
    assert told[1:] == ["posts are kept again"]
    assert engine.kept().trouble == ""


def test_a_damaged_row_is_a_trouble_and_ends_nothing(tmp_path: Path) -> None:
    # Would catch a writer that dies of a flipped bit, so that every later line waits for ever.
    path, told = tmp_path / "posts.sqlite3", list[str]()
    engine = opened(path, tell=told)
    engine.enter(OTHER, 0.0)
    append(engine, b"a")
    append(engine, b"b", OTHER)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE post SET token = 5 WHERE room = 1")
        database.execute("UPDATE room SET newest_seq = 'many', posts = 'few' WHERE id = 1")
    database.close()
    engine.page(8, ROOM, 0, None, 5)
    assert [type(answer) for answer in engine.poll()] == [Failed]
    assert isinstance(append(engine, b"c"), Failed)
    assert told
    assert isinstance(append(engine, b"d", OTHER), Appended)
    engine.close()
    again = opened(path, tell=told)
    assert "damaged" in again.kept().trouble
    assert isinstance(append(again, b"e"), Failed)
    again.close()


def test_one_damaged_room_is_its_own_trouble() -> None:
    # Would catch a commit of many rooms that fails for all of them, again and again.
    database = SqliteDatabase(Path(":memory:"))
    ledger = Ledger(database, Keep())
    writer = Writer(ledger, Clock(), lambda _: None)
    writer.work([new_post(1, ROOM, b"a"), new_post(2, OTHER, b"b")])
    database.run("UPDATE room SET newest_seq = 'many' WHERE room_id = ?", ROOM)
    answers = {
        answer.ticket: type(answer)
        for answer in writer.work([new_post(3, ROOM, b"c"), new_post(4, OTHER, b"d"), new_post(5, ROOM, b"e")]).answers
    }
    assert answers == {3: Failed, 4: Appended, 5: Failed}


def new_post(ticket: int, room: bytes, token: bytes) -> NewPost:
    return NewPost(ticket, room, room, post_id(token), token)


def test_a_room_that_could_not_be_forgotten_begins_anew_all_the_same() -> None:
    # Would catch numbers of the old log that go on under the id of the new one.
    told: list[str] = []
    engine, database, clock = fragile(told, Keep(days=1))
    append(engine, b"a")
    engine.emptied(ROOM, 0.0)
    clock.now += 2 * DAY
    engine.tick(1.0)
    engine.poll()
    database.failing = True
    engine.tick(FORGET_SECONDS + 100)
    database.failing = False
    engine.enter(ROOM, 0.0)
    assert append(engine, b"b") == Appended(7, 1, 0, again=False)


def test_a_restart_forgets_no_room_before_its_time(tmp_path: Path) -> None:
    # Would catch a machine that is up for days, and whose rooms begin anew with each start of the broker.
    path, clock = tmp_path / "posts.sqlite3", Clock()
    first = EmbeddedEngine(path, random.Random(1).randbytes, clock, keep=Keep(days=1), threaded=False)
    first.enter(ROOM, 0.0)
    append(first, b"a")
    log_id = first.span(ROOM).log_id
    clock.now += 2 * DAY
    first.tick(1.0)
    first.poll()
    first.close()
    second = EmbeddedEngine(path, random.Random(2).randbytes, clock, keep=Keep(days=1), threaded=False)
    second.tick(10 * FORGET_SECONDS)
    second.enter(ROOM, 0.0)
    assert second.span(ROOM).log_id == log_id
    second.close()


def test_pages_wait_for_posts_and_not_the_other_way() -> None:
    # Would catch a line that waits until hundreds of pages were read for somebody else.
    database, woken = HeldDatabase(Path(":memory:")), threading.Semaphore(0)
    engine = EmbeddedEngine(Path("posts"), random.Random(1).randbytes, Clock(), opened=lambda _: database)
    engine.wake_by(woken.release)
    engine.enter(ROOM, 0.0)
    database.go.clear()
    engine.append(0, ROOM, post_id(b"first"), b"first")
    for ticket in range(1, 21):
        engine.page(ticket, ROOM, 0, None, 10)
    engine.append(21, ROOM, post_id(b"behind"), b"behind")
    database.go.set()
    order: list[int] = []
    while len(order) < 22:
        assert woken.acquire(timeout=30)
        order += [answer.ticket for answer in engine.poll()]
    assert order.index(21) <= 9
    engine.close()


def test_pruning_that_fails_is_told_and_tried_again() -> None:
    told: list[str] = []
    engine, database, clock = fragile(told, Keep(days=1))
    append(engine, b"a")
    clock.now += 2 * DAY
    database.failing = True
    engine.tick(1.0)
    assert told
    assert engine.kept().posts == 1
    database.failing = False
    engine.tick(2.0)
    engine.poll()
    assert engine.kept().posts == 0


def not_ours(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE recipe (name TEXT)")
    database.close()


def newer(path: Path) -> None:
    opened(path).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (not_ours, "another program"),
        (newer, "newer version"),
        (
            lambda path: path.write_bytes(b"no database at all, but long enough to be taken for one" * 40),
            "not a database",
        ),
        (lambda path: path.mkdir(), "cannot be opened"),
    ],
    ids=["not ours", "newer", "garbage", "a folder"],
)
def test_a_file_that_cannot_be_used_is_left_alone_and_rooms_go_on(tmp_path: Path, spoil: object, why: str) -> None:
    path, told = tmp_path / "posts.sqlite3", list[str]()
    assert callable(spoil)
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""
    engine = opened(path, tell=told)
    assert why in told[0]
    assert why in engine.kept().trouble
    assert engine.enter(OTHER, 0.0) is not None
    failed = append(engine, b"a")
    assert isinstance(failed, Failed)
    assert failed.code == "storage"
    engine.page(8, ROOM, 0, None, 5)
    (answer,) = engine.poll()
    assert isinstance(answer, Failed)
    engine.tick(1.0)
    engine.close()
    assert not before or path.read_bytes() == before


# --- the thread ---------------------------------------------------------------------------------------------


def test_what_waits_while_a_disk_is_slow_goes_by_one_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a broker that waits for its disk, and one that waits for it once for each line.
    monkeypatch.setattr(embedded, "_WAITING", 60)
    database, woken = HeldDatabase(Path(":memory:")), threading.Semaphore(0)
    engine = EmbeddedEngine(Path("posts"), random.Random(1).randbytes, Clock(), opened=lambda _: database)
    engine.wake_by(woken.release)
    engine.enter(ROOM, 0.0)
    database.go.clear()
    already = database.commits
    for number in range(70):
        engine.append(number, ROOM, post_id(b"%d" % number), b"%d" % number)
    busy = engine.poll()  # at once, though the disk stands still
    assert [answer.ticket for answer in busy] == list(range(60, 70))
    assert all(isinstance(answer, Failed) and answer.code == "busy" for answer in busy)
    database.go.set()
    kept: list[int] = []
    while len(kept) < 60:
        assert woken.acquire(timeout=30)
        kept += [answer.ticket for answer in engine.poll() if isinstance(answer, Appended)]
    assert kept == list(range(60))
    assert database.commits - already <= 2
    engine.append(70, ROOM, post_id(b"last"), b"last")
    engine.close()  # what was begun is finished
    assert [answer.ticket for answer in engine.poll()] == [70]


# --- any order ----------------------------------------------------------------------------------------------


class AnyOrder(RuleBasedStateMachine):
    """Against a list for each room: posts, resends, restarts, pruning."""

    def __init__(self) -> None:
        super().__init__()
        self.names = (ROOM, OTHER)
        self.random = random.Random(3)
        self.path = Path(":memory:")
        self.database = SqliteDatabase(self.path)
        self.said: dict[bytes, list[bytes]] = {room: [] for room in self.names}
        self.open()

    def open(self) -> None:
        class Kept(SqliteDatabase):
            def __init__(self, same: SqliteDatabase) -> None:
                self._connection = same._connection

            def close(self) -> None:
                """The file outlives its broker."""

        self.engine = EmbeddedEngine(
            self.path,
            self.random.randbytes,
            Clock(),
            keep=Keep(posts=7),
            opened=lambda _: Kept(self.database),
            threaded=False,
        )
        for room in self.names:
            self.engine.enter(room, 0.0)

    @rule(room=st.sampled_from((ROOM, OTHER)))
    def say(self, room: bytes) -> None:
        said = self.said[room]
        token = b"%d" % len(said)
        assert append(self.engine, token, room) == Appended(7, len(said) + 1, len(said), again=False)
        said.append(token)

    @precondition(lambda self: self.said[ROOM])
    @rule(back=st.integers(1, 12))
    def say_again(self, back: int) -> None:
        said = self.said[ROOM]
        token = said[-min(back, len(said))]
        answer = append(self.engine, token)
        assert isinstance(answer, Appended)
        known = back <= 7 or len(said) <= 7
        assert answer.again == known
        if known:
            assert answer.seq == len(said) - min(back, len(said)) + 1
        else:
            said.append(token)

    @rule()
    def restart(self) -> None:
        self.engine.close()
        self.open()

    @invariant()
    def all_is_there(self) -> None:
        said = self.said[ROOM]
        assert all_of(self.engine) == said[-7:]
        assert self.engine.span(ROOM).newest_seq == len(said)
        assert self.engine.kept().posts == sum(min(7, len(each)) for each in self.said.values())


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=tries(40), stateful_step_count=25)
