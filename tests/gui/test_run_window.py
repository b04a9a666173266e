"""The window's beginning and end, and what it is made of: icons, colours, a second of patience."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

from client.commands import Command, Connect, Quit
from client.events import SessionEnded
from client.inbox import Inbox
from client.late import LateSession
from client.settings import Choices
from client.ui import app, drawing
from client.ui.app import NoDisplay, Opening, open_root, run_window
from client.ui.pictures import Pictures
from tests.gui.window import PATIENCE, SCREEN, SCREENSHOTS, FakeBackend, start_screen


class DeafBackend(FakeBackend):
    """Never answers `Quit`."""

    def submit(self, command: Command) -> None:
        self.submitted.append(command)


def test_without_a_screen_the_text_client_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # would catch: a traceback on a server
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(NoDisplay, match="--text"):
        open_root()


def test_a_state_folder_that_does_not_work_is_told_on_the_screen(screen: str, tmp_path: Path) -> None:
    # would catch: a click on the icon after which nothing happens at all
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.sqlite3").write_bytes(b"no database, for sure" * 100)
    client = subprocess.Popen(
        [sys.executable, "-m", "client", "--state-dir", str(tmp_path / "state")],
        env=os.environ | {"DISPLAY": screen, "XDG_RUNTIME_DIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        found = subprocess.run(
            ["xdotool", "search", "--sync", "--onlyvisible", "--name", "Secure Chat"],
            env=os.environ | {"DISPLAY": screen},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        ImageGrab.grab(xdisplay=screen).save(SCREENSHOTS / "no-window.png")
        window = found.stdout.split()[0]
        subprocess.run(
            ["xdotool", "windowfocus", "--sync", window, "key", "Return"],
            env=os.environ | {"DISPLAY": screen},
            check=True,
        )
        said = client.communicate(timeout=PATIENCE)[1]
        assert client.returncode == 2
        assert "state folder" in said
    finally:
        client.kill()
        client.wait()


def test_closing_asks_the_session_to_end_and_waits_for_it(screen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # would catch: a window that goes while sockets and sound are still open
    monkeypatch.setenv("DISPLAY", screen)
    backend = FakeBackend()
    monkeypatch.setattr(app.Window, "_begin", lambda window: window.root.after(50, window.close))
    assert run_window(backend, Opening(), Choices(None)) == 0
    assert backend.submitted == [Quit()]


def test_a_session_that_does_not_end_is_not_waited_for_for_ever(
    screen: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # would catch: a window that cannot be closed
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.setattr(app, "_LEAVE_SECONDS", 0.3)
    backend = DeafBackend()

    def close_twice(window: app.Window) -> None:
        window.root.after(50, window.close)
        window.root.after(60, window.close)

    monkeypatch.setattr(app.Window, "_begin", close_twice)
    assert run_window(backend, Opening(), Choices(None)) == 1
    assert backend.submitted == [Quit()]
    assert "did not end" in caplog.text


def test_what_the_first_paint_does_not_need_comes_after_it(screen: str, tmp_path: Path) -> None:
    # would catch: an import that brings back one of the libraries without which the window starts sooner
    def loaded() -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", _LOADED_WHEN_PAINTED, str(tmp_path)],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"DISPLAY": screen, "XDG_RUNTIME_DIR": str(tmp_path)},
            timeout=60,
        )
        return set(done.stdout.split())

    first, second = loaded(), loaded()
    assert first & _LATER == {"PIL"}  # there are no pictures yet
    assert "client.ui.page" in second
    assert second & _LATER == set()


def test_connect_may_be_pressed_before_the_session_is_loaded(screen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # would catch: a click right at the first paint that comes to nothing
    monkeypatch.setenv("DISPLAY", screen)
    obeyed: list[Command] = []

    class Loaded:
        def __init__(self, inbox: Inbox) -> None:
            self._inbox = inbox

        def start(self) -> None:
            assert not obeyed

        def submit(self, command: Command) -> None:
            obeyed.append(command)
            if isinstance(command, Quit):
                self._inbox.put(SessionEnded())

    def pressed(window: app.Window) -> None:
        window.page.connect.connect_button.invoke()
        assert not obeyed
        close(window)

    def close(window: app.Window) -> None:
        if obeyed:
            window.close()
        else:
            window.root.after(20, close, window)

    session, ready = LateSession(Loaded), Opening("192.0.2.1:9090", "Ann", "a key of several words")
    monkeypatch.setattr(app.Window, "_begin", pressed)
    assert run_window(session, ready, Choices(None), session.begin) == 0
    assert obeyed == [Connect(ready.server, ready.name, ready.phrase), Quit()]


def test_a_damaged_picture_is_drawn_again(screen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # would catch: no window, or an empty button, because of a file that can be made anew
    monkeypatch.setenv("DISPLAY", screen)
    root = open_root()
    kept = Pictures(root, "look", tmp_path)
    size = kept.icon("menu", 20, "#000000").width()
    kept.keep()
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"PNG", b"GNP"))
    mended = Pictures(root, "look", tmp_path)
    assert mended.icon("menu", 20, "#000000").width() == size
    mended.keep()
    assert file.read_bytes() == whole
    root.destroy()


_LATER = {
    *("PIL", "dataclasses", "_hashlib", "cryptography", "numpy", "zmq", "opuslib_next", "soundfile", "soxr", "pyaudio"),
    *("keyring", "tktooltip", "segno", "prompt_toolkit", "tomli_w", "webbrowser", "configparser"),
    *("client.log_store", "client.network", "common.messages", "common.crypto.keys"),
}
_LOADED_WHEN_PAINTED = """
import os, sys
from client.__main__ import main
from client.ui import app

