"""The settings file: what is chosen stays, what is broken is set aside, and the command line wins."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest

from client.commands import (
    ChooseDevices,
    Lanes,
    SetKeepLog,
    SetLanes,
    SetProcessing,
    SetReceipts,
    SetTransmit,
    SetVoiceMode,
    Transmit,
    VoiceWish,
)
from client.settings import Choices, Settings, SettingsNotKept, orders


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secure-chat" / "settings.toml"


def written(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir()
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_without_a_file_the_defaults_hold(path: Path) -> None:
    choices = Choices(path)
    assert choices.now == Settings()
    assert choices.take_notes() == []
    assert not path.parent.exists()  # nothing is written before something is chosen


def test_what_is_chosen_is_there_the_next_time(path: Path) -> None:
    # would catch: settings that everybody on the computer can read, a file half written
    assert Choices(path).change("theme", "dark").theme == "dark"
    Choices(path).change("scale", 150)
    assert Choices(path).now == Settings(theme="dark", scale=150)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert tomllib.loads(path.read_text()) == {"theme": "dark", "scale": 150}


def test_the_command_line_wins_and_is_not_written(path: Path) -> None:
    # would catch: `--no-log` once, and never a line kept again
    written(path, 'microphone = "Headset"\nreceipts = true')
    choices = Choices(path, {"microphone": "none", "keep_log": False})
    assert choices.now == Settings(microphone="none", keep_log=False)
    assert choices.change("noise", value=False) == Settings(microphone="none", keep_log=False, noise=False)
    assert Choices(path).now == Settings(microphone="Headset", noise=False)
    assert choices.change("keep_log", value=True).keep_log  # said later than the flag


def test_two_windows_do_not_undo_each_other(path: Path) -> None:
    one, other = Choices(path), Choices(path)
    one.change("theme", "dark")
    other.change("scale", 200)
    assert Choices(path).now == Settings(theme="dark", scale=200)


@pytest.mark.parametrize(
    "text",
    [
        'theme = "pink"',
        "scale = 50",
        "scale = 301",
        "scale = true",
        'push_to_talk_key = "<Escape>; exit"',
        "echo = ",
        b"\xff\xfe",
        "x = " + "[" * 2_000,
    ],
)
def test_a_broken_file_is_set_aside(path: Path, text: str | bytes) -> None:
    # would catch: a program that does not start because of a typing error in a file
    choices = Choices(written(path, text))
    assert choices.now == Settings()
    (note,) = choices.take_notes()
    assert "settings.toml.broken" in note
    assert "\n" not in note
    assert choices.take_notes() == []
    assert not path.exists()
    assert path.with_name("settings.toml.broken").read_bytes() == (text.encode() if isinstance(text, str) else text)
    choices.change("theme", "light")
    assert Choices(path).now == Settings(theme="light")


def test_a_file_that_breaks_while_we_run_is_set_aside_too(path: Path) -> None:
    choices = Choices(path)
    written(path, "theme = ")
    assert choices.change("echo", value=False) == Settings(echo=False)
    assert len(choices.take_notes()) == 1
    assert Choices(path).now == Settings(echo=False)


def _refuse(*_: object) -> None:
    raise PermissionError(13, "not allowed")


def test_a_file_that_cannot_even_be_renamed_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(path, "theme = ")
    monkeypatch.setattr(Path, "replace", _refuse)
    choices = Choices(path)
    assert choices.now == Settings()
    assert "nor be renamed" in choices.take_notes()[0]


def test_fields_of_a_newer_version_stay(path: Path) -> None:
    # would catch: an older version that forgets what a newer one was told
    choices = Choices(written(path, 'sparkle = "much"\n[more]\ndeep = 1'))
    assert [note.count("“sparkle”") + note.count("“more”") for note in choices.take_notes()] == [1, 1]
    choices.change("echo", value=False)
    assert tomllib.loads(path.read_text()) == {"sparkle": "much", "more": {"deep": 1}, "echo": False}


def test_a_value_that_the_field_does_not_take_changes_nothing(path: Path) -> None:
    choices = Choices(path)
    with pytest.raises(msgspec.ValidationError):
        choices.change("theme", "pink")
    assert choices.now == Settings()
    assert not path.exists()


@pytest.mark.parametrize("in_the_way", ["folder", "file"])
def test_a_disk_that_takes_nothing(path: Path, in_the_way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # would catch: a choice that is refused because of the disk, a temporary file that is left behind
    choices = Choices(path)
    if in_the_way == "folder":
        path.parent.write_text("")
    else:
        path.mkdir(parents=True)
        path.joinpath("x").write_text("")
        monkeypatch.setattr(Path, "replace", _refuse)
    with pytest.raises(SettingsNotKept, match="settings"):
        choices.change("theme", "dark")
    assert choices.now.theme == "dark"
    if in_the_way == "file":
        assert {entry.name for entry in path.parent.iterdir()} == {"settings.toml"}


def test_without_a_file_choices_hold_until_the_end() -> None:
    assert Choices(None).change("theme", "dark").theme == "dark"


def test_the_session_is_told_what_concerns_it() -> None:
    # would catch: a switch on the sheet that nobody obeys
    usual = Settings()
    assert orders(usual, usual) == []
    assert orders(usual, Settings(theme="dark", scale=200, push_to_talk_key="Pause")) == []
    assert orders(usual, Settings(speaker="Headset")) == [ChooseDevices("default", "Headset")]
    assert orders(usual, Settings(transmit="push")) == [SetTransmit(Transmit.PUSH)]
    assert orders(usual, Settings(lanes="2")) == [SetLanes(Lanes.TWO)]
    assert orders(usual, Settings(voice_mode="slim")) == [SetVoiceMode(VoiceWish.SLIM)]
    assert orders(usual, Settings(noise=False)) == [SetProcessing(noise=False)]
    changed = Settings(echo=False, high_pass=False, gain=False, receipts=False, keep_log=False)
    assert orders(usual, changed) == [SetProcessing(False, True, False, False), SetReceipts(False), SetKeepLog(False)]
    assert orders(changed, usual) == [SetProcessing(), SetReceipts(True), SetKeepLog(True)]
