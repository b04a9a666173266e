"""A real window under Xvfb for tests: real X events in, pixels out.

`screen` starts an Xvfb of its own, `open_window` a window on it over any backend, in the process of the test, so
that a test sees both ends. An exception in a Tk callback fails the test that caused it.

    def test_it(open_window):
        window = open_window(Opening(name="Ann"))        # over a FakeBackend, or pass backend=Network(…)
        window.click(window.app.connect.connect_button)
        window.until(lambda: window.backend.submitted)
"""

from __future__ import annotations

import gc
import os
import subprocess
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

from client.commands import Command, Quit
from client.events import Event, SessionEnded
from client.inbox import Inbox
from client.settings import Choices
from client.ui.app import Opening, Window, open_root
from client.ui.pump import Backend

SCREEN = (1280, 900)
SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
PATIENCE = 60.0  # seconds: generous, for a machine that is busy with other tests


class FakeBackend:
    """Keeps the commands, and answers `Quit`. Tests put events into `events`."""

    def __init__(self) -> None:
        self.events = Inbox()
        self.submitted: list[Command] = []

    def submit(self, command: Command) -> None:
        self.submitted.append(command)
        if isinstance(command, Quit):
            self.events.put(SessionEnded())

    def say(self, *events: Event) -> None:
        """Send events to the window."""
        for event in events:
            self.events.put(event)

    def commands(self, kind: type[Command]) -> list[Command]:
        """All commands of one kind so far."""
        return [command for command in self.submitted if isinstance(command, kind)]


class DrivenWindow:
    """A window and the hands and eyes of a person in front of it."""

    def __init__(self, app: Window, backend: Backend, name: str) -> None:
        self.app = app
        self.root = app.root
        self.backend = backend
        self._name = name

    def until(self, true: Callable[[], object]) -> None:
        """Run the window until something holds; fails where it never does."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, "this has not happened in the window"
            self.turn()

    def turn(self) -> None:
        """Let the window do what it has to do now."""
        self.root.update()
        time.sleep(0.002)

    def settle(self) -> None:
        """Let all events that are under way arrive and be drawn; a window that they closed is settled."""
        turns: list[None] = []
        self.root.after(120, lambda: turns.append(None))
        self.until(lambda: turns or self.is_closed())
        self.root.update_idletasks()

    def point_at(self, widget: tk.Misc) -> None:
        """Move the pointer into the middle of a widget."""
        self.root.update_idletasks()
        self.point_to(widget, widget.winfo_width() // 2, widget.winfo_height() // 2)

    def point_to(self, widget: tk.Misc, x: int, y: int) -> None:
        """Move the pointer to a place in a widget."""
        _xdotool("mousemove", str(widget.winfo_rootx() + x), str(widget.winfo_rooty() + y))
        self.settle()

    def press(self) -> None:
        """Click where the pointer is."""
        _xdotool("click", "1")
        self.settle()

    def click(self, widget: tk.Misc) -> None:
        """Click on a widget with the real pointer."""
        self.point_at(widget)
        self.press()

    def type(self, text: str) -> None:
        """Type on the real keyboard, into whatever has the focus."""
        _xdotool("type", "--delay", "4", text)
        self.settle()

    def key(self, *keys: str) -> None:
        """Press keys such as `Return`, `shift+Tab`, `ctrl+shift+m`."""
        for key in keys:
            _xdotool("key", key)
            self.settle()

    def focus(self) -> tk.Misc | None:
        """Where typing goes."""
        return self.root.focus_get()

    def picture(self, name: str = "") -> Image.Image:
        """The window as it is on the screen; with a name, also kept in build/screenshots."""
        self.point_away()
        self.settle()
        root = self.root
        left, top = root.winfo_rootx(), root.winfo_rooty()
        place = (left, top, left + root.winfo_width(), top + root.winfo_height())
        taken = ImageGrab.grab(place, xdisplay=os.environ["DISPLAY"])
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        taken.save(SCREENSHOTS / f"{name or self._name}.png")
        return taken.convert("RGB")

    def looked_at(self) -> bool:
        """Whether the window knows that somebody looks at the end of the messages."""
        return self.app._presenter._unread._here

    def point_away(self) -> None:
        """The pointer out of the window, so that nothing looks hovered."""
        _xdotool("mousemove", str(SCREEN[0] - 2), str(SCREEN[1] - 2))

    def pixels_of(self, widget: tk.Misc, picture: Image.Image) -> Image.Image:
        """What a widget looks like in a picture of the window."""
        x = widget.winfo_rootx() - self.root.winfo_rootx()
        y = widget.winfo_rooty() - self.root.winfo_rooty()
        return picture.crop((x, y, x + widget.winfo_width(), y + widget.winfo_height()))

    def is_closed(self) -> bool:
        """Whether the window is gone."""
        try:
            return not self.root.winfo_exists()
        except tk.TclError:
            return True


def _xdotool(*words: str) -> None:
    subprocess.run(["xdotool", *words], check=True, timeout=PATIENCE, capture_output=True)


def start_screen(dpi: int = 96) -> tuple[subprocess.Popen[bytes], str]:
    """Xvfb on a display that it chooses itself, and that display's name. The caller ends the process."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-dpi", str(dpi), "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(
        [*command, "-screen", "0", f"{SCREEN[0]}x{SCREEN[1]}x24"], pass_fds=[writing], stderr=subprocess.DEVNULL
    )
    os.close(writing)
    with os.fdopen(reading) as answer:  # ends without a number where Xvfb cannot start
        number = answer.readline().strip()
    if not number:
        server.wait(PATIENCE)
        raise RuntimeError("Xvfb did not start")
    return server, f":{number}"


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """The name of a display of our own.

    It lives as long as the tests: Tk keeps its connection after a window is gone, and ends the process when the
    other side of it goes away.
    """
    server, name = start_screen()
    yield name
    server.terminate()
    server.wait(PATIENCE)


@pytest.fixture
def open_window(
    screen: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., DrivenWindow]]:
    """Opens windows on the screen, closes them at the end, and fails the test for any exception in a callback."""
    monkeypatch.setenv("DISPLAY", screen)
    opened: list[DrivenWindow] = []

    def open_one(
        opening: Opening | None = None, backend: Backend | None = None, choices: Choices | None = None
    ) -> DrivenWindow:
        behind = backend or FakeBackend()
        app = Window(open_root(), behind, opening or Opening(), choices or Choices(None))
        app.build()
        window = DrivenWindow(app, behind, str(request.node.name).replace("[", "-").rstrip("]"))
        opened.append(window)
        window.point_away()
        window.settle()
        window.until(window.focus)  # there is no window manager that would give it
        return window

    yield open_one
    failures = [_closed(window) for window in opened]
    opened.clear()
    gc.collect()  # here: a network thread that still runs must not be the one to free widgets
    assert not any(failures), "a Tk callback raised, see the log"


def _closed(window: DrivenWindow) -> int:
    """Close a window; how many of its callbacks had failed."""
    if not window.is_closed():
        window.picture()
        window.app.close()
        window.app.close()  # what is unsent is told once
        window.until(window.is_closed)
    return window.app.failures
