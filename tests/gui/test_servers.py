"""The servers where one has been, under the server field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from client.commands import Connect
from client.events import Part, RoomJoined
from client.safe import Safe
from client.settings import Choices
from client.ui.app import Opening
from client.visited import Visit, Visited
from tests.client.test_safe import MemoryRing
from tests.gui.test_window import ANN, INVITE, MET, READY, fake
from tests.gui.window import DrivenWindow

Open = Callable[..., DrivenWindow]
HOME, WORK = Visit("home.example:9090", "Ann"), Visit("work.example:9000", "Ann from work")


def known(path: Path, *visits: Visit) -> Visited:
    visited = Visited(path / "servers.json")
    for visit in reversed(visits):
        visited.remember(visit)
    return visited


def test_one_is_chosen_by_keyboard_and_brings_its_name(open_window: Open, tmp_path: Path) -> None:
    # would catch: a list that needs a mouse, a name of another place
    window = open_window(Opening(visited=known(tmp_path, HOME, WORK)))
    connect = window.app.page.connect
    window.key("Down")
    window.until(lambda: connect.servers.menu is not None and connect.servers.menu.winfo_viewable())
    window.picture("servers")
    window.key("Down", "Down", "Return")
    window.until(lambda: connect.fields.server == WORK.server)
    assert connect.fields.name == WORK.name
    window.until(lambda: window.focus() is connect.entries[Part.KEY])


def test_what_stands_as_the_name_is_told(open_window: Open, tmp_path: Path) -> None:
    # would catch: `secure-chat ctl status` that tells another name than the form shows
    told: list[str] = []
    window = open_window(Opening("", "Me", visited=known(tmp_path, HOME, WORK), named=told.append))
    window.app.page.connect.focus_part(Part.NAME)
    window.type("Bo")
    window.until(lambda: told[-1:] == ["Bo"])
    window.app.page.connect.focus_part(Part.SERVER)
    servers = window.app.page.connect.servers
    window.key("Down")
    window.until(lambda: servers.menu is not None and servers.menu.winfo_viewable())
    window.key("Down", "Down", "Return")
    window.until(lambda: told[-1] == WORK.name)
    window.app.chooser.choose("theme", "dark")  # another form
    window.app.page.connect.focus_part(Part.NAME)
    window.type("Cy")
    window.until(lambda: told[-1] == "Cy")


def forget(window: DrivenWindow, *keys: str) -> None:
    """By the last line of the open list, and by these keys in the list that opens then."""
    servers = window.app.page.connect.servers
    before = servers.menu
    window.key("Up", "Up", "Return")
    window.until(lambda: servers.menu is not before and servers.menu is not None and servers.menu.winfo_viewable())
    window.picture("forget")
    window.key(*keys, "Return")


def test_one_is_forgotten_and_then_all(open_window: Open, tmp_path: Path) -> None:
    # would catch: a list that shows for ever where one was once
    visited = known(tmp_path, HOME, WORK)
    window = open_window(Opening(visited=visited))
    servers = window.app.page.connect.servers
    window.click(servers.button)
    window.until(lambda: servers.menu is not None and servers.menu.winfo_viewable())
    forget(window, "Down")
    window.until(lambda: visited.all() == (WORK,))
    window.click(servers.button)
    forget(window, "Up", "Up")
    window.until(lambda: visited.all() == ())
    window.until(lambda: not servers.button.winfo_ismapped())


def test_whoever_was_let_in_is_remembered(open_window: Open, tmp_path: Path) -> None:
    visited = known(tmp_path)
    window = open_window(Opening(READY.server, READY.name, READY.phrase, visited=visited))
    connect = window.app.page.connect
    assert not connect.servers.button.winfo_ismapped()
    window.click(connect.connect_button)
    assert isinstance(fake(window).submitted[-1], Connect)
    fake(window).say(MET, RoomJoined("f1", (ANN,), "otter lamp"))
    window.until(connect.servers.button.winfo_ismapped)
    assert visited.all() == (Visit(str(INVITE.address), "Ann"),)
    window.app.chooser.choose("remember_servers", False)  # the switch in the settings
    assert visited.all() == ()


def test_who_has_chosen_so_leaves_no_trace(open_window: Open, tmp_path: Path) -> None:
    visited = known(tmp_path)
    choices = Choices(None, {"remember_servers": False})
    window = open_window(Opening(READY.server, READY.name, READY.phrase, visited=visited), choices=choices)
    window.click(window.app.page.connect.connect_button)
    fake(window).say(MET, RoomJoined("f1", (ANN,), "otter lamp"))
    window.until(window.app.page.status.room_label.winfo_ismapped)
    assert visited.all() == ()


def test_a_key_is_remembered_only_with_the_tick_and_forgotten_without_it(open_window: Open, tmp_path: Path) -> None:
    # would catch: a key that is kept unasked, kept elsewhere, or left behind
    ring, visited = MemoryRing(), known(tmp_path)
    opening = Opening(READY.server, READY.name, READY.phrase, open_safe=lambda: Safe(ring), visited=visited)
    window = open_window(opening)
    connect = window.app.page.connect
    window.until(connect.remember_box.winfo_ismapped)
    assert not connect.remember_key.get()
    window.click(connect.remember_box)
    window.picture("remember-key")
    window.click(connect.connect_button)
    assert ring.kept == {}
    fake(window).say(MET, RoomJoined("f1", (ANN,), "otter lamp"))
    window.until(lambda: list(ring.kept.values()) == [INVITE.phrase])
    assert visited.all() == (Visit(str(INVITE.address), "Ann", room="otter lamp"),)
    assert str(INVITE.phrase) not in (tmp_path / "servers.json").read_text()

    again = open_window(Opening(str(INVITE.address), "Ann", open_safe=lambda: Safe(ring), visited=visited))
    header = again.app.page.connect
    again.until(lambda: header.fields.phrase == INVITE.phrase)
    assert header.remember_key.get()
    again.click(header.remember_box)
    again.until(lambda: not ring.kept)
    assert visited.all() == (Visit(str(INVITE.address), "Ann"),)


def test_without_a_keyring_there_is_no_such_box(open_window: Open) -> None:
    window = open_window(READY)
    window.settle()
    assert not window.app.page.connect.remember_box.winfo_ismapped()


def test_a_broken_list_is_set_aside_and_told_in_the_bar(open_window: Open, tmp_path: Path) -> None:
    # would catch: a window that has forgotten all servers, and says nothing; one message that hides the other
    for name in ("servers.json", "settings.toml"):
        tmp_path.joinpath(name).write_text("[{")
    visited = Visited(tmp_path / "servers.json")
    window = open_window(Opening(visited=visited), choices=Choices(tmp_path / "settings.toml"))
    window.until(window.app.page.problem.winfo_ismapped)
    assert "settings.toml.broken" in window.app.page.problem.text
    assert "servers.json.broken" in window.app.page.problem.text
    window.picture("broken-files")
    window.app._dismiss()
    visited.remember(HOME)
    tmp_path.joinpath("servers.json").write_text("[{")
    window.app.page.connect.servers.open()  # it broke while the window was open
    window.until(lambda: "servers.json.broken-2" in window.app.page.problem.text)
