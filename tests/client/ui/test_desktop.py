"""What desktops answer, as they were seen to answer, and what does not answer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from client.ui import desktop
from client.ui.desktop import Desktop, ask, from_gnome, from_gtk, from_kde, from_portal, from_theme_name, palette_name


@pytest.mark.parametrize(
    ("theme", "known", "name"),
    [
        ("system", Desktop(), "light"),
        ("system", Desktop(dark=True), "dark"),
        ("system", Desktop(dark=False), "light"),
        ("system", Desktop(dark=False, contrast=True), "contrast"),
        ("light", Desktop(dark=True, contrast=True), "light"),
        ("contrast", Desktop(), "contrast"),
    ],
)
def test_the_users_choice_wins_over_the_desktop(theme: str, known: Desktop, name: str) -> None:
    assert palette_name(theme, known) == name


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (
            "({'org.freedesktop.appearance': {'color-scheme': <uint32 1>, 'contrast': <uint32 0>}},)",
            Desktop(True, False),
        ),
        (
            "({'org.freedesktop.appearance': {'contrast': <uint32 1>, 'color-scheme': <uint32 2>}},)",
            Desktop(False, True),
        ),
        ("({'org.freedesktop.appearance': {'color-scheme': <uint32 0>}},)", Desktop()),
        ("({'org.gnome.desktop.a11y.interface': {'high-contrast': <true>}},)", Desktop(None, True)),
        ("({'org.gnome.desktop.a11y.interface': {'high-contrast': <false>}},)", Desktop(None, False)),
        ("(@a{sa{sv}} {},)", Desktop()),
        ("", Desktop()),
    ],
)
def test_portal(answer: str, known: Desktop) -> None:
    assert from_portal(answer) == known


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("'Adwaita-dark'", Desktop(True)),
        ("Adwaita:dark", Desktop(True)),
        ("Adwaita", Desktop()),
        ("HighContrast", Desktop(None, True)),
        ("HighContrastInverse", Desktop(True, True)),
        ("", Desktop()),
    ],
)
def test_theme_names(name: str, known: Desktop) -> None:
    assert from_theme_name(name) == known


def test_gnome() -> None:
    line = "org.gnome.desktop.interface "
    assert from_gnome(f"{line}clock-format '24h'\n{line}color-scheme 'prefer-dark'\n") == Desktop(True)
    assert from_gnome(f"{line}color-scheme 'default'\n{line}gtk-theme 'Adwaita-dark'\n") == Desktop(True)
    assert from_gnome(f"{line}color-scheme 'prefer-light'\n{line}gtk-theme 'X-dark'\n") == Desktop(False)
    assert from_gnome("No such schema") == Desktop()


def test_kde() -> None:
    assert from_kde("[Colors:Window]\nBackgroundNormal=35,38,41\n") == Desktop(True)
    assert from_kde("[Colors:Window]\nBackgroundNormal=239,240,241\n[General]\nColorScheme=X Dark") == Desktop(False)
    assert from_kde("[General]\nColorScheme=BreezeDark\n") == Desktop(True)
    assert from_kde("[General]\nColorScheme=BreezeLight\n") == Desktop()
    assert from_kde("no section = 1\n") == Desktop()


def test_gtk() -> None:
    assert from_gtk("[Settings]\ngtk-application-prefer-dark-theme=1\n") == Desktop(True)
    assert from_gtk("[Settings]\ngtk-theme-name=HighContrast\n") == Desktop(None, True)
    assert from_gtk("") == Desktop()


class Answers:
    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, command: tuple[str, ...]) -> str:
        self.asked.append(command[0])
        return self.answers.get(command[0], "")


def test_without_a_bus_only_files_are_read(tmp_path: Path) -> None:
    # would catch: a bus daemon that is started by asking
    run = Answers(gdbus="'color-scheme': <uint32 1>")
    assert ask({"XDG_CONFIG_HOME": str(tmp_path)}, "linux", run) == Desktop()
    assert run.asked == []
    folder = tmp_path / "gtk-3.0"
    folder.mkdir()
    folder.joinpath("settings.ini").write_text("[Settings]\ngtk-theme-name=Adwaita-dark\n")
    assert ask({"XDG_CONFIG_HOME": str(tmp_path)}, "linux", run) == Desktop(True)
    folder.joinpath("settings.ini").write_bytes(b"\xff\xfe[")
    assert ask({"HOME": str(tmp_path), "XDG_CONFIG_HOME": ""}, "linux", run) == Desktop()


def test_the_portal_is_asked_first(tmp_path: Path) -> None:
    bus = {"HOME": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}
    gnome = "org.gnome.desktop.interface color-scheme 'prefer-dark'"
    run = Answers(gdbus="'color-scheme': <uint32 2>", gsettings=gnome)
    assert ask(bus, "linux", run) == Desktop(False)
    assert run.asked == ["gdbus"]
    silent = Answers(gsettings=gnome)
    assert ask(bus, "linux", silent) == Desktop(True)
    assert silent.asked == ["gdbus", "gsettings"]
    assert ask(bus | {"GTK_THEME": "Adwaita:dark"}, "linux", run) == Desktop(True)


def test_a_bus_may_be_known_by_its_place_only(tmp_path: Path) -> None:
    tmp_path.joinpath("bus").touch()
    run = Answers(gdbus="'color-scheme': <uint32 1>")
    assert ask({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}, "linux", run) == Desktop(True)


def test_kde_keeps_a_file(tmp_path: Path) -> None:
    tmp_path.joinpath("kdeglobals").write_text("[General]\nColorScheme=BreezeDark\n")
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_CURRENT_DESKTOP": "KDE"}
    assert ask(environment, "linux", Answers()) == Desktop(True)


def test_macos() -> None:
    assert ask({}, "darwin", Answers(defaults="Dark\n")) == Desktop(True, False)
    assert ask({}, "darwin", Answers()) == Desktop(False, False)


def test_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    class Key:
        def __init__(self, _root: object, path: str) -> None:
            if "Accessibility" in path and not flags:
                raise OSError

        def __enter__(self) -> Key:
            return self

        def __exit__(self, *_: object) -> None: ...

    class Registry:
        HKEY_CURRENT_USER = 0
        OpenKey = Key

        @staticmethod
        def QueryValueEx(_key: Key, name: str) -> tuple[object, int]:  # noqa: N802
            return {"AppsUseLightTheme": 0, "Flags": flags}[name], 1

    monkeypatch.setitem(sys.modules, "winreg", Registry)
    flags = "127"
    assert ask({}, "win32") == Desktop(True, True)
    flags = ""
    assert ask({}, "win32") == Desktop(True, False)
    flags = "odd"
    assert ask({}, "win32") == Desktop(True, None)


def test_a_command_that_is_not_there_or_fails_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert desktop._output(("there-is-no-such-command-here",)) == ""
    assert desktop._output((sys.executable, "-c", "print('x'); raise SystemExit(1)")) == ""
    assert desktop._output((sys.executable, "-c", "print('x')")).strip() == "x"
    monkeypatch.setattr(desktop, "_SECONDS", 0.001)
    assert desktop._output((sys.executable, "-c", "import time; time.sleep(9)")) == ""
