from pathlib import Path

import pytest

from client.visited import KEPT, NotKept, Visit, Visited

HOME, WORK = Visit("home:9090", "Ann"), Visit("work:9000", "Ann B.", link="secure-chat://work:9000/?k=x&v=7")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "servers.json"


def test_the_newest_first_and_each_once(path: Path) -> None:
    # Would catch a list that is lost at the end of the program, and one that others can read.
    visited = Visited(path)
    for visit in (HOME, WORK, Visit("HOME:9090", "Anna")):
        visited.remember(visit)
    assert Visited(path).all() == (Visit("HOME:9090", "Anna"), WORK)
    assert [visit.where for visit in visited.all()] == ["HOME:9090", WORK.link]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["servers.json"]


def test_a_room_whose_key_is_kept_has_an_entry_of_its_own(path: Path) -> None:
    visited = Visited(path)
    otter, crane = Visit("home:9090", "Ann", room="otter lamp"), Visit("home:9090", "Ann", room="crane fig")
    for visit in (HOME, otter, crane):
        visited.remember(visit)
    assert visited.all() == (crane, otter, HOME)
    visited.forget_key(crane)
    assert visited.all() == (HOME, otter)  # two entries without a key would be the same one twice


def test_what_is_forgotten_is_gone(path: Path) -> None:
    visited = Visited(path)
    visited.remember(HOME)
    visited.remember(WORK)
    visited.forget(HOME)
    assert visited.all() == (WORK,)
    visited.remember(Visit("Work:9000", "Ann", room="otter lamp"))
    visited.forget_server("work:9000")
    assert visited.all() == ()
    visited.remember(HOME)
    visited.forget_all()
    visited.forget_all()
    assert not path.exists()


def test_the_list_does_not_grow(path: Path) -> None:
    visited = Visited(path)
    for number in range(KEPT + 3):
        visited.remember(Visit(f"host{number}:9090", "Ann"))
    assert [visit.server for visit in visited.all()] == [f"host{number}:9090" for number in range(KEPT + 2, 2, -1)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b"[" * 50_000,
        b'[{"server": 1, "name": "a"}]',
        b"\xff\xfe",
        b'[{"server": "' + b"h" * 2_000 + b'", "name": ""}]',
        b'[{"server": "h:1", "name": ""}' + b" " * 70_000 + b"]",
    ],
)
def test_a_broken_file_is_set_aside_and_told(path: Path, content: bytes) -> None:
    # Would catch a window that does not open because of a list, and a list that is lost without a word.
    path.parent.mkdir()
    path.write_bytes(content)
    visited = Visited(path)
    assert visited.all() == ()
    (note,) = visited.take_notes()
    assert note.startswith("The list of servers could not be read (")
    assert note.endswith("): it was renamed to servers.json.broken, a new one is begun.")
    assert visited.take_notes() == []
    assert path.with_name("servers.json.broken").read_bytes() == content
    visited.remember(HOME)
    assert visited.all() == (HOME,)
    assert visited.take_notes() == []


def test_a_list_that_breaks_while_we_run_is_set_aside_before_it_is_written(path: Path) -> None:
    visited = Visited(path)
    visited.remember(WORK)
    path.write_bytes(b"[{")
    visited.remember(HOME)
    assert len(visited.take_notes()) == 1
    assert path.with_name("servers.json.broken").read_bytes() == b"[{"
    assert Visited(path).all() == (HOME,)


def _refuse(*_: object) -> None:
    raise PermissionError(13, "not allowed")


def test_where_nothing_can_be_written_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with pytest.raises(NotKept, match="cannot be written"):
        Visited(in_the_way / "servers.json").remember(HOME)
    folder = tmp_path / "servers.json"
    folder.mkdir()
    with pytest.raises(NotKept):
        Visited(folder).forget_all()
    monkeypatch.setattr(Path, "replace", _refuse)
    visited = Visited(folder)
    with pytest.raises(NotKept):
        visited.forget(HOME)
    assert "nor be renamed" in visited.take_notes()[0]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "servers.json"]


def test_without_a_file_nothing_is_remembered() -> None:
    visited = Visited(None)
    visited.remember(HOME)
    visited.forget_all()
    assert visited.all() == ()
