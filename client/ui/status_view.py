"""The status line at the bottom and the problem bar under the header."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from tkinter import ttk

from client.ui import connect_texts, texts
from client.ui.theme import Theme
from client.ui.view_state import Phase, Problem, Remedy, Status

_REMEDY_TEXTS = {
    Remedy.COPY_DETAILS: texts.COPY_DETAILS,
    Remedy.CONNECT_ANYWAY: texts.CONNECT_ANYWAY,
    Remedy.TRY_AGAIN: texts.TRY_AGAIN,
    Remedy.NEW_KEY: texts.NEW_KEY,
    Remedy.COMPARE: connect_texts.WHAT_HAPPENED,
    Remedy.CLOSE: texts.CLOSE_NOW,
}
_REMEDY_TIPS = {Remedy.COPY_DETAILS: texts.TIP_COPY_DETAILS, Remedy.CLOSE: texts.TIP_CLOSE_NOW}
Tip = tuple[tk.Widget, Callable[[], str]]
_COPIED_MS = 2_000
_GAP = 14  # pixels of 96 dpi between the parts of the status line
_LEAST = 160  # in so much room words are broken into lines, however small the window is


class StatusView(ttk.Frame):
    """State of the connection, the room's two words, the broker's four, and the button that copies an invite."""

    def __init__(self, parent: tk.Misc, theme: Theme, copy_invite: Callable[[], None]) -> None:
        super().__init__(parent, style="Page.TFrame")
        self._theme = theme
        self._shown: tuple[Status, str] | None = None
        self._copy = copy_invite
        self.state_label = ttk.Label(self, style="Page.TLabel", compound="left")
        self.invite_button = ttk.Button(
            self,
            style="QuietPage.TButton",
            text=texts.COPY_INVITE,
            image=theme.icon("link", theme.palette.accent, 16),
            compound="left",
            command=self._copied,
        )
        self.room_label = ttk.Label(self, style="PageStrong.TLabel")
        self.broker_label = ttk.Label(self, style="PageMuted.TLabel")
        self.bind("<Configure>", self._fit)
        self._wanted = {self.invite_button: False, self.broker_label: False, self.room_label: False}
        self._placed: tuple[list[ttk.Widget], bool] | None = None

    def show(self, status: Status, invite: str) -> None:
        """Show this state; nothing happens where it is shown already."""
        if self._shown == (status, invite):
            return
        self._shown = (status, invite)
        name, colour = self._sign(status.phase)
        self.state_label.configure(text=" " + status.text, image=self._theme.icon(name, colour, 14))
        self.room_label.configure(text=texts.room(status.room_words))
        warning = self._theme.palette.warning if status.broker_is_new else self._theme.palette.muted
        text = texts.broker(status.broker_words, first_contact=status.broker_is_new)
        self.broker_label.configure(text=text, foreground=warning)
        self._wanted[self.invite_button] = bool(invite)
        self._wanted[self.broker_label] = bool(status.broker_words)
        self._wanted[self.room_label] = bool(status.room_words)
        self._fit()

    def tips(self) -> Iterator[Tip]:
        """What each part is."""
        yield self.state_label, lambda: texts.TIP_STATUS
        yield self.room_label, lambda: texts.TIP_ROOM
        yield self.broker_label, lambda: texts.TIP_BROKER
        yield self.invite_button, lambda: texts.TIP_INVITE

    def _fit(self, _event: object = None) -> None:
        """As much as there is room for: the state first, then the invite, then the words of the room.

        Words that are still to be compared are never left out: where all has no room, they have a line of their own.
        """
        room = max(self.winfo_width(), self._theme.px(_LEAST))
        self.broker_label.configure(wraplength=room)
        wanted = [part for part in self._wanted if self._wanted[part]]
        beside = self._beside([self.invite_button, self.room_label, self.broker_label], room)
        is_new = self._shown is not None and self._shown[0].broker_is_new
        below = is_new and self._wanted[self.broker_label] and len(beside) < len(wanted)
        if below:
            beside = self._beside([self.invite_button, self.room_label], room)
        if self._placed != (beside, below):
            self._placed = beside, below
            self._place(beside, below=below)

    def _beside(self, parts: list[ttk.Widget], room: int) -> list[ttk.Widget]:
        """Those of the wanted parts that stand right of the state, from the right to the left."""
        room -= self.state_label.winfo_reqwidth()
        fits = []
        for part in parts:
            needed = part.winfo_reqwidth() + self._theme.px(_GAP)
            if self._wanted[part] and room >= needed:
                fits.append(part)
                room -= needed
        return [part for part in self._wanted if part in fits]

    def _place(self, beside: list[ttk.Widget], *, below: bool) -> None:
        for part in (self.state_label, *self._wanted):
            part.pack_forget()
        if below:
            self.broker_label.pack(side="bottom", anchor="w")
        self.state_label.pack(side="left")
        for part in beside:
            part.pack(side="right", padx=(self._theme.px(_GAP), 0))

    def _sign(self, phase: Phase) -> tuple[str, str]:
        """A filled dot only while connected: the state is told by shape and words, not by colour alone."""
        colours = self._theme.palette
        if phase is Phase.ONLINE:
            return "dot", colours.success
        return "ring", colours.muted if phase is Phase.OFFLINE else colours.warning

    def _copied(self) -> None:
        self._copy()
        self.invite_button.configure(text=texts.INVITE_COPIED)
        self.after(_COPIED_MS, lambda: self.invite_button.configure(text=texts.COPY_INVITE))


class ProblemView(ttk.Frame):
    """What is wrong, where, and a button that mends it. Not there while there is no problem. A question is calm."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, *, mend: Callable[[Remedy], None], dismiss: Callable[[], None]
    ) -> None:
        super().__init__(parent, style="Alert.TFrame", padding=(theme.px(12), theme.px(7), theme.px(8), theme.px(7)))
        self._theme = theme
        self._mend = mend
        self._shown: Problem | None = None
        self._sign = ttk.Label(self)
        self._title = ttk.Label(self)
        self._text = ttk.Label(self, justify="left")
        self.remedy_button = ttk.Button(self, style="PlainDanger.TButton", command=self._mended)
        self.dismiss_button = ttk.Button(self, style="QuietDanger.TButton", command=dismiss)
        self._colour(calm=False)
        self.columnconfigure(2, weight=1)
        self._sign.grid(row=0, column=0, padx=(0, theme.px(10)))
        self._title.grid(row=0, column=1, padx=(0, theme.px(10)))
        self._narrow = False
        self.fit(narrow=False)
        self.dismiss_button.grid(row=0, column=4, padx=(theme.px(6), 0))
        self.bind("<Configure>", self._wrap)

    def fit(self, *, narrow: bool) -> None:
        """In a narrow window the sentence stands under its title."""
        self._narrow = narrow
        place = {"row": 1, "column": 0, "columnspan": 5} if narrow else {"row": 0, "column": 2, "columnspan": 1}
        self._text.grid(sticky="w", **place)  # type: ignore[arg-type]

    @property
    def text(self) -> str:
        """What the bar says now, empty while it is not there."""
        return str(self._text.cget("text")) if self._shown else ""

    def show(self, problem: Problem | None) -> None:
        """Show this problem, or none."""
        if problem == self._shown:
            return
        self._shown = problem
        if problem is None:
            self.grid_remove()
            return
        self._colour(calm=problem.is_question)
        self._title.configure(text=texts.BEFORE_CLOSING if problem.is_question else texts.PART_TITLES[problem.part])
        self._text.configure(text=problem.text)
        if problem.remedy is None:
            self.remedy_button.grid_remove()
        else:
            self.remedy_button.configure(text=_REMEDY_TEXTS[problem.remedy])
            self.remedy_button.grid(row=0, column=3, padx=(self._theme.px(12), 0))
        self.grid()

    def tips(self) -> Iterator[Tip]:
        """What each button does."""
        yield self.remedy_button, self._remedy_tip
        yield self.dismiss_button, lambda: texts.TIP_DISMISS

    def _colour(self, *, calm: bool) -> None:
        ground = "Calm" if calm else "Danger"
        ink = self._theme.palette.accent_pressed if calm else self._theme.palette.danger
        self.configure(style="Question.TFrame" if calm else "Alert.TFrame")
        self._sign.configure(style=f"{ground}.TLabel", image=self._theme.icon("warning", ink, 20))
        self._title.configure(style=f"{ground}Strong.TLabel", foreground=ink)
        self._text.configure(style=f"{ground}.TLabel")
        self.remedy_button.configure(style=f"Plain{ground}.TButton")
        self.dismiss_button.configure(style=f"Quiet{ground}.TButton", image=self._theme.icon("close", ink, 16))

    def _remedy_tip(self) -> str:
        if self._shown is None or self._shown.remedy is None:
            return texts.TIP_REMEDY
        return _REMEDY_TIPS.get(self._shown.remedy, texts.TIP_REMEDY)

    def _mended(self) -> None:
        if self._shown is not None and self._shown.remedy is not None:
            self._mend(self._shown.remedy)
        if self._shown is not None and self._shown.remedy is Remedy.COPY_DETAILS:
            self.remedy_button.configure(text=texts.DETAILS_COPIED)  # until another problem is shown

    def _wrap(self, event: tk.Event[tk.Misc]) -> None:
        """Long sentences take several lines and never push the buttons out of the window."""
        if self._narrow:
            self._text.configure(wraplength=max(event.width - self._theme.px(30), self._theme.px(160)))
            return
        buttons = self.remedy_button.winfo_reqwidth() if self._shown and self._shown.remedy else 0
        taken = self._title.winfo_reqwidth() + buttons + self._theme.px(130)
        self._text.configure(wraplength=max(event.width - taken, self._theme.px(160)))
