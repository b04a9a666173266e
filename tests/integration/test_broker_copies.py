from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from broker import backups, keypair
from broker.backups import back_up, restore
from broker.engine.database import SqliteDatabase
from broker.engine.embedded import FILE
from broker.engine.ledger import SCHEMA_VERSION, Keep, Ledger, NewPost, RoomState
from broker.keypair import KEY_FILE, FolderLock, load_or_make
from common.errors import BadBackup, BadSetting, StateLocked
from common.messages import post_id
from common.words import broker_words

ROOMS = (b"r" * 16, b"s" * 16)


def ledger_of(folder: Path) -> Ledger:
    return Ledger(SqliteDatabase(folder / FILE), Keep())


def say(ledger: Ledger, *texts: str, room: bytes = ROOMS[0]) -> None:
    tokens = [text.encode() for text in texts]
    ledger.append([NewPost(0, room, room, post_id(token), token) for token in tokens], 1_000)


def read(folder: Path, room: bytes = ROOMS[0]) -> list[str]:
    with closing(ledger_of(folder)) as ledger:
        return [post.token.decode() for post in ledger.page(0, room, 0, None, 500).posts]


def states(folder: Path) -> list[RoomState]:
    with closing(ledger_of(folder)) as ledger:
        return ledger.rooms()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of a broker that keeps four posts of two rooms."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    load_or_make(folder)
    with closing(ledger_of(folder)) as ledger:
        say(ledger, "one", "two", "three")
        say(ledger, "elsewhere", room=ROOMS[1])
    return folder


@pytest.fixture
def backup(data: Path, tmp_path: Path) -> Path:
    back_up(data, tmp_path / "backup")
    return tmp_path / "backup"


def alter(backup: Path, statement: str) -> None:
    with closing(sqlite3.connect(backup)) as opened:
        opened.execute(statement)
        opened.commit()


def test_there_and_back(data: Path, tmp_path: Path) -> None:
    # Would catch a post that is missing, another broker's key, and numbers that go on under the old log id.
    backup, fresh = tmp_path / "backup", tmp_path / "new" / "data"
    said = back_up(data, backup)
    assert said.startswith("Backed up 4 posts of 2 rooms (")
    assert "secret" in said
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]
    said = restore(fresh, backup)
    assert said.startswith("Restored 4 posts of 2 rooms into ")
    assert "before" not in said
    pair = load_or_make(data)
    assert load_or_make(fresh) == pair
    assert broker_words(pair.public) in said
    assert sorted(path.name for path in fresh.iterdir()) == [KEY_FILE, "broker.lock", FILE]
    assert {stat.S_IMODE((fresh / name).stat().st_mode) for name in (KEY_FILE, FILE)} == {0o600}
    assert (read(fresh), read(fresh, ROOMS[1])) == (["one", "two", "three"], ["elsewhere"])
    before, after = states(data), states(fresh)
    assert len({state.log_id for state in (*before, *after)}) == 4
    assert {len(state.log_id) for state in after} == {16}
    assert [(state.newest_seq, state.posts, state.bytes) for state in before] == [
        (state.newest_seq, state.posts, state.bytes) for state in after
    ]
    assert pair.secret in backup.read_bytes()
    assert pair.secret not in (fresh / FILE).read_bytes()


def test_a_backup_of_what_is_being_written(data: Path, tmp_path: Path) -> None:
    # Would catch half a transaction in a backup, a post still in the log file left out, a writer that waits.
    with closing(ledger_of(data)) as ledger:
        say(ledger, "in the log file")
        opened = sqlite3.connect(data / FILE)
        with closing(opened):
            opened.execute("BEGIN IMMEDIATE")
            opened.execute("DELETE FROM post")
            assert back_up(data, tmp_path / "backup").startswith("Backed up 5 posts of 2 rooms")
            opened.execute("ROLLBACK")
        say(ledger, "afterwards")
    restore(tmp_path / "new", tmp_path / "backup")
    assert read(tmp_path / "new") == ["one", "two", "three", "in the log file"]


def test_what_was_there_is_set_aside(data: Path, backup: Path, tmp_path: Path) -> None:
    # Would catch lines that a restore deletes, and a log file that is read into another database.
    ledger = ledger_of(data)
    say(ledger, "four")
    copies = {name: (data / name).read_bytes() for name in (FILE, f"{FILE}-wal")}
    ledger.close()
    for name, content in copies.items():
        (data / name).write_bytes(content)  # as a killed broker leaves it
    said = restore(data, backup)
    assert str(data / "before-restore-1") in said
    assert read(data) == ["one", "two", "three"]
    assert read(data / "before-restore-1") == ["one", "two", "three", "four"]
    (data / FILE).write_bytes(b"not a database at all")
    (data / f"{FILE}-wal").write_bytes(b"nor this")
    assert "before-restore-2" in restore(data, backup)
    assert (data / "before-restore-2" / FILE).read_bytes() == b"not a database at all"
    (data / FILE).rename(tmp_path / "elsewhere")
    (data / f"{FILE}-wal").write_bytes(copies[f"{FILE}-wal"])
    restore(data, backup)
    assert read(data) == ["one", "two", "three"]


