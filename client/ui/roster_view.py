"""The list of people."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from client.ui import texts
from client.ui.people import PersonRow
from client.ui.person_view import PersonView, Tune
from client.ui.scroll_area import ScrollArea
from client.ui.theme import Theme


class RosterView(ttk.Frame):
    """Everyone in the room, one row each; a note where the list says less than it seems.

    The list is one stop of Tab; the arrow keys go from row to row. One row at a time is open.
    """

    def __init__(self, parent: tk.Misc, theme: Theme, tune: Tune) -> None:
        super().__init__(parent, style="Card.TFrame", padding=(theme.px(12), theme.px(10), theme.px(6), theme.px(10)))
        self._theme = theme
        self._tune = tune
        self._rows: dict[str, PersonView] = {}
        self._order: list[str] = []
        self._note_shown: str | None = None
        self._make_tip: Callable[[tk.Widget, Callable[[], str]], object] | None = None
        self._title = ttk.Label(self, style="SurfaceStrong.TLabel", text=texts.PEOPLE)
        self._title.pack(anchor="w", padx=(theme.px(2), 0), pady=(0, theme.px(6)))
        self._area = ScrollArea(self, theme, width=208, height=40)
        self._area.on_width = self._fit
        self._area.pack(fill="both", expand=True)
        self._note = ttk.Label(self._area.inside, style="SurfaceMuted.TLabel", justify="left")

    def show(self, people: tuple[PersonRow, ...], note: str) -> None:
        """Show these people in this order; rows that stay are changed, not made anew."""
        self._title.configure(text=texts.people(len(people)))
        wanted = {person.session for person in people}
        for session in [session for session in self._rows if session not in wanted]:
            self._rows.pop(session).destroy()
        for person in people:
            if person.session not in self._rows:
                row = self._rows[person.session] = PersonView(self._area.inside, self._theme, self._tune, self._open)
                row.bind("<Up>", lambda event: self._go(event.widget, -1))
                row.bind("<Down>", lambda event: self._go(event.widget, 1))
                row.bind("<FocusIn>", lambda event: self._make_stop(event.widget), add="+")
                self._area.adopt(row)
                if self._make_tip is not None:
                    self._make_tip(row, row.tip)
            self._rows[person.session].show(person)
        order = [person.session for person in people]
        if (order, note) != (self._order, self._note_shown):
            self._order, self._note_shown = order, note
            self._lay_out(note)
        stops = [row for row in self._rows.values() if row.opens]
        if stops and not any(int(row.cget("takefocus")) for row in stops):
            self._make_stop(stops[0])

    @property
    def first(self) -> PersonView | None:
        """The row that Tab reaches, if there is one."""
        return next((row for row in self._rows.values() if int(row.cget("takefocus"))), None)

    def add_tips(self, make_tip: Callable[[tk.Widget, Callable[[], str]], object]) -> None:
        """From now on each row has a tooltip; `make_tip` takes a widget and what gives the text."""
        self._make_tip = make_tip
        for row in self._rows.values():
            make_tip(row, row.tip)

    def row(self, session: str) -> PersonView:
        """The row of a person."""
        return self._rows[session]

    def row_text(self, session: str) -> str:
        """What a row says, for a tooltip and for tests."""
        return self._rows[session].text

    def _go(self, row: tk.Misc, step: int) -> str:
        """To the next row that can be opened, up or down."""
        rows: list[tk.Misc] = [one for one in self._in_order() if one.opens]
        if row in rows:
            rows[max(0, min(len(rows) - 1, rows.index(row) + step))].focus_set()
        return "break"

    def _make_stop(self, row: tk.Misc) -> None:
        for one in self._rows.values():
            one.configure(takefocus=one is row)

    def _open(self, opened: PersonView) -> None:
        for row in self._rows.values():
            if row is not opened:
                row.close()
        self._area.after_idle(self._show_whole, opened)

    def _show_whole(self, row: PersonView) -> None:
        if row.winfo_exists():
            self._area.adopt(row)  # what it has shown now scrolls too
            self._area.see(row)

    def _in_order(self) -> list[PersonView]:
        return [self._rows[session] for session in self._order]

    def _lay_out(self, note: str) -> None:
        for row in self._rows.values():
            row.pack_forget()
        self._note.pack_forget()
        for row in self._in_order():
            row.pack(fill="x", pady=(0, self._theme.px(2)))
        if note:
            self._note.configure(text=note)
            self._note.pack(fill="x", anchor="w", padx=self._theme.px(2), pady=(self._theme.px(4), 0))

    def _fit(self, width: int) -> None:
        self._note.configure(wraplength=max(width - self._theme.px(8), 60))
