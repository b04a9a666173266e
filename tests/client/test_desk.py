"""What becomes of a user's wishes about text: with a session, before there is one, and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from client.commands import (
    ExportLog,
    KeepDraft,
    MarkSeen,
    SearchLog,
    SendText,
    SetKeepLog,
    SetReceipts,
    SetTyping,
    TellWriting,
)
from client.desk import Desk, Moment
from client.events import DraftOpened, Event, Part, ProblemReported, TextQueued
from client.session import Session
from client.stays import Habits, Stays
from common.errors import LocalError, NothingToSay, TooLong
from tests.fakes.link import room_keys

MOMENT = Moment(now=5.0, wall=1.7e9)


class Room:
    """A session that notes what it is asked for; `fails` is what saying something raises."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.fails: Exception | None = None
        self.errands = self
        self.writing = self
        self.waiting: list[TextQueued] = []

    def still_waiting(self) -> list[TextQueued]:
        return self.waiting

    def wrote(self, now: float) -> None:
        self.asked.append(("wrote", now))

    def tell(self, on: bool) -> None:
        self.asked.append(("tell writing", on))

    def say(self, text: str, now: float, sent_at: float) -> None:
        if self.fails is not None:
            raise self.fails
        self.asked.append(("say", text, now, sent_at))

    def mark_seen(self, post: str, now: float) -> None:
        self.asked.append(("seen", post, now))

    def tell_seen(self, on: bool) -> None:
        self.asked.append(("tell", on))

    def search(self, words: str) -> None:
        self.asked.append(("search", words))

    def export(self, path: str, file: Any) -> None:
        file.close()
        self.asked.append(("export", path))


