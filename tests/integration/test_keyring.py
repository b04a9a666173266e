"""Keys in a real keyring of a Linux desktop, found as on a desktop: over D-Bus, by the library of the extra."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

if importlib.util.find_spec("keyring") is None or importlib.util.find_spec("jeepney") is None:
    pytest.skip("the extra keyring is not installed", allow_module_level=True)

from tests.integration.broker_process import ROOT
from tests.integration.secret_service import NEEDED, PATIENCE, SecretService

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
