"""Streams as they are."""

from __future__ import annotations

import io
from typing import TextIO, cast

import pytest

from client import console
from client.console import Streams, is_cut


def test_lines_in_and_out() -> None:
    stdout = io.StringIO()
    told: list[str] = []
    streams = Streams(io.StringIO("a\n\nb"), stdout)
    streams.read(told.append)
    streams.write(["x", "y"])
    streams.close()
    assert told == ["a\n", "\n", "b"]
    assert stdout.getvalue() == "x\ny\n"


def test_a_line_that_is_too_long_is_told_once_and_as_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "LINE_CHARACTERS", 4)
    told: list[str] = []
    Streams(io.StringIO("12345678\nabc\nxyz"), io.StringIO()).read(told.append)
    assert told == ["1234", "abc\n", "xyz"]
    assert [is_cut(line) for line in told] == [True, False, False]


def test_a_terminal_that_was_closed_is_the_end_of_input() -> None:
    class Gone:
        def readline(self, _size: int) -> str:
            raise OSError("input/output error")

    told: list[str] = []
    Streams(cast("TextIO", Gone()), io.StringIO()).read(told.append)
    assert told == []
