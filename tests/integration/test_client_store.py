"""The state folder between processes: held by one of them, and right after a kill at any moment."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from client.queued_post import QueuedPost
from client.store import Store
from common.errors import StateLocked

ROOM = b"r" * 16
_ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state"


def seal(counter: int) -> bytes:
    return b"token %d" % counter


def in_another_process(folder: Path, work: str) -> subprocess.Popen[str]:
    """A real process that opens the folder, does its work and says so, then waits to be ended."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom client.store import Store\nfrom common.errors import StateLocked\n"
        "sys.stdin.readline()\n"
        f"try:\n    store = Store(Path({str(folder)!r}))\n    {work}\n    print('open', flush=True)\n"
        "except StateLocked:\n    print('locked', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("begin\n")
    process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str], how: signal.Signals = signal.SIGKILL) -> None:
    process.send_signal(how)
    process.communicate()


def test_a_second_opener_is_turned_away_until_the_first_has_gone(folder: Path) -> None:
    other = in_another_process(folder, "store.outbox(b'r' * 16).queue(lambda n: b'token')")
    begin(other)
    assert answer(other) == "open"
    with pytest.raises(StateLocked, match="--state-dir"):
        Store(folder)
    end(other)  # killed: nobody has tidied up
    store = Store(folder)
    with pytest.raises(StateLocked):
        Store(folder)  # the same process twice is two openers as well
    store.close()
    Store(folder).close()


def test_of_two_that_open_at_one_moment_one_gets_in(folder: Path) -> None:
    # With SQLite's exclusive mode alone both were turned away, nearly always.
    Store(folder).close()
    processes = [in_another_process(folder, "pass") for _ in range(2)]
    for process in processes:
        begin(process)
    assert sorted(answer(process) for process in processes) == ["locked", "open"]
    for process in processes:
        end(process)


def test_a_kill_between_queueing_and_sending_loses_nothing(folder: Path) -> None:
    work = "[store.outbox(b'r' * 16).queue(lambda n: b'token %d' % n) for _ in range(2)]"
    process = in_another_process(folder, work)
    begin(process)
    assert answer(process) == "open"
    end(process, signal.SIGKILL)
    store = Store(folder)
    assert store.outbox(ROOM).waiting() == [QueuedPost(1, seal(1)), QueuedPost(2, seal(2))]
    assert store.outbox(ROOM).queue(seal).counter == 3
    store.close()


def test_a_kill_within_the_transaction_leaves_neither_counter_nor_token(folder: Path) -> None:
    work = "store.outbox(b'r' * 16).queue(lambda n: (print('sealing', flush=True), sys.stdin.readline())[1].encode())"
    process = in_another_process(folder, work)
    begin(process)
    assert answer(process) == "sealing"
    end(process, signal.SIGKILL)
    store = Store(folder)
    assert store.outbox(ROOM).waiting() == []
    assert store.outbox(ROOM).queue(seal).counter == 1
    store.close()
