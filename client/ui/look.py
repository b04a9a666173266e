"""Which theme the window has now: chosen by the user, or as the desktop wants it."""

from __future__ import annotations

import threading
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import Final

from client.settings import Settings
from client.ui.desktop import Desktop, palette_name
from client.ui.palette import PALETTES
from client.ui.theme import Theme

_WAIT_SECONDS: Final = 0.15  # for the first answer; a desktop that is slower than that is followed later
_LOOK_MS: Final = 100


class Look:
    """The themes of one window. Each is made once: ttk keeps what it was ever given."""

    def __init__(self, root: tk.Tk, settings: Settings, ask: Callable[[], Desktop], folder: Path | None = None) -> None:
        """`ask` is `client.ui.desktop.ask`, or what stands for it; it is called on a thread of its own.

        Pictures are kept in `folder` for the next start; None: nowhere.
        """
        self._root = root
        self._ask = ask
        self._settings = settings
        self._folder = folder
        self._themes: dict[tuple[str, int], Theme] = {}
        self._desktop = Desktop()
        self._answers: list[Desktop] = []
        self._asking = threading.Thread(target=self._asked, name="desktop", daemon=True)
        self._asking.start()
        self._asking.join(_WAIT_SECONDS)
        self._take_answer()
        self.theme = self._wanted()
        self.theme.install()

    def choose(self, settings: Settings) -> bool:
        """The user's settings now. True where that is another theme: what was built has to be built anew."""
        self._settings = settings
        theme = self._wanted()
        if theme is self.theme:
            return False
        self.theme = theme
        theme.install()
        return True

    def follow(self, changed: Callable[[], None]) -> None:
        """Ask the desktop again, and call `changed` where there is another theme now. Never waits."""
        if self._settings.theme != "system" or self._asking.is_alive():
            return
        self._asking = threading.Thread(target=self._asked, name="desktop", daemon=True)
        self._asking.start()
        self._root.after(_LOOK_MS, self._look, changed)

    def _look(self, changed: Callable[[], None]) -> None:
        if self._asking.is_alive():
            self._root.after(_LOOK_MS, self._look, changed)
            return
        self._take_answer()
        if self.choose(self._settings):
            changed()

    def _asked(self) -> None:
        self._answers.append(self._ask())

    def _take_answer(self) -> None:
        while self._answers:
            self._desktop = self._answers.pop()

    def _wanted(self) -> Theme:
        key = (palette_name(self._settings.theme, self._desktop), self._settings.scale)
        if key not in self._themes:
            self._themes[key] = Theme(self._root, PALETTES[key[0]], key[1], self._folder)
        return self._themes[key]
