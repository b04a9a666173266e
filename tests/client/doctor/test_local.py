"""What doctor finds on this computer."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from client.doctor import local
from client.doctor.findings import Mark
from client.store import Store
from client.voice.device import Block, DeviceAbsent
from common.errors import DeviceError

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


class Device:
    """A microphone and speaker that is ready after so many looks, or breaks."""

    def __init__(self, looks: int = 2, error: str = "") -> None:
        self.name, self.ended, self.closed, self.patient = "Card", False, False, False
        self._looks, self._error = looks, error

    @property
    def ready(self) -> bool:
        self._looks -= 1
        return self._looks < 0

    def read(self, now: float) -> Block | None:
        del now
        if self._error:
            raise DeviceError(self._error)
        return None

    def wanted(self, now: float) -> int:
        self.read(now)
        return 0

    def close(self) -> None:
        self.closed = True


class Card:
    """Devices that open what a test put there."""

    device: Device | None

    def __init__(self, *_: object) -> None:
        self.closed = False

    def microphone(self, now: float) -> Device:
        del now
        if self.device is None:
            raise DeviceAbsent("There is no microphone here.")
        return self.device

    speaker = microphone

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Card]]:
    monkeypatch.setattr(local, "ChosenDevices", Card)
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "pyaudio" else there(name))
    yield Card
    Card.device = None


def marks(found: Iterator[Any]) -> dict[str, Mark]:
    return {finding.check: finding.mark for finding in found}


def test_versions_name_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a computer without a window or codec that passes.
    assert marks(local.check_versions())["codec"] is Mark.GOOD
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    def broken(_mode: object) -> None:
        raise DeviceError("install it")

    monkeypatch.setattr(local, "Encoder", broken)
    assert marks(local.check_versions()) == {"versions": Mark.GOOD, "window": Mark.WARNING, "codec": Mark.BAD}


def test_a_state_folder_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    assert marks(local.check_state(folder, lambda _: None)) == {"state": Mark.GOOD}
    assert not folder.exists()


def test_a_state_folder_is_looked_at(tmp_path: Path) -> None:
    looked: list[bytes] = []
    Store(tmp_path / "state").close()
    found = marks(local.check_state(tmp_path / "state", lambda store: looked.append(store.device_secret())))
    assert found == {"state": Mark.GOOD}
    assert len(looked[0]) == 32


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_files_that_others_can_read_are_named(tmp_path: Path) -> None:
    # Would catch device keys that lie open.
    Store(tmp_path / "state").close()
    (tmp_path / "state" / "old.sqlite3").touch(mode=0o644)
    (finding,) = local.check_state(tmp_path / "state", lambda _: None)
    assert finding.mark is Mark.BAD
    assert "old.sqlite3" in finding.says


def test_a_folder_in_use_is_a_warning_and_a_broken_one_a_fault(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "used")):
        assert marks(local.check_state(tmp_path / "used", lambda _: None)) == {"state": Mark.WARNING}
    Store(tmp_path / "broken").close()
    (tmp_path / "broken" / "state.sqlite3").write_bytes(b"no database" * 1_000)
    assert marks(local.check_state(tmp_path / "broken", lambda _: None)) == {"state": Mark.BAD}


def test_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local.check_clock(NOW, 0).mark is Mark.GOOD
    assert local.check_clock(NOW, None).mark is Mark.GOOD
    assert local.check_clock(NOW, 5).mark is Mark.WARNING
    assert local.check_clock(datetime(1970, 1, 1, tzinfo=UTC), 0).mark is Mark.BAD
    assert (local.kernel_clock_state() is None) == (sys.platform != "linux")
    monkeypatch.setattr(sys, "platform", "win32")
    assert local.kernel_clock_state() is None


def test_devices_that_open_are_named_and_closed(card: type[Card]) -> None:
    card.device = Device()
    microphone, speaker = local.check_devices("default", "none")
    assert microphone.mark is Mark.GOOD
    assert "Card" in microphone.says
    assert card.device.closed
    assert speaker.mark is Mark.SKIPPED


def test_devices_that_do_not_open_say_what_to_do(card: type[Card], monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a doctor that waits for ever, and one that leaves a device open.
    card.device = Device(looks=99, error="It broke.")
    broken = next(iter(local.check_devices("default", "none")))
    assert (broken.mark, broken.remedy) == (Mark.BAD, "It broke.")
    assert card.device.closed
    card.device = Device(looks=99)
    monkeypatch.setattr(local, "_OPEN_SECONDS", 0.0)
    assert [finding.mark for finding in local.check_devices("none", "default")] == [Mark.SKIPPED, Mark.BAD]


def test_a_computer_without_sound_cards_is_not_broken(card: type[Card]) -> None:
    # would catch: a doctor that fails on every server and container, where its code is to tell whether one can write
    card.device = None
    found = list(local.check_devices("default", "default"))
    assert [(finding.mark, finding.remedy) for finding in found] == [(Mark.WARNING, "There is no microphone here.")] * 2


def test_without_pyaudio_text_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert marks(local.check_devices("default", "none")) == {"sound": Mark.WARNING}
    assert marks(local.check_devices("none", "none")) == {"microphone": Mark.SKIPPED, "speaker": Mark.SKIPPED}


@pytest.mark.parametrize("allowed", [False, True])
def test_priority_is_told_and_is_no_fault(allowed: bool) -> None:
    # mistake: a doctor that fails on every computer whose user may not run real-time threads, which are most
    finding = local.check_urgency(allowed=allowed)
    assert finding.mark is Mark.GOOD
    assert ("pipewire" in finding.says) is not allowed


def test_asking_for_priority_changes_nobody_elses() -> None:
    # mistake: the doctor itself, or all that it starts, goes before everything from then on
    before = os.sched_getscheduler(0)
    local.urgency_allowed()
    assert os.sched_getscheduler(0) == before
