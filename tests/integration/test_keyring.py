"""Keys in a real keyring of a Linux desktop, found as on a desktop: over D-Bus, by the library of the extra."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

if importlib.util.find_spec("keyring") is None or importlib.util.find_spec("jeepney") is None:
    pytest.skip("the extra keyring is not installed", allow_module_level=True)

from tests.integration.broker_process import ROOT
from tests.integration.conftest import PHRASE, People
from tests.integration.secret_service import NEEDED, PATIENCE, SecretService
from tests.integration.test_text_terminal import Seat, seat

pytestmark = pytest.mark.skipif(not SecretService.available(), reason=f"needs {NEEDED}")
KEY = "tiring-panning-garden-arrive-wasting-candied"


@pytest.fixture
def service() -> Iterator[SecretService]:
    with tempfile.TemporaryDirectory(prefix="ring") as folder, SecretService(Path(folder)) as started:
        yield started


class Process:
    """One run of a program that uses the keyring."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.has_keyring = self._line() == "here"

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "it has ended"
        return line.rstrip("\n")

    def asked(self, what: str, room: str, key: str = "") -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\t{room}\t{key}\n")
        self._process.stdin.flush()
        return self._line()


@contextmanager
def run(service: SecretService) -> Iterator[Process]:
    environment = {**os.environ, **service.environment()}
    environment.pop("PYTHON_KEYRING_BACKEND", None)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.safe_process"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Process(process)
        finally:
            process.kill()
            process.wait(PATIENCE)


def test_a_key_is_there_in_the_next_run_until_it_is_forgotten(service: SecretService) -> None:
    # would catch: a keyring that we take for none, a key that lies open on the disk, one that cannot be deleted
    with run(service) as first:
        assert first.has_keyring
        assert first.asked("key_of", "otter lamp") == ""
        assert first.asked("keep", "otter lamp", KEY) == ""
        assert first.asked("keep", "crane fig", "another") == ""
    files = [path.read_bytes() for path in service.folder.rglob("*") if path.is_file()]
    assert any(b"keyring" in content.lower() for content in files)
    assert not any(KEY.encode() in content for content in files)
    with run(service) as second:
        assert second.asked("key_of", "otter lamp") == KEY
        assert second.asked("forget", "otter lamp") == ""
        assert second.asked("forget", "otter lamp") == ""  # it is gone already
    with run(service) as third:
        assert third.asked("key_of", "otter lamp") == ""
        assert third.asked("key_of", "crane fig") == "another"


def test_a_person_at_a_terminal_has_a_key_remembered_and_forgotten(
    service: SecretService, people: People, tmp_path: Path
) -> None:
    # would catch: a key that is asked for all the same, one that is kept unasked, one that stays when it was forgotten
    def sit(*flags: str, key: str = "") -> AbstractContextManager[Seat]:
        return seat(tmp_path, people.invite, *flags, **service.environment(), SECURE_CHAT_KEY=key)

    with sit(key=PHRASE) as unasked:
        unasked.sees("compare the room words")
        unasked.type("/quit\r")
        assert unasked.leaves() == 0
    with sit("--remember-key") as first:
        first.sees("Encryption key")
        first.type(f"{PHRASE}\r")
        first.sees("is in your system's keyring now")
        first.type("/quit\r")
        assert first.leaves() == 0
    with sit() as second:
        second.sees("compare the room words")
        assert "Encryption key" not in second.shown()
        assert "keyring now" not in second.shown()
        second.type("/forget\r")
        second.sees("is not in the keyring any more")
        second.type("/quit\r")
        assert second.leaves() == 0
    with sit() as third:
        third.sees("Encryption key")
        third.type(f"{PHRASE}\r")
        third.sees("compare the room words")
        third.type("/remember\r/quit\r")  # and away at once
        assert third.leaves() == 0
    with sit() as fourth:
        fourth.sees("compare the room words")


def test_a_locked_keyring_gives_nothing_out_and_says_so(service: SecretService) -> None:
    # would catch: a locked keyring that ends the thread which asks it, or is taken for an empty one
    with run(service) as process:
        assert process.asked("keep", "otter lamp", KEY) == ""
        service.lock()
        assert "unlock it" in process.asked("key_of", "otter lamp")
        assert "not remembered" in process.asked("keep", "crane fig", KEY)


def test_one_that_ends_meanwhile_is_told_and_none_is_found_afterwards(service: SecretService) -> None:
    with run(service) as process:
        assert process.asked("keep", "otter lamp", KEY) == ""
        service.__exit__()
        assert "did not give out the key" in process.asked("key_of", "otter lamp")
    with run(service) as later:
        assert not later.has_keyring