def test_a_restore_that_was_killed(data: Path, backup: Path, tmp_path: Path) -> None:
    # Would catch one that cannot be done again, or that is spoiled by what the first left.
    fresh = tmp_path / "new"
    fresh.mkdir()
    (fresh / backups.FRESH).write_bytes(b"half")
    (fresh / f"{backups.FRESH}-journal").write_bytes((data / FILE).read_bytes())
    restore(fresh, backup)
    assert read(fresh) == ["one", "two", "three"]
    assert not (fresh / f"{backups.FRESH}-journal").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE post SET token = x'00' WHERE seq = 2",
        "DELETE FROM post WHERE seq = 2",
        "UPDATE room SET newest_seq = 1",
        "UPDATE broker SET secret = randomblob(32)",
        "UPDATE broker SET secret = 1",
        "UPDATE broker SET secret = randomblob(5)",
        "DELETE FROM broker",
        "DROP TABLE post",
        "DROP TABLE broker",
        "PRAGMA application_id = 7",
        f"PRAGMA user_version = {SCHEMA_VERSION + 1}",
    ],
)
def test_what_is_no_whole_backup(data: Path, backup: Path, tmp_path: Path, statement: str) -> None:
    # Would catch a restore of something else, which clients would take for what was said.
    alter(backup, statement)
    FolderLock(data).close()
    untouched = {path.name: path.read_bytes() for path in data.iterdir()}
    with pytest.raises(BadBackup):
        restore(data, backup)
    assert {path.name: path.read_bytes() for path in data.iterdir()} == untouched
    with pytest.raises(BadBackup):
        restore(tmp_path / "new", backup)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["broker.lock"]


def test_flipped_bytes(backup: Path, tmp_path: Path) -> None:
    # Would catch a backup of a failing disk taken for whole: a flip is refused, or was in nothing that counts.
    whole = backup.read_bytes()
    refused = 0
    for number, at in enumerate(range(0, len(whole), 101)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        backup.write_bytes(damaged)
        fresh = tmp_path / f"new{number}"
        try:
            restore(fresh, backup)
        except BadBackup:
            refused += 1
        else:
            assert (read(fresh), read(fresh, ROOMS[1])) == (["one", "two", "three"], ["elsewhere"])
    assert refused


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"x" * 10_000])
def test_other_files(tmp_path: Path, content: bytes) -> None:
    # Would catch a traceback.
    (tmp_path / "backup").write_bytes(content)
    with pytest.raises(BadBackup):
        restore(tmp_path / "new", tmp_path / "backup")


def test_a_backup_that_cannot_be_read(tmp_path: Path) -> None:
    # Would catch a traceback.
    for source in (tmp_path / "none", tmp_path):
        with pytest.raises(BadBackup, match="cannot be copied"):
            restore(tmp_path / "new", source)


def test_another_brokers_folder(backup: Path, tmp_path: Path) -> None:
    # Would catch rooms that nobody can open any more, since their keys come from the broker's.
    other = tmp_path / "other"
    other.mkdir()
    pair = load_or_make(other)
    with pytest.raises(BadBackup, match="another broker"):
        restore(other, backup)
    assert load_or_make(other) == pair
    assert sorted(path.name for path in other.iterdir()) == [KEY_FILE, "broker.lock"]


def test_a_folder_in_use(data: Path, backup: Path) -> None:
    # Would catch a database that is taken away from under a broker.
    with FolderLock(data), pytest.raises(StateLocked):
        restore(data, backup)


def test_nothing_to_back_up(tmp_path: Path, data: Path) -> None:
    # Would catch an empty backup that is found out when it is needed.
    with pytest.raises(BadBackup, match="Nothing is kept"):
        back_up(tmp_path / "none", tmp_path / "backup")
    (data / FILE).unlink()
    with pytest.raises(BadBackup, match="Nothing is kept"):
        back_up(data, tmp_path / "backup")
    (data / FILE).write_bytes(b"not a database at all")
    with pytest.raises(BadBackup, match="No backup could be made"):
        back_up(data, tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_names_that_do_not_do(data: Path, backup: Path, tmp_path: Path) -> None:
    # Would catch an older backup that is overwritten, and a traceback.
    content = backup.read_bytes()
    with pytest.raises(BadBackup, match="exists already"):
        back_up(data, backup)
    assert backup.read_bytes() == content
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadBackup, match="exists already"):
        back_up(data, tmp_path / "link")
    with pytest.raises(BadBackup, match="cannot be written"):
        back_up(data, tmp_path / "none" / "backup")


def test_a_folder_that_cannot_be_written(data: Path, backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a traceback, and a copy that stays.
    def refuse(_: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(backups, "_set_aside", refuse)
        with pytest.raises(BadBackup, match="No space left"):
            restore(data, backup)
    assert read(data) == ["one", "two", "three"]
    assert not (data / backups.FRESH).exists()


def test_a_key_that_cannot_be_written(backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a traceback.
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    def keep(folder: Path, secret: bytes) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", refuse)
            keypair.keep(folder, secret)

    monkeypatch.setattr(backups, "keep", keep)
    with pytest.raises(BadSetting, match="No space left"):
        restore(tmp_path / "new", backup)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["broker.lock"]
