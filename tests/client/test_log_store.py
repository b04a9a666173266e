"""The local log on disk: private, whole turns or nothing of them, rooms apart, and bounded."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.database import StateUnusable
from client.log import Begun, LogLine, Marks, Sighting
from client.log_store import LogFile, RoomLog

ROOM, OTHER_ROOM = b"r" * 16, b"o" * 16
LOG, OTHER_LOG = b"L" * 16, b"M" * 16


@pytest.fixture
def file(tmp_path: Path) -> Iterator[LogFile]:
    opened = LogFile(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def room(file: LogFile) -> RoomLog:
    room = file.room(ROOM)
    room.begin(LOG)
    return room


def marks(body: int, counter: int | None = None) -> Marks:
    return Marks(body.to_bytes(16, "big"), (body if counter is None else counter).to_bytes(16, "little"))


def add(room: RoomLog, *numbers: int, epoch: int = 0) -> None:
    for number in numbers:
        room.add(LogLine(epoch, number, b"token %d" % number, copied=False), marks(epoch * 10_000 + number))


def seqs(lines: list[LogLine]) -> list[tuple[int, int]]:
    return [(line.epoch, line.seq) for line in lines]


def test_lines_come_back_in_order_and_in_slices(room: RoomLog) -> None:
    add(room, 3, 1, 2)
    room.begin(OTHER_LOG)
    add(room, 1, 2, epoch=1)
    assert seqs(room.before(None, 10)) == [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2)]
    newest = room.before(None, 2)
    assert seqs(newest) == [(1, 1), (1, 2)]
    assert seqs(room.before(newest[0], 2)) == [(0, 2), (0, 3)]
    assert newest[0].token == b"token 1"


def test_two_lines_under_one_number_are_both_there(room: RoomLog) -> None:
    # A broker may number two posts alike; a slice that ends between them must lose neither.
    room.add(LogLine(0, 7, b"a", copied=False), marks(1))
    room.add(LogLine(0, 7, b"b", copied=True), marks(2))
    (second,) = room.before(None, 1)
    (first,) = room.before(second, 1)
    assert (first.token, first.copied, second.token, second.copied) == (b"a", False, b"b", True)
    assert room.before(first, 1) == []


def test_sightings(room: RoomLog) -> None:
    assert room.sight(marks(1)) is Sighting.NEW
    add(room, 1)
    assert room.sight(marks(1)) is Sighting.DOUBLE
    assert room.sight(marks(2, counter=1)) is Sighting.COPIED_DEVICE
    assert room.sight(marks(2)) is Sighting.NEW


def test_rooms_know_nothing_of_each_other(file: LogFile, room: RoomLog) -> None:
    add(room, 1)
    other = file.room(OTHER_ROOM)
    assert other.latest() is None
    assert other.begin(LOG) == Begun(0)
    assert other.sight(marks(1)) is Sighting.NEW
    assert other.before(None, 10) == []


def test_what_is_committed_stays_and_nothing_else(tmp_path: Path) -> None:
    file = LogFile(tmp_path)
    room = file.room(ROOM)
    room.begin(LOG)
    add(room, 1)
    room.note(0, b"one")
    room.commit()
    room.commit()
    add(room, 2)
    room.note(0, b"two")
    file.close()  # as a kill would
    file = LogFile(tmp_path)
    room = file.room(ROOM)
    assert room.latest() == LOG
    assert room.begin(LOG) == Begun(0, b"one")
    assert seqs(room.before(None, 10)) == [(0, 1)]
    file.close()


def test_a_log_id_that_comes_back_has_its_epoch_again(room: RoomLog) -> None:
    add(room, 1)
    assert room.begin(OTHER_LOG).epoch == 1
    assert room.latest() == OTHER_LOG
    assert room.begin(LOG).epoch == 0
    assert room.latest() == LOG


def test_invented_log_ids_do_not_fill_the_file(room: RoomLog) -> None:
    add(room, 1)
    for number in range(50):
        room.begin(number.to_bytes(16, "big"))
    room.commit()
    assert len(room._database.run("SELECT 1 FROM log")) == 2


def test_the_files_are_private(tmp_path: Path, room: RoomLog) -> None:
    add(room, 1)
    room.commit()
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} <= {"log.sqlite3", "log.sqlite3-wal", "log.sqlite3-journal"}


def test_a_file_that_is_no_database_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite3").write_bytes(b"no database" * 1_000)
    with pytest.raises(StateUnusable, match="cannot be used"):
        LogFile(tmp_path)


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    LogFile(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "log.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StateUnusable, match="newer version"):
        LogFile(tmp_path)


def test_numbers_that_went_back_leave_their_lines_where_they_are(room: RoomLog) -> None:
    add(room, 5)
    room.note(0, b"notes")
    room.retire(LOG)
    assert room.begin(LOG) == Begun(1)
    add(room, 3, epoch=1)
    assert seqs(room.before(None, 10)) == [(0, 5), (1, 3)]
    room.retire(LOG)
    assert room.begin(LOG) == Begun(2)


def test_what_was_abandoned_is_not_kept_by_whoever_comes_next(file: LogFile, room: RoomLog) -> None:
    # Would catch half a turn of a log that had failed, kept by the next session's commit.
    add(room, 1)
    room.commit()
    add(room, 2)
    room.abandon()
    room.abandon()
    later = file.room(ROOM)
    add(later, 3)
    later.commit()
    assert seqs(later.before(None, 10)) == [(0, 1), (0, 3)]


def test_a_room_has_one_draft_until_it_is_deleted(tmp_path: Path, file: LogFile, room: RoomLog) -> None:
    # mistake: a draft that outlives "delete everything", or that waits for a line to be on disk
    other = file.room(OTHER_ROOM)
    room.commit()
    room.keep_draft(b"one")
    room.keep_draft(b"two")
    other.keep_draft(b"theirs")
    assert (room.draft(), other.draft()) == (b"two", b"theirs")
    file.close()
    file = LogFile(tmp_path)
    room, other = file.room(ROOM), file.room(OTHER_ROOM)
    assert (room.draft(), other.draft()) == (b"two", b"theirs")
    room.keep_draft(b"")
    other.delete()
    assert (room.draft(), other.draft()) == (b"", b"")
    room.keep_draft(b"three")
    file.delete_all()
    assert room.draft() == b""
    file.close()
    assert not any(b"three" in path.read_bytes() for path in tmp_path.glob("log.sqlite3*"))


def test_a_file_of_the_first_version_takes_drafts(tmp_path: Path) -> None:
    LogFile(tmp_path).close()
    with sqlite3.connect(tmp_path / "log.sqlite3") as connection:
        connection.execute("DROP TABLE draft")
    connection.close()
    file = LogFile(tmp_path)
    file.room(ROOM).keep_draft(b"new")
    assert file.room(ROOM).draft() == b"new"
    file.close()
