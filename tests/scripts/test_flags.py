"""Flags of the scripts, read in this process."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from scripts.bench.flags import read_flags
from scripts.flags import Flags, port


@pytest.mark.parametrize("text", ["0", "9090", "65535"])
def test_ports(text: str) -> None:
    # Would catch a port that the broker takes and the scripts refuse.
    assert port(text) == text


@pytest.mark.parametrize("text", ["", "-1", "65536", "٣", "1" * 5_000])
def test_no_ports(text: str) -> None:
    # Would catch a wrong port that is found out only after everything was installed.
    with pytest.raises(ArgumentTypeError, match="no port"):
        port(text)


def test_one_line_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    # Would catch a usage text of many lines in front of the one that matters, and flags that are guessed.
    with pytest.raises(SystemExit) as ended:
        Flags("what it does").parse_args(["--hel"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "Unrecognized arguments: --hel. See --help.\n"


@pytest.mark.parametrize(
    "flags",
    ["--listeners 0", "--talkers 499", "--processes 0", "--rate 111", "--payload 7", "--seconds 0.5"],
)
def test_a_bench_that_cannot_be(flags: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a bench that fails in the middle.
    monkeypatch.setattr(sys, "argv", ["bench", *flags.split()])
    with pytest.raises(SystemExit) as ended:
        read_flags(None)
    assert ended.value.code == 2


def test_a_bench_that_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a flag that is lost on its way.
    monkeypatch.setattr(sys, "argv", ["bench", "--listeners", "3", "--json", "figures.json"])
    given = read_flags(None)
    assert (given.listeners, given.talkers, given.json) == (3, 2, Path("figures.json"))
