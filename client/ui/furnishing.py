"""What the window gets once it can be seen: libraries on another thread, then its parts in steps that nobody feels."""

from __future__ import annotations

import threading
import time  # noqa: TID251 - an edge: how long a turn takes is measured, not decided
import tkinter as tk
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

_LOOK_MS: Final = 50  # for the libraries
_PAUSE_MS: Final = 5  # keys, pointer and drawing have their turn in between
_SLICE_SECONDS: Final = 0.008  # of work in one turn


class Furnishing:
    """`load` is called on another thread; the steps are taken on Tk's when it has returned."""

    def __init__(self, root: tk.Misc, load: Callable[[], None], steps: Callable[[], Iterator[None]]) -> None:
        self._root = root
        self._steps = steps
        self._loading = threading.Thread(target=load, name="furnishing", daemon=True)

    def begin(self) -> None:
        """Once."""
        self._loading.start()
        self._root.after(_LOOK_MS, self._look)

    def _look(self) -> None:
        if self._loading.is_alive():
            self._root.after(_LOOK_MS, self._look)
        else:
            self._work(self._steps())

    def _work(self, steps: Iterator[None]) -> None:
        until = time.monotonic() + _SLICE_SECONDS
        for _step in steps:
            if time.monotonic() >= until:
                self._root.after(_PAUSE_MS, self._work, steps)
                return


def load_libraries() -> None:
    """Of tooltips and drawing. What is missing is told where it is used."""
    with suppress(ImportError):
        import client.ui.drawing  # noqa: PLC0415 - the window starts without them
        import client.ui.tooltip  # noqa: F401, PLC0415