class Folder:
    """A state folder that keeps drafts; `fails` is what the disk says."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.room = b""
        self.fails: LocalError | None = None

    def log(self, room_id: bytes) -> Folder:
        self.room = room_id
        return self

    def draft(self) -> bytes:
        if self.fails is not None:
            raise self.fails
        return self.kept.get(self.room, b"")

    def keep_draft(self, token: bytes) -> None:
        if self.fails is not None:
            raise self.fails
        self.kept[self.room] = token


class Scene:
    """A desk, and what it told the user."""

    def __init__(self) -> None:
        self.folder = Folder()
        self.stays = Stays(cast("Any", self.folder), Habits(), lambda: 0.0)
        self.told: list[Event] = []
        self.desk = Desk(self.stays, self.told.append)
        self.room = Room()

    @property
    def session(self) -> Session:
        return cast("Session", self.room)

    @property
    def problems(self) -> list[tuple[Part, str]]:
        return [(event.part, event.code) for event in self.told if isinstance(event, ProblemReported)]

    @property
    def drafts(self) -> list[tuple[str, bool]]:
        return [(event.text, event.kept) for event in self.told if isinstance(event, DraftOpened)]

    def do(self, command: Any, *, here: bool = True, expected: bool = True) -> None:
        self.desk.obey(command, self.session if here else None, MOMENT, expected=expected)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_is_written_is_said_by_both_clocks(scene: Scene) -> None:
    # mistake: the monotonic clock is shown to others as the time of a line
    scene.do(SendText("hello"))
    assert scene.room.asked == [("say", "hello", 5.0, 1.7e9)]


def test_what_is_written_before_there_is_a_session_waits_in_order(scene: Scene) -> None:
    # mistake: a line that was written while the key was made is lost, or said twice
    scene.do(SendText("one"), here=False)
    scene.do(SendText("two"), here=False)
    scene.desk.opened(room_keys(), scene.session, MOMENT)
    scene.desk.opened(room_keys(), scene.session, MOMENT)
    assert [asked[1] for asked in scene.room.asked] == ["one", "two"]


def test_without_a_room_nothing_is_kept_for_later(scene: Scene) -> None:
    # mistake: what was written to nobody turns up in the next room
    scene.do(SendText("to nobody"), here=False, expected=False)
    scene.do(SendText("to a room that never came"), here=False)
    scene.desk.clear()
    scene.desk.opened(room_keys(), scene.session, MOMENT)
    assert scene.room.asked == []
    assert scene.problems == [(Part.TEXT, "not_connected")]


def test_early_lines_are_bounded(scene: Scene) -> None:
    # mistake: a program that never stops to write fills the memory while a key is made
    for number in range(101):
        scene.do(SendText(str(number)), here=False)
    scene.desk.opened(room_keys(), scene.session, MOMENT)
    assert len(scene.room.asked) == 100
    assert scene.problems == [(Part.TEXT, "not_connected")]


@pytest.mark.parametrize(
    ("fault", "code"),
    [(NothingToSay("empty"), "empty_text"), (TooLong("long"), "too_long"), (LocalError("full"), "not_kept")],
)
def test_what_cannot_be_said_is_told(scene: Scene, fault: Exception, code: str) -> None:
    scene.room.fails = fault
    scene.do(SendText("x"))
    assert scene.problems == [(Part.TEXT, code)]


def test_seen_needs_a_room(scene: Scene) -> None:
    scene.do(MarkSeen("ab"))
    scene.do(MarkSeen("cd"), here=False)
    assert scene.room.asked == [("seen", "ab", 5.0)]


def test_habits_hold_at_once_and_for_the_next_stay(scene: Scene) -> None:
    # mistake: a switch in the settings that holds only after a restart, or only until then
    scene.do(SetReceipts(on=False), here=False)
    assert scene.stays.habits == Habits(receipts=False)
    scene.do(SetReceipts(on=True))
    assert scene.room.asked == [("tell", True)]
    scene.do(SetTyping(on=False), here=False)
    scene.do(SetTyping(on=True))
    assert scene.room.asked == [("tell", True), ("tell writing", True)]
    scene.do(SetTyping(on=False), here=False)
    assert scene.stays.habits == Habits(typing=False)
    scene.do(SetTyping(on=True), here=False)
    scene.do(SetKeepLog(on=False))
    assert scene.stays.habits == Habits(keep_log=False)


def test_writing_is_told_in_a_room_only(scene: Scene) -> None:
    scene.do(TellWriting())
    scene.do(TellWriting(), here=False)
    assert scene.room.asked == [("wrote", 5.0)]


def test_lines_that_wait_are_told_before_new_ones_are_said(scene: Scene) -> None:
    waiting = TextQueued("ab", "of an earlier run", 1.0)
    scene.room.waiting = [waiting]
    scene.desk.opened(room_keys(), scene.session, MOMENT)
    assert scene.told[-1] == waiting


def test_a_draft_comes_back_with_its_room_and_no_other(scene: Scene) -> None:
    # mistake: a crash takes what was written; or a word for one room turns up in another
    here, there = room_keys(), room_keys("another room")
    scene.desk.opened(here, scene.session, MOMENT)
    scene.do(KeepDraft(here.room_id.hex(), "half a sent"))
    scene.desk.clear()
    scene.do(KeepDraft(here.room_id.hex(), "half a sentence"), here=False)  # after the room was left
    scene.desk.opened(there, scene.session, MOMENT)
    scene.do(KeepDraft(here.room_id.hex(), "too late"))
    scene.desk.opened(here, scene.session, MOMENT)
    assert scene.drafts == [("", True), ("", True), ("half a sentence", True)]
    scene.do(KeepDraft(here.room_id.hex(), ""))
    scene.desk.opened(here, scene.session, MOMENT)
    assert scene.drafts[-1] == ("", True)


def test_without_a_log_no_draft_is_written_or_read(scene: Scene) -> None:
    # mistake: somebody who wants nothing kept finds what he never sent on his disk
    keys = room_keys()
    scene.desk.opened(keys, scene.session, MOMENT)
    scene.do(KeepDraft(keys.room_id.hex(), "kept"))
    before = dict(scene.folder.kept)
    scene.do(SetKeepLog(on=False))
    scene.desk.opened(keys, scene.session, MOMENT)
    scene.do(KeepDraft(keys.room_id.hex(), "not kept"))
    assert (scene.drafts[-1], scene.folder.kept) == (("", False), before)


def test_a_disk_that_fails_is_told_once_and_keeps_nobody_from_writing(scene: Scene) -> None:
    room = room_keys().room_id.hex()
    scene.desk.opened(room_keys(), scene.session, MOMENT)
    scene.folder.fails = LocalError("full")
    scene.do(KeepDraft(room, "a"))
    scene.do(KeepDraft(room, "ab"))
    assert scene.problems == [(Part.GENERAL, "draft_not_kept")]
    scene.folder.fails = None
    scene.do(KeepDraft(room, "abc"))
    scene.folder.fails = LocalError("full again")
    scene.do(KeepDraft(room, "abcd"))
    assert len(scene.problems) == 2
    scene.desk.opened(room_keys(), scene.session, MOMENT)
    assert scene.drafts[-1] == ("", False)


def test_looking_through_the_log(scene: Scene, tmp_path: Path) -> None:
    path = str(tmp_path / "lines.txt")
    scene.do(SearchLog("words"))
    scene.do(ExportLog(path))
    assert scene.room.asked == [("search", "words"), ("export", path)]
    scene.do(ExportLog(path))  # mistake: a file of the user's is written over
    assert scene.problems == [(Part.GENERAL, "not_exported")]


def test_looking_needs_a_room_and_a_log(scene: Scene) -> None:
    scene.do(SearchLog("words"), here=False)
    scene.do(SetKeepLog(on=False))
    scene.do(SearchLog("words"))
    assert scene.problems == [(Part.GENERAL, "not_connected"), (Part.GENERAL, "no_log")]
