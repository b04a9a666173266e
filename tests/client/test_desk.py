"""What becomes of a user's wishes about text: with a session, before there is one, and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from client.commands import ExportLog, MarkSeen, SearchLog, SendText, SetKeepLog, SetReceipts
from client.desk import Desk, Moment
from client.events import Part
from client.session import Session
from client.stays import Habits, Stays
from common.errors import LocalError, NothingToSay, TooLong

MOMENT = Moment(now=5.0, wall=1.7e9)


class Room:
    """A session that notes what it is asked for; `fails` is what saying something raises."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.fails: Exception | None = None
        self.errands = self

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


class Scene:
    """A desk, and what it told the user."""

    def __init__(self) -> None:
        self.stays = Stays(cast("Any", None), Habits(), lambda: 0.0)
        self.problems: list[tuple[Part, str]] = []
        self.desk = Desk(self.stays, lambda part, code, _sentence: self.problems.append((part, code)))
        self.room = Room()

    @property
    def session(self) -> Session:
        return cast("Session", self.room)

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
    scene.desk.opened(scene.session, MOMENT)
    scene.desk.opened(scene.session, MOMENT)
    assert [asked[1] for asked in scene.room.asked] == ["one", "two"]


def test_without_a_room_nothing_is_kept_for_later(scene: Scene) -> None:
    # mistake: what was written to nobody turns up in the next room
    scene.do(SendText("to nobody"), here=False, expected=False)
    scene.do(SendText("to a room that never came"), here=False)
    scene.desk.clear()
    scene.desk.opened(scene.session, MOMENT)
    assert scene.room.asked == []
    assert scene.problems == [(Part.TEXT, "not_connected")]


def test_early_lines_are_bounded(scene: Scene) -> None:
    # mistake: a program that never stops to write fills the memory while a key is made
    for number in range(101):
        scene.do(SendText(str(number)), here=False)
    scene.desk.opened(scene.session, MOMENT)
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
    scene.do(SetKeepLog(on=False))
    assert scene.stays.habits == Habits(keep_log=False)


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
