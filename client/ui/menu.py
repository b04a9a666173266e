"""The main menu: every action with its key, made anew each time it is opened."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from client.ui.actions import MENU, Act, is_on, is_possible
from client.ui.theme import Theme
from client.ui.view_state import ViewState


def open_menu(under: tk.Widget, theme: Theme, state: ViewState, do: Callable[[Act], None]) -> tk.Menu:
    """Open it under a widget, at its right edge; arrow keys and Escape work as in every menu."""
    menu = theme.menu(under)
    ticks: list[tk.BooleanVar] = []
    menu.bind("<Destroy>", lambda _event: ticks.clear())  # until then: Tk unsets a variable that nobody holds
    for group in MENU:
        if group is not MENU[0]:
            menu.add_separator()
        for action in group:
            on = is_on(action.act, state)
            enabled = "normal" if is_possible(action.act, state) else "disabled"
            words = {"label": action.label, "accelerator": f"{action.keys}  ", "state": enabled}
            if on is None:
                menu.add_command(command=lambda act=action.act: do(act), **words)  # type: ignore[misc, arg-type]
            else:
                ticks.append(tk.BooleanVar(menu, value=on))
                menu.add_checkbutton(variable=ticks[-1], command=lambda act=action.act: do(act), **words)  # type: ignore[misc, arg-type]
    menu.update_idletasks()  # only then it has its size
    right = under.winfo_rootx() + under.winfo_width() - menu.winfo_reqwidth()
    menu.tk_popup(max(right, 0), under.winfo_rooty() + under.winfo_height())
    return menu
