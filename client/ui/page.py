"""The page of the window: all views, and how they are arranged. It is built anew where theme or scale change."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from tkinter import ttk
from typing import Final

from msgspec import Struct

from client.events import BrokerChanged, Part
from client.ui.chat_view import ChatView
from client.ui.connect_view import ConnectActions, ConnectView
from client.ui.excerpt import Excerpt
from client.ui.form import Fields
from client.ui.person_view import Tune
from client.ui.roster_view import RosterView
from client.ui.status_view import ProblemView, StatusView
from client.ui.theme import Theme
from client.ui.view_state import Remedy, ViewState
from client.ui.voice_view import VoiceView

_NARROW: Final = 700  # pixels of 96 dpi: less has no room for people beside the messages
_LOW: Final = 160  # where the messages are lower, people need the room of the input line too
Tip = tuple[tk.Widget, Callable[[], str]]


class Deeds(Struct, frozen=True):
    """What the views ask for when the user does something."""

    connecting: ConnectActions
    mend: Callable[[Remedy], None]
    dismiss: Callable[[], None]
    send: Callable[[str], bool]
    edit: Callable[[str], None]
    set_speaker: Callable[[bool], None]
    set_microphone: Callable[[bool], None]
    copy_invite: Callable[[], None]
    trust: Callable[[BrokerChanged], None]
    tune: Tune


class Page(ttk.Frame):
    """All views. `show` a state; what a person has typed is in `connect` and `chat`."""

    def __init__(self, root: tk.Misc, theme: Theme, deeds: Deeds, excerpt: Excerpt, fields: Fields) -> None:
        super().__init__(root, style="Page.TFrame")
        self._theme = theme
        self.connect = ConnectView(self, theme, deeds.connecting, fields)
        self.problem = ProblemView(self, theme, mend=deeds.mend, dismiss=deeds.dismiss)
        self.chat = ChatView(self, theme, excerpt, send=deeds.send, edited=deeds.edit)
        self.roster = RosterView(self, theme, deeds.tune)
        self.voice = VoiceView(
            self,
            theme,
            set_speaker=deeds.set_speaker,
            set_microphone=deeds.set_microphone,
            show_people=lambda on: self._place_people(shown=on),
        )
        self.status = StatusView(self, theme, deeds.copy_invite)
        self._narrow = False
        self._arrange()
        self.bind("<Configure>", self._fit)

    def show(self, state: ViewState) -> None:
        """Bring all views to this state; each changes only what is new."""
        wrong = state.problem.part if state.problem else None
        self.connect.show(can_connect=state.can_connect, can_disconnect=state.can_disconnect, wrong=wrong)
        self.problem.show(state.problem)
        self.chat.show(can_send=state.can_send, wrong=wrong is Part.TEXT, writing=state.writing)
        self.chat.messages.show(state.empty_title, state.empty_text)
        self.chat.messages.offer_unread(state.offers_new)
        self.roster.show(state.people, state.people_note)
        self.voice.show(state.voice)
        self.voice.count_people(len(state.people))
        self.status.show(state.status, state.invite)

    def tips(self) -> Iterator[Tip]:
        """What each part of each view is for."""
        for view in (self.connect, self.problem, self.chat, self.voice, self.status):
            yield from view.tips()

    def panes(self) -> tuple[tuple[tk.Misc, tk.Widget], ...]:
        """The parts of the window in order, each with its first control."""
        fields = self.connect.entries
        first = fields[Part.SERVER] if "disabled" not in fields[Part.SERVER].state() else self.connect.disconnect_button
        people = self.roster.first
        return (
            (self.connect, first),
            (self.chat.messages, self.chat.messages.text),
            (self.chat, self.chat.input),
            *([(self.roster, people)] if people is not None and people.winfo_viewable() else []),
            (self.voice, self.voice.speaker),
            (self.status, self.status.invite_button),
        )

    def _arrange(self) -> None:
        px = self._theme.px
        narrow = self._narrow
        self.columnconfigure(0, weight=1)
        self.rowconfigure(2, weight=1)
        edge, gap = px(12), px(8)
        self.connect.grid(row=0, column=0, columnspan=2, sticky="ew", padx=edge, pady=(edge, 0))
        self.problem.grid(row=1, column=0, columnspan=2, sticky="ew", padx=edge, pady=(gap, 0))
        self.problem.grid_remove()
        span, right = (2, edge) if narrow else (1, 0)
        self.chat.grid(
            row=2, column=0, rowspan=3 - span, columnspan=span, sticky="nsew", padx=(edge, right), pady=(gap, 0)
        )
        self.voice.grid(
            row=3, column=2 - span, columnspan=span, sticky="nsew", padx=(edge if narrow else gap, edge), pady=(gap, 0)
        )
        self.status.grid(row=4, column=0, columnspan=2, sticky="ew", padx=px(18), pady=(px(6), px(6)))
        self._place_people(shown=False)

    def _place_people(self, *, shown: bool) -> None:
        """Beside the messages; where there is no room for that, before them while they are asked for."""
        if not self._narrow:
            self.roster.place_forget()
            gap = self._theme.px(8)
            self.roster.grid(row=2, column=1, sticky="nsew", padx=(gap, self._theme.px(12)), pady=(gap, 0))
            return
        self.roster.grid_forget()
        if shown:
            low = self.chat.messages.winfo_height() < self._theme.px(_LOW)
            cover = self.chat if low else self.chat.messages
            self.roster.place(in_=cover, relwidth=1, relheight=1, bordermode="outside")
            self.roster.lift()
        else:
            self.roster.place_forget()

    def _fit(self, event: tk.Event[tk.Misc]) -> None:
        """Another arrangement where the window has become narrow, or wide again."""
        narrow = event.width < self._theme.px(_NARROW)
        if event.widget is self and narrow != self._narrow:
            self._narrow = narrow
            self._arrange()
            for view in (self.connect, self.problem, self.voice):
                view.fit(narrow=narrow)
