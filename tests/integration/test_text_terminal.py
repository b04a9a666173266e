"""The text client in a real terminal (a pty): the prompt, the plain one, and the terminal as it was found."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.broker_process import ROOT
from tests.integration.client_process import PATIENCE
from tests.integration.conftest import PHRASE, People

_STEERING = re.compile(r"\x1b(\[[0-9;?]*[a-zA-Z]|[=>78])")


class Seat:
    """Somebody in front of a terminal."""

    def __init__(self, end: int, process: subprocess.Popen[bytes]) -> None:
        self._end = end
        self.process = process
        self.raw = b""

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def until(self, true: Callable[[], object]) -> None:
        """Read on until something holds."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert self._reads_on(), self.shown()
            assert time.monotonic() < deadline, self.shown()

    def _reads_on(self) -> bool:
        """False where the other side has closed."""
        if not select.select([self._end], [], [], 0.1)[0]:
            return True
        try:
            part = os.read(self._end, 65_536)
        except OSError:
            return False
        self.raw += part
        if b"\x1b[6n" in part:  # where is the cursor?
            self.type("\x1b[1;1R")
        return True

    def sees(self, text: str) -> None:
        self.until(lambda: text in self.shown())

    def shown(self) -> str:
        return _STEERING.sub("", self.raw.decode(errors="replace"))

    def leaves(self) -> int:
        """What the process ended with, when all that it wrote was read."""
        deadline = time.monotonic() + PATIENCE
        while self._reads_on():
            assert time.monotonic() < deadline, self.shown()
        return self.process.wait(PATIENCE)

    def modes(self) -> list[object]:
        return termios.tcgetattr(self._end)


@contextmanager
def seat(folder: Path, invite: str, *flags: str, **environment: str) -> Iterator[Seat]:
    end, other = pty.openpty()
    termios.tcsetwinsize(end, (24, 100))
    process = subprocess.Popen(
        [*(sys.executable, "-m", "client", "--text", "--invite", invite, "--mic", "none", "--name", "Ann"), *flags],
        cwd=ROOT,
        env={
            **os.environ,
            "TERM": "xterm-256color",
            "NO_COLOR": "",
            "SECURE_CHAT_KEY": PHRASE,
            "XDG_RUNTIME_DIR": str(folder),
            "XDG_STATE_HOME": str(folder),
            **environment,
        },
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
    )
    os.close(other)
    try:
        yield Seat(end, process)
    finally:
        process.kill()
        process.wait(PATIENCE)
        os.close(end)


def test_a_prompt_that_incoming_lines_do_not_tear(people: People, tmp_path: Path) -> None:
    with seat(tmp_path, people.invite) as ann:
        before = ann.modes()
        ann.sees("compare the room words")
        bob = people.join("Bob")
        ann.sees("Bob has come.")
        ann.type("half a ")
        ann.sees("half a")
        bob.do("say", text="in between")
        ann.sees("Bob: in between")
        ann.type("line\r")
        bob.reads("half a line")
        ann.type("/mi\t")
        ann.sees("/mic")
        ann.type(" o\tn\r")
        ann.sees("Microphone on")
        ann.sees("mic on · speaker off")  # the lowest line
        assert b"\x1b[1;" in ann.raw  # Bob has a colour
        ann.type("/quit\r")
        assert ann.leaves() == 0
        assert ann.modes() == before  # would catch: a terminal that shows nothing of what is typed any more


def test_ctrl_d_leaves(people: People, tmp_path: Path) -> None:
    with seat(tmp_path, people.invite, NO_COLOR="1") as ann:
        before = ann.modes()
        ann.sees("compare the room words")
        people.join("Bob").do("say", text="hi")
        ann.sees("Bob: hi")
        ann.type("said last\r\x04")
        assert ann.leaves() == 0
        assert ann.modes() == before
        assert b"\x1b[1;" not in ann.raw
        assert b"\x1b[31m" not in ann.raw


def test_a_screen_reader_gets_lines_and_nothing_else(people: People, tmp_path: Path) -> None:
    with seat(tmp_path, people.invite, "--plain") as ann:
        ann.sees("compare the room words")
        bob = people.join("Bob")
        ann.sees("Bob has come.")
        bob.do("say", text="hi")
        ann.sees("Bob: hi")
        ann.type("hello\n")
        bob.reads("hello")
        ann.type("/quit\n")
        assert ann.leaves() == 0
        assert b"\x1b" not in ann.raw
