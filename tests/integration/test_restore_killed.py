"""`restore` killed at each moment at which it touches a file: nothing is lost, and it can be done again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

from broker.backups import back_up, restore
from broker.engine.database import SqliteDatabase
from broker.engine.embedded import FILE
from broker.engine.ledger import Keep, Ledger, NewPost
from broker.keypair import load_or_make
from common.messages import post_id
from tests.integration.broker_process import PATIENCE, ROOT

ROOM: Final = b"r" * 16
_WATCHED: Final = "('open', 'os.rename', 'os.remove', 'os.mkdir', 'sqlite3.connect')"
_KILLED: Final = f"""
import os, signal, sys
from pathlib import Path
from broker.backups import restore
data, backup, left = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
def watch(event, arguments):
    global left
    if event in {_WATCHED}:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
restore(data, backup)
"""


def say(folder: Path, text: bytes) -> None:
    with closing(Ledger(SqliteDatabase(folder / FILE), Keep())) as ledger:
        ledger.append([NewPost(0, ROOM, ROOM, post_id(text), text)], 1_000)


def read(folder: Path) -> list[bytes]:
    if not (folder / FILE).exists():
        return []
    with closing(Ledger(SqliteDatabase(folder / FILE), Keep())) as ledger:
        return [post.token for post in ledger.page(0, ROOM, 0, None, 500).posts]


def killed(data: Path, backup: Path, after: int) -> bool:
    """Restore, and be killed at the next touch after so many. False: it was done before."""
    words = [sys.executable, "-c", _KILLED, str(data), str(backup), str(after)]
    code = subprocess.run(words, cwd=ROOT, timeout=PATIENCE, check=False).returncode
    assert code in {0, -9}
    return code != 0


def test_killed_at_each_touch(tmp_path: Path) -> None:
    # Would catch lines that a restore has taken away before it has brought others, and a second one that cannot work.
    running, data, backup = tmp_path / "running", tmp_path / "data", tmp_path / "backup"
    running.mkdir(mode=0o700)
    pair = load_or_make(running)
    say(running, b"old")
    back_up(running, backup)
    with closing(SqliteDatabase(running / FILE)) as reader:
        reader.run("SELECT 1 FROM post")  # so that what follows stays in the log file, as a killed broker leaves it
        say(running, b"new")
        shutil.copytree(running, data)
    assert (data / f"{FILE}-wal").stat().st_size
    touches = 0
    for kept_key in (True, False):
        after = 0
        while True:
            folder = tmp_path / f"{kept_key}-{after}"
            shutil.copytree(data, folder)
            if not kept_key:
                (folder / "broker.key").unlink()
            if not killed(folder, backup, after):
                break
            places = [read(place) for place in (folder, *folder.glob("before-restore-*"))]
            assert [b"old", b"new"] in places, after  # in use still, or set aside
            assert places[0] in ([b"old", b"new"], [b"old"], []), after
            restore(folder, backup)
            assert read(folder) == [b"old"], after
            assert load_or_make(folder) == pair, after
            after += 1
            touches += 1
    assert touches > 20
