"""The state folder: private, held by one process, right after any crash, and clear about what it cannot read."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from client.database import StateUnusable
from client.queued_post import QueuedPost
from client.store import Store
from client.tuning import Tuning
from common.errors import StateLocked

ROOM, OTHER_ROOM = b"r" * 16, b"o" * 16


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    opened = Store(folder)
    yield opened
    opened.close()


def seal(counter: int) -> bytes:
    return b"token %d" % counter


# --- what is remembered -------------------------------------------------------------------------------------


def test_the_device_secret_is_made_once(folder: Path) -> None:
    store = Store(folder, random_bytes=lambda size: b"s" * size)
    assert store.device_secret() == b"s" * 32
    store.close()
    again = Store(folder, random_bytes=lambda size: b"t" * size)
    assert again.device_secret() == b"s" * 32
    again.close()


def test_pins_stay_until_they_are_forgotten(store: Store) -> None:
    assert store.pin("host:9090") is None
    store.set_pin("host:9090", b"a" * 32)
    store.set_pin("host:9090", b"b" * 32)  # a changed key must not slip in behind the check
    assert store.pin("host:9090") == b"a" * 32
    assert store.pin("HOST:9090") == b"a" * 32  # or a capital letter would make a broker unknown
    assert store.pin("host:9091") is None
    store.replace_pin("Host:9090", b"c" * 32)
    assert store.pin("host:9090") == b"c" * 32
    assert store.forget_pin("Host:9090")
    assert not store.forget_pin("host:9090")
    assert store.pin("host:9090") is None


def test_volumes_are_remembered_by_device_over_restarts(folder: Path) -> None:
    # would catch: a volume that is kept for a name, or for a run
    ann, bob = bytes([1]) * 32, bytes([2]) * 32
    store = Store(folder)
    assert store.tuning(ann) == Tuning()
    store.keep_tuning(ann, Tuning(-6.0, muted=True))
    store.keep_tuning(bob, Tuning(3.0))
    store.keep_tuning(bob, Tuning())
    store.close()
    store = Store(folder)
    assert (store.tuning(ann), store.tuning(bob)) == (Tuning(-6.0, muted=True), Tuning())
    store.close()


def test_a_folder_of_the_first_version_keeps_everything(folder: Path) -> None:
    # would catch: an update after which the device is another one, or the outbox empty
    store = Store(folder)
    secret = store.device_secret()
    store.set_pin("chat.example:9090", bytes(32))
    store.outbox(ROOM).queue(lambda _: b"waiting")
    store.close()
    written(folder / "state.sqlite3", "DROP TABLE person; PRAGMA user_version = 1")
    store = Store(folder)
    assert store.device_secret() == secret
    assert store.pin("chat.example:9090") == bytes(32)
    assert [post.token for post in store.outbox(ROOM).waiting()] == [b"waiting"]
    store.keep_tuning(bytes(32), Tuning(1.0))
    assert store.tuning(bytes(32)) == Tuning(1.0)
    store.close()


def test_counters_rise_by_one_in_each_room(store: Store) -> None:
    outbox = store.outbox(ROOM)
    assert [outbox.queue(seal) for _ in range(3)] == [QueuedPost(n, seal(n)) for n in (1, 2, 3)]
    assert store.outbox(OTHER_ROOM).queue(seal).counter == 1
    outbox.forget(2)
    assert [post.counter for post in outbox.waiting()] == [1, 3]
    assert [post.counter for post in store.outbox(OTHER_ROOM).waiting()] == [1]
    for counter in (1, 3):
        outbox.forget(counter)
    assert outbox.queue(seal).counter == 4  # an empty outbox is no reason to begin again


def test_counters_can_be_skipped_but_never_come_back(store: Store) -> None:
    outbox = store.outbox(ROOM)
    outbox.skip_to(5)
    outbox.skip_to(3)
    assert outbox.queue(seal).counter == 5
    outbox.skip_to(6)
    assert outbox.queue(seal).counter == 6


def test_what_cannot_be_sealed_takes_no_counter(store: Store) -> None:
    def fail(_counter: int) -> bytes:
        raise ValueError("cannot be sealed")

    outbox = store.outbox(ROOM)
    with pytest.raises(ValueError, match="cannot be sealed"):
        outbox.queue(fail)
    assert outbox.waiting() == []
    assert outbox.queue(seal).counter == 1  # a hole would look as if the broker had dropped a line


# --- who may look -------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="permissions of Unix")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_nobody_else_may_read(folder: Path, umask: int) -> None:
    folder.parent.mkdir()
    before = os.umask(umask)
    try:
        store = Store(folder)
        store.outbox(ROOM).queue(seal)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "state.sqlite3-wal" in modes
    assert set(modes.values()) == {0o600}, modes


@pytest.mark.skipif(os.name == "nt", reason="permissions of Unix")
def test_files_that_were_opened_up_are_closed_again_and_a_foreign_folder_is_left_alone(folder: Path) -> None:
    Store(folder).close()
    folder.chmod(0o755)  # the person's own folder, named by --state-dir
    (folder / "state.sqlite3").chmod(0o644)
    Store(folder).close()
    assert stat.S_IMODE((folder / "state.sqlite3").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


# --- one process at a time ----------------------------------------------------------------------------------


def test_a_second_opener_in_this_process_is_turned_away_too(folder: Path) -> None:
    store = Store(folder)
    with pytest.raises(StateLocked, match="--state-dir"):
        Store(folder)
    store.close()
    Store(folder).close()


# --- folders that cannot be used ----------------------------------------------------------------------------


def written(file: Path, statements: str) -> None:
    database = sqlite3.connect(file)
    database.executescript(statements)
    database.close()


def _garbage(folder: Path) -> None:
    (folder / "state.sqlite3").write_bytes(b"this is not a database " * 100)


def _newer(folder: Path) -> None:
    Store(folder).close()
    written(folder / "state.sqlite3", "PRAGMA user_version = 3")


def _foreign(folder: Path) -> None:
    written(folder / "state.sqlite3", "CREATE TABLE device (something TEXT)")


def _foreign_of_our_version(folder: Path) -> None:
    written(folder / "state.sqlite3", "PRAGMA user_version = 2")


def _without_its_secret(folder: Path) -> None:
    Store(folder).close()
    written(folder / "state.sqlite3", "DELETE FROM device")


def _folder_for_a_file(folder: Path) -> None:
    (folder / "state.sqlite3").mkdir()


def _garbage_for_a_lock(folder: Path) -> None:
    (folder / "lock.sqlite3").write_bytes(b"this is not a database " * 100)


def _link_to_nowhere(folder: Path) -> None:
    (folder / "state.sqlite3").symlink_to(folder / "gone" / "file")


def _cut_short(folder: Path) -> None:
    Store(folder).close()
    file = folder / "state.sqlite3"
    file.write_bytes(file.read_bytes()[:5_000])


@pytest.mark.parametrize(
    "break_it",
    [
        _garbage,
        _newer,
        _foreign,
        _foreign_of_our_version,
        _without_its_secret,
        _folder_for_a_file,
        _garbage_for_a_lock,
        _cut_short,
        _link_to_nowhere,
    ],
)
def test_broken_folders_are_told_in_a_sentence_and_let_go(folder: Path, break_it: Callable[[Path], None]) -> None:
    folder.mkdir(parents=True)
    break_it(folder)
    for _ in range(2):  # the first attempt must not leave a lock behind
        with pytest.raises(StateUnusable) as unusable:
            Store(folder)
        assert str(folder) in str(unusable.value)
        assert "--state-dir" in str(unusable.value)
        assert "\n" not in str(unusable.value)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "state"):
        with pytest.raises(StateUnusable, match="cannot be used"):
            Store(folder)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is read-only for the administrator")
def test_a_read_only_folder(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    with pytest.raises(StateUnusable, match="cannot be used"):
        Store(folder)


def test_a_disk_that_fills_up_changes_nothing(store: Store) -> None:
    outbox = store.outbox(ROOM)
    outbox.queue(seal)
    (pages,) = store._database.run("PRAGMA page_count")[0]
    store._database.run(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StateUnusable, match="full"):
        outbox.queue(lambda _counter: bytes(100_000))
    assert [post.counter for post in outbox.waiting()] == [1]
    assert outbox.queue(seal).counter == 2


def test_a_closed_store_says_so_and_can_be_closed_again(folder: Path) -> None:
    store = Store(folder)
    store.close()
    store.close()
    with pytest.raises(StateUnusable):
        store.pin("host:9090")


@pytest.mark.parametrize("torn", [False, True])
def test_damaged_lines_are_set_aside_and_nothing_else_is(folder: Path, torn: bool) -> None:
    # Mistake: a log that is damaged stays so for good, or its user is told to move the device key away with it.
    with closing(Store(folder)) as store:
        secret = store.device_secret()
        store.log(ROOM).begin(bytes(16))
    path = folder / "log.sqlite3"
    whole = path.read_bytes()
    damaged = whole[:100] + os.urandom(len(whole) - 100) if torn else os.urandom(5_000)
    path.write_bytes(damaged)
    (folder / "log.sqlite3-wal").write_bytes(b"of the old file")
    with closing(Store(folder)) as store:
        assert store.take_notes() == []
        assert store.log(ROOM).latest() is None
        [note] = store.take_notes()
        assert "log.sqlite3.broken" in note
        assert "move it away" not in note
        assert store.take_notes() == []
        assert store.device_secret() == secret
    assert (folder / "log.sqlite3.broken").read_bytes() == damaged
    with closing(Store(folder)) as store:
        store.log(ROOM)
        assert store.take_notes() == []
