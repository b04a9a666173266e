"""The folder of the sockets."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from client.ctl import place
from client.ctl.place import NoPlace, is_mine, listen, make_folder, running, runtime_folder


def test_where_it_is() -> None:
    assert runtime_folder({"XDG_RUNTIME_DIR": "/run/user/1"}, Path("/s")) == Path("/run/user/1/secure-chat")
    assert runtime_folder({"XDG_RUNTIME_DIR": "here"}, Path("/s")) == Path("/s/run")
    assert runtime_folder({}, Path("/s")) == Path("/s/run")


def test_it_is_made_for_one_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_folder(folder)
    folder.chmod(0o755)
    listener, path = listen(folder)
    with listener:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [path] == running(folder) == list(folder.iterdir())
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
            assert is_mine(caller)


def test_what_others_could_have_made_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("link").symlink_to(tmp_path)
    with pytest.raises(NoPlace, match="somebody else"):
        make_folder(tmp_path / "link")
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    with pytest.raises(NoPlace, match="somebody else"):
        make_folder(tmp_path)
    here, there = socket.socketpair()
    with here, there:
        assert not is_mine(here)
        monkeypatch.delattr(socket, "SO_PEERCRED")
        assert is_mine(here)  # the folder alone keeps others out


def test_where_there_can_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("file").touch()
    with pytest.raises(NoPlace, match="cannot be used"):
        make_folder(tmp_path / "file" / "folder")
    with pytest.raises(NoPlace, match="too long"):
        listen(tmp_path / ("x" * 120))
    monkeypatch.setattr(place, "UNIX", False)
    with pytest.raises(NoPlace, match="no Unix sockets"):
        listen(tmp_path)


def test_the_newest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert running(tmp_path / "none") == []
    for number, name in enumerate(("b.ctl", "c.ctl", "a.ctl", "other")):
        tmp_path.joinpath(name).touch()
        os.utime(tmp_path / name, ns=(number, number))
    assert [path.name for path in running(tmp_path)] == ["a.ctl", "c.ctl", "b.ctl"]
    monkeypatch.setattr(Path, "glob", lambda *_: [tmp_path / "gone.ctl"])
    assert running(tmp_path) == []
