"""What must be nowhere: phrase, names, text and keys in the broker; phrase and text in what a client leaves behind."""

from __future__ import annotations

import base64
import stat
import sys
from pathlib import Path

import pytest

from common.crypto.keys import RoomKeys, stretch
from tests.integration.broker_process import BrokerProcess
from tests.integration.conftest import PHRASE, People

NAMES = ("Xylophanes", "Quisquilia")
LINES = ("the heron lands at the north mole", "bring nothing but the brass key")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads memory through /proc")


def secrets_of(keys: RoomKeys) -> dict[str, bytes]:
    """All that may not be there, by what it is. Words also as other programs keep text, keys as they are written."""
    words = {"phrase": PHRASE, **{f"name {name}": name for name in NAMES}, **{f"line {line}": line for line in LINES}}
    found = {what: text.encode() for what, text in words.items()}
    found |= {f"{what}, wide": text.encode("utf-16-le") for what, text in words.items()}
    for what, key in (("text key", keys.text_key), ("voice root", keys._voice_root)):
        found |= {what: key, f"{what}, hex": key.hex().encode(), f"{what}, base64": base64.urlsafe_b64encode(key)[:40]}
    return found


def memory_of(pid: int) -> bytes:
    """Everything that a process may have written to its memory."""
    parts = []
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            where, rights = line.split()[:2]
            if rights.startswith("rw") and "[vvar" not in line:
                begin, end = (int(half, 16) for half in where.split("-"))
                memory.seek(begin)
                parts.append(memory.read(end - begin) or b"")
    return b"".join(parts)


def talk(people: People) -> None:
    """Two people, a line each, and voice that both ways."""
    ann, ben = (people.join(name, "--speaker-on", "--mic-on") for name in NAMES)
    for person, line in zip((ann, ben), LINES, strict=True):
        person.say(line)
    ann.reads(*LINES)
    ben.reads(*LINES)
    ben.expect("member_changed", name=NAMES[0], confirmed=True)


def test_broker_never_holds_what_it_relays(broker: BrokerProcess, people: People) -> None:
    # Would catch a broker that could read, and one that keeps in its memory, its files or a core what it cannot read.
    talk(people)
    keys = stretch(PHRASE, broker.key)
    memory = memory_of(broker.pid)
    assert keys.room_id in memory  # it does know the room: so the search finds what is there
    kept = b"".join(path.read_bytes() for path in broker.folder.rglob("*") if path.is_file())
    said = b"joined member="
    assert said in kept
    found = [what for what, secret in secrets_of(keys).items() if secret in memory or secret in kept]
    assert found == []


def test_client_leaves_neither_phrase_nor_text_behind(broker: BrokerProcess, people: People, tmp_path: Path) -> None:
    # Would catch a phrase that every user of the computer can read, and one that outlives the program.
    talk(people)
    keys = stretch(PHRASE, broker.key)
    folder = tmp_path / "people"
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.stat().st_size for path in left)
    for what, secret in secrets_of(keys).items():
        assert not [path for path in left if secret in path.read_bytes()], what
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert PHRASE.encode() not in process.read_bytes()
        except OSError:  # it has ended
            continue


def test_what_is_written_is_private(broker: BrokerProcess, people: People, tmp_path: Path) -> None:
    # Would catch a key, a log of addresses, or sealed lines that others on the computer can copy.
    talk(people)
    data = broker.folder / "data"
    states = list((tmp_path / "people").glob("*/state"))
    assert len(states) == 2
    for folder in (data, *states):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in folder.rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(broker.log.stat().st_mode) == 0o600
