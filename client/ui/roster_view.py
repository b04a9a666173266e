"""The list of people."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from client.ui import texts
from client.ui.people import PersonRow, PersonState
from client.ui.scroll_area import ScrollArea
from client.ui.theme import Theme

_ICONS = {
    PersonState.TEXT_ONLY: "text",
    PersonState.LISTENING: "headphones",
    PersonState.TALKING: "microphone",
    PersonState.UNCONFIRMED: "ring",
}


class RosterView(ttk.Frame):
    """Everyone in the room, one row each; a note where the list says less than it seems."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent, style="Card.TFrame", padding=(theme.px(12), theme.px(10), theme.px(6), theme.px(10)))
        self._theme = theme
        self._rows: dict[str, _RowView] = {}
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
                row = self._rows[person.session] = _RowView(self._area.inside, self._theme)
                self._area.adopt(row)
                if self._make_tip is not None:
                    self._make_tip(row, row.tip)
            self._rows[person.session].show(person)
        order = [person.session for person in people]
        if (order, note) != (self._order, self._note_shown):
            self._order, self._note_shown = order, note
            self._lay_out(note)

    def add_tips(self, make_tip: Callable[[tk.Widget, Callable[[], str]], object]) -> None:
        """From now on each row has a tooltip; `make_tip` takes a widget and what gives the text."""
        self._make_tip = make_tip
        for row in self._rows.values():
            make_tip(row, row.tip)

    def row(self, session: str) -> ttk.Frame:
        """The row of a person."""
        return self._rows[session]

    def row_text(self, session: str) -> str:
        """What a row says, for a tooltip and for tests."""
        return self._rows[session].text

    def _lay_out(self, note: str) -> None:
        for row in self._rows.values():
            row.pack_forget()
        self._note.pack_forget()
        for session in self._order:
            self._rows[session].pack(fill="x", pady=(0, self._theme.px(4)))
        if note:
            self._note.configure(text=note)
            self._note.pack(fill="x", anchor="w", padx=self._theme.px(2), pady=(self._theme.px(4), 0))

    def _fit(self, width: int) -> None:
        self._note.configure(wraplength=max(width - self._theme.px(8), 60))


class _RowView(ttk.Frame):
    """One person: sign, name, state in words, and the icon of the state."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent, style="Surface.TFrame")
        self._theme = theme
        self._shown: PersonRow | None = None
        self._mark = ttk.Label(self, style="Surface.TLabel")
        self._name = ttk.Label(self, style="SurfaceStrong.TLabel", anchor="w")
        self._words = ttk.Label(self, style="SurfaceMuted.TLabel", anchor="w")
        self._icon = ttk.Label(self, style="Surface.TLabel")
        self.columnconfigure(1, weight=1)
        self._mark.grid(row=0, column=0, rowspan=2, padx=(theme.px(2), theme.px(10)))
        self._name.grid(row=0, column=1, sticky="ew")
        self._words.grid(row=1, column=1, sticky="ew")
        self._icon.grid(row=0, column=2, rowspan=2, padx=(theme.px(6), theme.px(4)))

    @property
    def text(self) -> str:
        """Name and state as they are shown."""
        return f"{self._name.cget('text')}: {self._words.cget('text')}"

    def tip(self) -> str:
        """Who this is, for the tooltip."""
        person = self._shown
        if person is None:
            return ""
        words = texts.TIP_UNCONFIRMED if person.state is PersonState.UNCONFIRMED else person.words
        return texts.tip_person(person.name, person.member, words)

    def show(self, person: PersonRow) -> None:
        """Show this person."""
        if person == self._shown:
            return
        self._shown = person
        colours = self._theme.palette
        faint = person.state is PersonState.UNCONFIRMED
        talking = person.state is PersonState.TALKING
        colour = colours.success if talking else colours.muted
        self._mark.configure(image=self._theme.mark(person.member, 32, faint=faint))
        name = self._theme.line(f"{person.name} ({texts.YOU})" if person.own else person.name)
        self._name.configure(text=name, foreground=colours.muted if faint else colours.text)
        font = self._theme.fonts.small_strong if talking else self._theme.fonts.small
        self._words.configure(text=person.words, foreground=colour, font=font)
        self._icon.configure(image=self._theme.icon(_ICONS[person.state], colour, 18))
