"""`backup` of a broker that people talk through, and `restore` of it on another machine's folder."""

from __future__ import annotations

from pathlib import Path

from broker.backups import restore
from tests.integration.broker_process import BrokerProcess
from tests.integration.conftest import People
from tests.integration.test_broker_status import command


def test_a_backup_while_people_talk_then_another_machine(broker: BrokerProcess, people: People, tmp_path: Path) -> None:
    # Would catch a backup with holes, a line that is shown twice after a restore, and rooms that nobody finds again.
    ann, ben = people.join("Ann"), people.join("Ben")
    lines = [f"line {number}" for number in range(40)]
    for line in lines[:25]:
        ann.say(line)
    ben.reads(lines[9])
    backup = tmp_path / "backup"
    made = command("backup", str(backup), "--data", str(broker.folder / "data"))
    assert (made.returncode, made.stderr) == (0, ""), made
    assert "secret" in made.stdout
    in_use = command("restore", str(backup), "--data", str(broker.folder / "data"))
    assert (in_use.returncode, in_use.stdout, in_use.stderr.count("\n")) == (2, "", 1), in_use
    for line in lines[25:]:
        ann.say(line)
    for person in (ann, ben):
        person.reads(*lines)
    port, key, marks = broker.control.port, broker.key, {person: person.mark for person in (ann, ben)}
    assert broker.stop() == (0, "")

    broker.folder = tmp_path / "moved"
    restored = command("restore", str(backup), "--data", str(broker.folder / "data"))
    assert (restored.returncode, restored.stderr) == (0, ""), restored
    assert broker.words in restored.stdout
    broker.start(port=port)
    assert broker.key == key
    for person, after in marks.items():
        person.expect("joined", after=after)
    eva = people.join("Eva")
    ben.say("after the move")
    for person in (ann, ben, eva):
        person.reads("after the move")
    for person in (ann, ben):
        assert person.texts == [*lines, "after the move"]
    kept = int(made.stdout.split()[2])
    assert 10 <= kept <= 40
    eva.reads(*lines[:kept])
    assert sorted(eva.texts) == sorted([*lines[:kept], "after the move"])


def test_back_to_an_earlier_state(broker: BrokerProcess, people: People, tmp_path: Path) -> None:
    # Would catch a restore into its own folder that loses the key, or is not seen.
    data = broker.folder / "data"
    ann = people.join("Ann")
    ann.say("one")
    ann.expect("sent")
    assert command("backup", str(tmp_path / "backup"), "--data", str(data)).returncode == 0
    ann.say("two")
    ann.reads("one", "two")
    port, key, after = broker.control.port, broker.key, ann.mark
    broker.kill()
    restore(data, tmp_path / "backup")
    assert (data / "before-restore-1").is_dir()
    broker.start(port=port)
    assert broker.key == key
    ann.expect("joined", after=after)
    ann.say("three")
    ann.reads("three")
    assert ann.texts == ["one", "two", "three"]
    eva = people.join("Eva")
    eva.reads("one", "three")
    assert eva.texts == ["one", "three"]


def test_backups_that_fail(tmp_path: Path) -> None:
    # Would catch a traceback, and an exit code that a script takes for done.
    (tmp_path / "file").write_text("no backup")
    for words in (
        ("backup", str(tmp_path / "new"), "--data", str(tmp_path / "none")),
        ("restore", str(tmp_path / "file"), "--data", str(tmp_path / "data")),
        ("restore", str(tmp_path / "none"), "--data", str(tmp_path / "data")),
        ("backup",),
        ("backup", ""),
        ("restore", "a", "b"),
    ):
        ended = command(*words)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1), ended
