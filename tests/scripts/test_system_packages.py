import pytest

from scripts.setup import system_packages
from scripts.setup.system_packages import SOUND, TK, VENV, Machine, advice
from scripts.setup.window import has_screen


@pytest.mark.parametrize(
    ("part", "machine", "line"),
    [
        (TK, Machine("linux", "apt", True), "sudo apt install python3-tk"),
        (TK, Machine("linux", "dnf", True), "sudo dnf install python3-tkinter"),
        (TK, Machine("darwin", "brew", False, 13), "brew install python-tk@3.13"),
        (VENV, Machine("linux", "apt", True), "sudo apt install python3-venv"),
        (SOUND, Machine("linux", "apt", False), "sudo apt install portaudio19-dev gcc libc6-dev python3-dev"),
        (SOUND, Machine("linux", "dnf", True), "sudo dnf install portaudio-devel gcc python3-devel"),
        (SOUND, Machine("darwin", "brew", False), "brew install portaudio"),
    ],
)
def test_the_line_to_type(part: system_packages.Part, machine: Machine, line: str) -> None:
    # mistake: a line for another system, which the reader pastes and which fails
    assert advice(part, machine) == line


def test_apt_is_not_promised_to_mend_another_python() -> None:
    # mistake: python3-tk is recommended to somebody whose Python comes from pyenv, where it changes nothing
    assert "no package can mend it" in advice(TK, Machine("linux", "apt", False))
    assert "/usr/bin/python3" in advice(VENV, Machine("linux", "apt", False))


def test_without_a_known_package_manager_the_packages_are_named() -> None:
    assert "portaudio19-dev" in advice(SOUND, Machine("linux", "", True))


def test_windows_gets_a_sentence() -> None:
    assert "tcl/tk" in advice(TK, Machine("win32", "", False))


def test_another_system_is_never_installed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # mistake: apt-get is called because we are root, on a machine without apt
    monkeypatch.setattr(system_packages, "_privilege", lambda: ("env",))
    assert not system_packages.may_install(Machine("linux", "dnf", True))
    assert system_packages.may_install(Machine("linux", "apt", True))


def test_nothing_is_installed_without_the_right_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "_privilege", lambda: None)
    monkeypatch.setattr(system_packages, "_run", lambda *_: pytest.fail("a command was run"))
    assert not system_packages.install(TK)


@pytest.mark.parametrize(
    ("platform", "environment", "there"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ""}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_whether_there_is_a_screen(platform: str, environment: dict[str, str], *, there: bool) -> None:
    # mistake: macOS, which has no DISPLAY, is sent to the demo
    assert has_screen(platform, environment) == there
