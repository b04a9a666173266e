"""Into the user's folders and out of them again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import client.__main__ as program
from client import install_desktop
from client.install_desktop import NotInstalled, start_command


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that were called; none of them runs."""
    called: list[str] = []
    monkeypatch.setattr(shutil, "which", lambda name: name if name.startswith("update") else None)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: called.append(command[0]))
    return called


def test_there_and_away(tmp_path: Path, asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert install_desktop.run([], tmp_path) == 0
    assert "Exec=" in tmp_path.joinpath("applications/secure-chat.desktop").read_text()
    for size in (16, 256):
        with Image.open(tmp_path / f"icons/hicolor/{size}x{size}/apps/secure-chat.png") as icon:
            assert icon.size == (size, size)
    assert install_desktop.run([], tmp_path) == 0  # again: it is written anew
    assert install_desktop.run(["--remove"], tmp_path) == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert asked == ["update-desktop-database"] * 3
    capsys.readouterr()
    assert install_desktop.run(["--remove"], tmp_path) == 0
    assert capsys.readouterr().out == "Nothing was installed.\n"


def test_by_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert program.main(["install-desktop"]) == 0
    assert tmp_path.joinpath("applications/secure-chat.desktop").exists()


def test_what_starts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    command, folder = start_command()
    assert command == [str(tmp_path / "python"), "-m", "client"]
    assert (Path(folder) / "client" / "__main__.py").is_file()
    tmp_path.joinpath("secure-chat").touch()
    assert start_command() == ([str(tmp_path / "secure-chat")], "")


def test_where_it_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("applications").touch()
    with pytest.raises(NotInstalled, match="install-desktop: "):
        install_desktop.run([], tmp_path)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(NotInstalled, match=r"freedesktop\.org"):
        install_desktop.run([], tmp_path)
