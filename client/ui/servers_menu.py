"""The list under the server field: where one has been, and what can be forgotten of it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from tkinter import ttk

from msgspec import Struct

from client.ui import connect_texts as texts
from client.ui.safe_text import bounded, safe_name
from client.ui.theme import Theme
from client.visited import Visit

_CELLS = 60


class ServerActions(Struct, frozen=True):
    """What the list asks of the window. `forget` without a visit: all of them."""

    known: Callable[[], Sequence[Visit]]
    choose: Callable[[Visit], None]
    forget: Callable[[Visit | None], None]


class ServersMenu:
    """A button at the end of the field, there while there is something to list; Down in the field opens it too."""

    def __init__(self, entry: ttk.Entry, theme: Theme, actions: ServerActions) -> None:
        self._entry = entry
        self._theme = theme
        self._actions = actions
        self.menu: tk.Menu | None = None
        image = theme.icon("down", theme.palette.muted, 16)
        self.button = ttk.Button(entry, style="QuietSurface.TButton", image=image, command=self.open, cursor="hand2")
        entry.bind("<Down>", lambda _event: self.open())
        self.refresh()

    def refresh(self) -> None:
        """The button comes with the first server, and goes with the last."""
        if self._actions.known():
            self.button.place(relx=1.0, x=-self._theme.px(5), rely=0.5, anchor="e")
        else:
            self.button.place_forget()

    def enable(self, *, on: bool) -> None:
        """As the field."""
        self.button.state(["!disabled" if on else "disabled"])

    def open(self) -> None:
        """The newest first; arrow keys, Enter and Escape work as in every menu."""
        visits = self._actions.known()
        if not visits or self._entry.instate(["disabled"]):
            return
        menu = self._theme.menu(self._entry)
        for visit in visits:
            menu.add_command(
                label=_words(visit),
                accelerator=f"{safe_name(visit.name)}  ",
                command=partial(self._actions.choose, visit),
            )
        menu.add_separator()
        # A list of its own: Tk draws the arrow of one within another as a smudge.
        menu.add_command(label=texts.FORGET, command=partial(self._entry.after_idle, self._open_forget))
        self._post(menu)

    def _open_forget(self) -> None:
        menu = self._theme.menu(self._entry)
        for visit in self._actions.known():
            menu.add_command(label=texts.forget(_words(visit)), command=partial(self._forget, visit))
        menu.add_separator()
        menu.add_command(label=texts.FORGET_ALL, command=partial(self._forget, None))
        self._post(menu)

    def _post(self, menu: tk.Menu) -> None:
        self.menu = menu
        menu.update_idletasks()
        menu.tk_popup(self._entry.winfo_rootx(), self._entry.winfo_rooty() + self._entry.winfo_height())

    def _forget(self, visit: Visit | None) -> None:
        self._actions.forget(visit)
        self.refresh()


def _words(visit: Visit) -> str:
    return texts.visit(bounded(visit.server, _CELLS), safe_name(visit.room) if visit.room else "")
