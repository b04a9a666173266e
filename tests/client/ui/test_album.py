from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from client.ui.album import Album


def drawn(album: Album, *names: str) -> list[str]:
    """Which of these had to be drawn."""
    drawn: list[str] = []

    def draw(name: str) -> bytes:
        drawn.append(name)
        return name.encode()

    for name in names:
        assert album.picture(name, lambda name=name: draw(name)) == name.encode()  # type: ignore[misc]
    return drawn


def test_what_was_drawn_is_there_at_the_next_start(tmp_path: Path) -> None:
    # would catch: pictures that are drawn at each start, or files that others can read the folder of
    album = Album(tmp_path / "new", "first")
    assert drawn(album, "a", "b") == ["a", "b"]
    album.keep()
    assert drawn(Album(tmp_path / "new", "first"), "a", "b", "c") == ["c"]
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert len(os.listdir(tmp_path / "new")) == 1  # noqa: PTH208


def test_another_look_or_drawing_has_pictures_of_its_own(tmp_path: Path) -> None:
    # would catch: a dark window with light buttons, or old pictures after an update
    light = Album(tmp_path, "light")
    drawn(light, "a")
    light.keep()
    assert drawn(Album(tmp_path, "dark"), "a") == ["a"]
    (file,) = tmp_path.iterdir()
    file.rename(file.with_name(Album(tmp_path, "dark").file_name))  # two editions of one checksum
    assert drawn(Album(tmp_path, "dark"), "a") == ["a"]


def test_what_nobody_uses_any_more_goes(tmp_path: Path) -> None:
    # would catch: a file that grows with every change of the window
    old = Album(tmp_path, "one")
    drawn(old, "a", "b")
    old.keep()
    now = Album(tmp_path, "one")
    drawn(now, "b", "c")
    now.keep()
    assert drawn(Album(tmp_path, "one"), "b", "c", "a") == ["a"]


def test_nothing_is_written_where_nothing_is_new(tmp_path: Path) -> None:
    # would catch: a megabyte written at each start
    album = Album(tmp_path, "one")
    drawn(album, "a")
    album.keep()
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns, file.stat().st_ino
    again = Album(tmp_path, "one")
    drawn(again, "a")
    again.keep()
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == before


@pytest.mark.parametrize(
    "content", [b"", b"\xc1", b"{}", msgspec.msgpack.encode({"edition": "one", "pictures": {"a": 7}})]
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    # would catch: a window that does not open any more after a crash while the file was written
    album = Album(tmp_path, "one")
    (tmp_path / album.file_name).write_bytes(content)
    again = Album(tmp_path, "one")
    assert drawn(again, "a") == ["a"]
    again.keep()
    assert drawn(Album(tmp_path, "one"), "a") == []


def test_without_a_folder_that_can_be_written_all_is_drawn(tmp_path: Path) -> None:
    # would catch: no window where the disk is full, or the cache belongs to somebody else
    (tmp_path / "file").touch()
    for folder in (None, tmp_path / "file" / "below"):
        album = Album(folder, "one")
        assert drawn(album, "a") == ["a"]
        album.keep()
        assert drawn(Album(folder, "one"), "a") == ["a"]
