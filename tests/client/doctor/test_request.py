"""What doctor is asked to look at."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from client.doctor.request import DoctorRequest, read_doctor_request
from common.errors import BadSetting


def read(*arguments: str) -> DoctorRequest:
    return read_doctor_request(list(arguments), {"SECURE_CHAT_KEY": "a phrase"}, io.StringIO())


def test_everything_said() -> None:
    given = ("--server", "h:9", "--state-dir", "here", "--mic", "a", "--speaker", "b", "--lasting-key", "--json")
    asked = read(*given)
    assert asked == DoctorRequest("h:9", "a phrase", Path("here"), "a", "b", True, True)
    assert "a phrase" not in repr(asked)


def test_nothing_said_looks_at_this_computer_alone() -> None:
    asked = read()
    assert (asked.server, asked.microphone, asked.speaker) == ("", "default", "default")
    assert asked.state_folder.name == "secure-chat"


def test_wrong_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadSetting, match="cannot both"):
        read("--invite", "-", "--key-file", "-")
    with pytest.raises(SystemExit) as ended:
        read("--help")
    assert ended.value.code == 0
    # would catch: a code that scripts rely on, and is told nowhere
    assert "Exit codes: 0 where nothing failed" in capsys.readouterr().out
