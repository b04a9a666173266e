"""The clipboard: what should not lie there for long is taken away again."""

from __future__ import annotations

import tkinter as tk
from typing import Final

FORGET_MS: Final = 60_000


class Clipboard:
    """Of one window."""

    def __init__(self, root: tk.Tk, forget_ms: int = FORGET_MS) -> None:
        self._root = root
        self._forget_ms = forget_ms
        self._timer = ""
        self._lent = ""

    def lend(self, secret: str) -> None:
        """Put it there for a minute; what somebody copies meanwhile stays."""
        if self._timer:
            self._root.after_cancel(self._timer)
        self._root.clipboard_clear()
        self._root.clipboard_append(secret)
        self._lent = secret
        self._timer = self._root.after(self._forget_ms, self._forget, secret)

    def close(self) -> None:
        """The window goes, and nobody would take it away later."""
        if self._timer:
            self._root.after_cancel(self._timer)
            self._forget(self._lent)

    def put(self, text: str) -> None:
        """Put there what may stay: the text is no secret."""
        self._root.clipboard_clear()
        self._root.clipboard_append(text)

    def _forget(self, secret: str) -> None:
        self._timer = ""
        try:
            lent = self._root.clipboard_get()
        except tk.TclError:  # empty, or no text
            return
        if lent == secret:
            self._root.clipboard_clear()
