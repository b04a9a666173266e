"""How loud a microphone is, in bars."""

from __future__ import annotations

import math
import tkinter as tk

from client.ui.theme import Theme

_BARS = 24
_FLOOR_DB = 54.0  # quieter than that is silence: the meter begins there


class LevelMeter(tk.Canvas):
    """No bars at all while the microphone is off."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(
            parent, height=theme.px(8), width=1, background=theme.palette.surface, highlightthickness=0, borderwidth=0
        )
        self._theme = theme
        self._lit = -1
        self._bars = [self.create_rectangle(0, 0, 0, 0, width=0) for _ in range(_BARS)]
        self.bind("<Configure>", self._place)

    def show(self, level: float, *, on: bool) -> None:
        """`level` is 0..1 of full scale; it is shown in decibels, as ears count."""
        loud = 0.0 if level <= 0 else max(0.0, 1 + 20 * math.log10(level) / _FLOOR_DB)
        lit = round(loud * _BARS) if on else -1
        if lit != self._lit:
            self._lit = lit
            self._colour()

    def _colour(self) -> None:
        colours = self._theme.palette
        for index, bar in enumerate(self._bars):
            loud = colours.warning if index >= _BARS - 3 else colours.success
            dark = colours.disabled if self._lit >= 0 else colours.surface
            self.itemconfigure(bar, fill=loud if index < self._lit else dark)

    def _place(self, event: tk.Event[tk.Misc]) -> None:
        step = event.width / _BARS
        for index, bar in enumerate(self._bars):
            self.coords(bar, index * step, 0, (index + 1) * step - self._theme.px(2), event.height)
        self._colour()