def painted(window):
    window._look.theme.keep_pictures()
    print(*sys.modules, flush=True)
    os._exit(0)

app.Window._load = painted
main(["--mic", "none", "--speaker", "none", "--state-dir", sys.argv[1]])
"""


def test_icons_are_there_in_all_sizes() -> None:
    from importlib.resources import files

    for size in (16, 24, 32, 48, 64, 128, 256):
        with files("client.ui").joinpath(f"icons/secure-chat-{size}.png").open("rb") as stored:
            assert Image.open(stored).size == (size, size)


def test_device_marks_differ_and_stay_the_same() -> None:
    # would catch: two people of one name who look alike, or one who looks different after a restart
    marks = {drawing.device_mark(f"device {number}", 28, "#4a43d1", "#ffffff").tobytes() for number in range(20)}
    assert len(marks) == 20
    assert drawing.device_mark("device 1", 28, "#4a43d1", "#ffffff").tobytes() in marks


def test_at_192_dpi_everything_is_twice_as_large() -> None:
    # would catch: icons and boxes of a fixed size beside text that grew, or a window larger than the screen
    server, name = start_screen(192)
    try:  # in a process of its own: Tk does not survive the end of its screen
        done = subprocess.run(
            [sys.executable, "-c", _AT_192_DPI],
            check=False,
            capture_output=True,
            text=True,
            env=os.environ | {"DISPLAY": name},
            timeout=60,
        )
    finally:
        server.terminate()
        server.wait(PATIENCE)
    assert done.returncode == 0, done.stderr
    scale, toggle, wide, high = (float(word) for word in done.stdout.split())
    assert scale == pytest.approx(2.0, abs=0.1)
    assert toggle > 60
    assert (wide <= SCREEN[0], high <= SCREEN[1]) == (True, True)


_AT_192_DPI = """
from client.settings import Choices
from client.ui.app import Opening, Window, open_root
from tests.gui.window import DrivenWindow, FakeBackend
backend = FakeBackend()
app = Window(open_root(), backend, Opening(), Choices(None))
app.build()
window = DrivenWindow(app, backend, "192dpi")
window.picture()
print(app.stage.theme.scale, app.page.voice.speaker.winfo_height(), app.root.winfo_width(), app.root.winfo_height())
"""
