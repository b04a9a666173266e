"""The local log with real processes: kills, no broker, no log, and who may read the files."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

from broker.backups import back_up, restore
from tests.integration.broker_process import ROOT, BrokerProcess
from tests.integration.conftest import PHRASE, People


def home(tmp_path: Path, name: str) -> Path:
    return tmp_path / "people" / name / "state"


def test_a_killed_client_shows_each_line_once(people: People) -> None:
    # Would catch a line that is kept and fetched as well, or one that a kill took out of the log for good.
    ann, ben = people.join("Ann", folder="ann"), people.join("Ben")
    ben.say("one")
    ann.reads("one")
    ann.say("two")
    ann.reads("two")
    ann.kill()
    ben.say("three")
    ben.reads("three")
    again = people.join("Ann", folder="ann")
    again.reads("three")
    ben.say("live")
    again.expect("text", text="live")
    assert sorted(again.texts) == ["live", "one", "three", "two"]
    read = {event["text"]: event for event in again.events if event["event"] == "text"}
    assert [read[text]["seq"] for text in ("one", "two", "three", "live")] == [1, 2, 3, 4]
    assert [text for text, event in read.items() if not event.get("late")] == ["live"]
    assert again.ask("stats")["texts"] == 2  # the others came from the log


def test_what_was_read_is_there_without_the_broker(broker: BrokerProcess, people: People) -> None:
    # Would catch a history that needs the broker, though its key and all lines are on this computer.
    ann = people.join("Ann", folder="ann")
    ann.say("kept")
    ann.reads("kept")
    assert ann.quit() == 0
    broker.stop()
    again = people("Ann", folder="ann")
    assert again.expect("text", text="kept")["late"]
    again.expect("error", code="unreachable")
    assert again.texts == ["kept"]


def test_a_broker_that_has_forgotten_everything_takes_nothing_away(broker: BrokerProcess, people: People) -> None:
    # Would catch lines of two numberings that are mixed, or that overwrite each other.
    ann = people.join("Ann", folder="ann")
    for text in ("one", "two"):
        ann.say(text)
        ann.reads(text)
    ann.kill()
    broker.kill()
    for path in (broker.folder / "data").glob("posts*"):
        path.unlink()
    broker.start(port=broker.control.port)
    again = people.join("Ann", folder="ann")
    again.say("three")
    again.reads("three")
    read = [event for event in again.events if event["event"] == "text"]
    read.sort(key=lambda event: (event.get("epoch", 0), event["seq"]))
    assert [event["text"] for event in read] == ["one", "two", "three"]


def test_a_restored_broker_shows_nothing_twice_and_everything_in_order(
    broker: BrokerProcess, people: People, tmp_path: Path
) -> None:
    # Would catch lines of a backup that pass as new ones, and lines said since the backup that move behind new ones.
    ann, ben = people.join("Ann", folder="ann"), people.join("Ben", folder="ben")
    for text in ("one", "two"):
        ann.say(text)
        ben.reads(text)
    ben.kill()
    ann.say("three")  # Ben reads it after the restore
    ann.reads("three")
    data = broker.folder / "data"
    back_up(data, tmp_path / "backup")
    ann.say("four")  # lost by the broker, and kept by Ann
    ann.reads("four")
    ann.kill()
    port = broker.control.port
    assert broker.stop() == (0, "")
    restore(data, tmp_path / "backup")
    broker.start(port=port)
    ann, ben = people.join("Ann", folder="ann"), people.join("Ben", folder="ben")
    ben.reads("three")
    ann.say("five")
    for person, lines in (ann, ["one", "two", "three", "four", "five"]), (ben, ["one", "two", "three", "five"]):
        person.reads("five")
        read = [event for event in person.events if event["event"] == "text"]
        read.sort(key=lambda event: (event.get("epoch", 0), event["seq"]))
        assert [event["text"] for event in read] == lines
        assert person.quit() == 0


def test_without_a_log_nothing_is_written(tmp_path: Path, people: People) -> None:
    # Would catch lines that stay on a computer whose owner has said no.
    ann = people.join("Ann", "--no-log", folder="ann")
    ann.say("not kept here")
    ann.reads("not kept here")
    assert ann.quit() == 0
    assert not list(home(tmp_path, "ann").glob("log*"))
    again = people.join("Ann", folder="ann")
    again.reads("not kept here")  # the broker has it
    assert again.quit() == 0
    unread = people.join("Ann", "--no-log", folder="ann")
    unread.reads("not kept here")
    assert unread.ask("stats")["texts"] == 1  # it came from the broker, not from the file


def test_the_files_tell_a_thief_nothing(tmp_path: Path, people: People) -> None:
    # Would catch clear text, names or keys in the state folder, and files that others can read.
    ann = people.join("Annabella", folder="ann")
    ann.say("a very secret line")
    ann.reads("a very secret line")
    files = list(home(tmp_path, "ann").glob("*"))
    assert {path.name for path in files} >= {"log.sqlite3", "state.sqlite3"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    ann.kill()
    for path in files:
        content = path.read_bytes()
        assert b"secret line" not in content
        assert b"Annabella" not in content


def test_a_log_is_searched_and_exported_while_and_after_chatting(tmp_path: Path, people: People) -> None:
    # Would catch a search of the newest lines only, an export over somebody's file, or a log command beside a client.
    ann, ben = people.join("Ann", folder="ann"), people.join("Ben")
    for text in ("Tea for two", "coffee", "no more TEA\nat all"):
        ben.say(text)
        ann.reads(text)
    ann.line(json.dumps({"do": "search", "words": "tea"}))
    answer = ann.expect("found", words="tea")
    assert [line["text"] for line in answer["lines"]] == ["Tea for two", "no more TEA\nat all"]
    assert not answer["more"]
    path = tmp_path / "export.txt"
    export = json.dumps({"do": "export", "path": str(path)})
    ann.line(export)
    assert ann.expect("exported", path=str(path))["count"] == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ann.line(export)
    assert "already" in ann.expect("error", code="not_exported")["message"]
    beside = log(tmp_path, people, "search", "tea")
    assert beside.returncode == 2
    assert "close it" in beside.stderr
    assert ann.quit() == 0
    after = log(tmp_path, people, "search", "tea")
    assert (after.returncode, len(after.stdout.splitlines())) == (0, 3)
    assert log(tmp_path, people, "export").stdout == path.read_text(encoding="utf-8")
    assert log(tmp_path, people, "delete").stdout == "Lines deleted: 3.\n"
    assert log(tmp_path, people, "search", "tea").returncode == 1


def log(tmp_path: Path, people: People, what: str, *words: str) -> subprocess.CompletedProcess[str]:
    """`secure-chat log …` for Ann's folder and the tests' room."""
    where = ("--invite", people.invite, "--state-dir", str(home(tmp_path, "ann")))
    return subprocess.run(
        [sys.executable, "-m", "client", "log", what, *where, *words],
        cwd=ROOT,
        env={**os.environ, "SECURE_CHAT_KEY": PHRASE},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_log_there_is_nothing_to_search(people: People) -> None:
    ann = people.join("Ann", "--no-log")
    ann.line(json.dumps({"do": "search", "words": "tea"}))
    ann.expect("error", code="no_log")
    ann.line(json.dumps({"do": "export", "path": "nowhere"}))
    ann.expect("error", code="no_log")
