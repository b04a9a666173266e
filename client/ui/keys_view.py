"""All keys, on one sheet."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from client.ui import texts
from client.ui.actions import WITH_KEYS
from client.ui.sheet import Sheet
from client.ui.theme import Theme


class KeysView(Sheet):
    """What can be done by a key: everywhere, and in the fields."""

    def __init__(self, parent: tk.Misc, theme: Theme, close: Callable[[], None], push_to_talk_key: str) -> None:
        super().__init__(parent, theme, texts.KEYS, close)
        self.body.columnconfigure(1, weight=1)
        rows = [(action.keys, action.label) for action in WITH_KEYS]
        rows += [(push_to_talk_key, texts.KEY_TALK), *texts.MORE_KEYS]
        for row, (keys, words) in enumerate(rows):
            ttk.Label(self.body, style="SurfaceStrong.TLabel", text=keys).grid(
                row=row, column=0, sticky="nw", padx=(theme.px(6), theme.px(20)), pady=theme.px(5)
            )
            label = ttk.Label(self.body, style="Surface.TLabel", text=words, justify="left")
            self.wrap(label, 200).grid(row=row, column=1, sticky="nw", pady=theme.px(5))
        self.finish()
