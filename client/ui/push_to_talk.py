"""The key that is held to talk. A held key repeats: X11 sends release and press in pairs, under a millisecond apart."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Final

RELEASE_MS: Final = 25  # a release is one only where no press follows within this time


class PushToTalk:
    """`hold` is called with True when the key goes down and with False when it comes up, or the window is left."""

    def __init__(self, root: tk.Tk, hold: Callable[[bool], None]) -> None:
        self._root = root
        self._hold = hold
        self._key = ""
        self._down = False
        self._release = ""  # the timer that makes a release final
        root.bind("<FocusOut>", self._left, add="+")

    def use(self, key: str) -> bool:
        """Listen to this key from now on (Tk's word for it), or none where it is empty. False: Tk knows no such key."""
        if key == self._key:
            return True
        if self._key:
            self._let_go()
            self._root.unbind(f"<KeyPress-{self._key}>")
            self._root.unbind(f"<KeyRelease-{self._key}>")
        self._key = ""
        if key:
            try:
                self._root.bind(f"<KeyPress-{key}>", self._pressed)
                self._root.bind(f"<KeyRelease-{key}>", self._released)
            except tk.TclError:
                return False
        self._key = key
        return True

    def _pressed(self, _event: object) -> str:
        self._keep()
        if not self._down:
            self._down = True
            self._hold(self._down)
        return "break"

    def _released(self, _event: object) -> str:
        self._keep()
        self._release = self._root.after(RELEASE_MS, self._let_go)
        return "break"

    def _left(self, event: tk.Event[tk.Misc]) -> None:
        """The release would go to another window."""
        if event.widget is self._root:
            self._let_go()

    def _keep(self) -> None:
        if self._release:
            self._root.after_cancel(self._release)
            self._release = ""

    def _let_go(self) -> None:
        self._keep()
        if self._down:
            self._down = False
            self._hold(self._down)
