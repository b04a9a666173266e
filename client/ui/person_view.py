"""One row of the list of people, and what can be chosen for its person: how loud it is heard, and whether at all."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Final

from msgspec import Struct

from client.tuning import LOUDEST, QUIETEST
from client.ui import texts
from client.ui.people import PersonRow, PersonState
from client.ui.theme import Theme

_ICONS: Final = {
    PersonState.TEXT_ONLY: "text",
    PersonState.LISTENING: "headphones",
    PersonState.TALKING: "microphone",
    PersonState.UNCONFIRMED: "ring",
    PersonState.MUTED: "loudspeaker-off",
}
_CALM_MS: Final = 120  # a slider that is moved asks for hundreds of volumes, and each is written to the disk


class Tune(Struct, frozen=True):
    """What a row asks for; a person is named by the fingerprint of its device."""

    volume: Callable[[str, float], None]
    mute: Callable[[str, bool], None]


class PersonView(ttk.Frame):
    """Sign, name, state in words, and the icon of the state. The rows of others open and close."""

    def __init__(self, parent: tk.Misc, theme: Theme, tune: Tune, opened: Callable[[PersonView], None]) -> None:
        """`opened` is told before what can be chosen is shown."""
        super().__init__(parent, style="Row.TFrame", padding=theme.px(3), takefocus=False)
        self._theme = theme
        self._tune = tune
        self._opened = opened
        self._shown: PersonRow | None = None
        self._mark = ttk.Label(self, style="Surface.TLabel")
        self._name = ttk.Label(self, style="SurfaceStrong.TLabel", anchor="w")
        self._words = ttk.Label(self, style="SurfaceMuted.TLabel", anchor="w")
        self._icon = ttk.Label(self, style="Surface.TLabel")
        self.tuning: TuningView | None = None
        self.columnconfigure(1, weight=1)
        self._mark.grid(row=0, column=0, rowspan=2, padx=(theme.px(2), theme.px(10)))
        self._name.grid(row=0, column=1, sticky="ew")
        self._words.grid(row=1, column=1, sticky="ew")
        self._icon.grid(row=0, column=2, rowspan=2, padx=(theme.px(6), theme.px(4)))
        for widget in (self, self._mark, self._name, self._words, self._icon):
            for press in ("<Button-1>", "<Button-3>"):
                widget.bind(press, self._pressed)
        for key in ("<Return>", "<space>", "<Menu>", "<Shift-F10>"):
            self.bind(key, self._pressed)

    @property
    def text(self) -> str:
        """Name and state as they are shown."""
        return f"{self._name.cget('text')}: {self._words.cget('text')}"

    @property
    def opens(self) -> bool:
        """Whether there is something to choose: not for oneself."""
        return self._shown is not None and not self._shown.own

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
        self.configure(cursor="" if person.own else "hand2")
        if self.tuning is not None:
            self.tuning.show(person)

    def open(self) -> None:
        """Show what can be chosen."""
        if self.tuning is not None or self._shown is None or not self.opens:
            return
        self._opened(self)
        self.tuning = TuningView(self, self._theme, self._tune, self._shown)
        self.tuning.grid(row=2, column=0, columnspan=3, sticky="ew", pady=(self._theme.px(4), 0))
        self.tuning.bind_all_within("<Escape>", self._escape)

    def close(self) -> None:
        """Hide it again."""
        if self.tuning is not None:
            self.tuning.destroy()
            self.tuning = None

    def _pressed(self, _event: object) -> str:
        if self.opens:
            self.focus_set()
            if self.tuning is None:
                self.open()
            else:
                self.close()
        return "break"

    def _escape(self, _event: object) -> str:
        self.close()
        self.focus_set()
        return "break"


class TuningView(ttk.Frame):
    """A switch and a slider."""

    def __init__(self, parent: tk.Misc, theme: Theme, tune: Tune, person: PersonRow) -> None:
        super().__init__(parent, style="Surface.TFrame")
        self._tune = tune
        self._member = person.member
        self._timer = ""
        self._muted = tk.BooleanVar(self, person.muted)
        self._decibels = tk.DoubleVar(self, person.decibels)
        self.slider = ttk.Scale(
            self,
            style="Volume.Horizontal.TScale",
            from_=QUIETEST,
            to=LOUDEST,
            variable=self._decibels,
            command=lambda _value: self._moved(),
            takefocus=True,
        )
        self._value = ttk.Label(self, style="SurfaceMuted.TLabel", anchor="e", width=7)
        self.mute = ttk.Checkbutton(
            self, style="Switch.TCheckbutton", text=texts.MUTE, variable=self._muted, command=self._switch
        )
        self.reset = ttk.Button(self, style="QuietSurface.TButton", text=texts.VOLUME_RESET, command=self._reset)
        self.columnconfigure(0, weight=1)
        self.slider.grid(row=0, column=0, sticky="ew")
        self._value.grid(row=0, column=1, padx=(theme.px(6), 0))
        self.mute.grid(row=1, column=0, sticky="w")
        self.reset.grid(row=1, column=1, sticky="e")
        self._tell_value()

    def bind_all_within(self, sequence: str, act: Callable[[object], str]) -> None:
        """For each control."""
        for control in (self.mute, self.slider, self.reset):
            control.bind(sequence, act)

    def show(self, person: PersonRow) -> None:
        """What was chosen elsewhere; a slider that is being moved stays where it is."""
        if not self._timer and "pressed" not in self.slider.state():
            self._decibels.set(person.decibels)
        self._muted.set(person.muted)
        self._tell_value()

    def destroy(self) -> None:
        """What was asked for last is not forgotten."""
        if self._timer:
            self._ask()
        super().destroy()

    def _switch(self) -> None:
        self._tune.mute(self._member, self._muted.get())

    def _reset(self) -> None:
        self._decibels.set(0.0)
        self._moved()

    def _moved(self) -> None:
        self._tell_value()
        if not self._timer:
            self._timer = self.after(_CALM_MS, self._ask)

    def _ask(self) -> None:
        self.after_cancel(self._timer)
        self._timer = ""
        self._tune.volume(self._member, float(round(self._decibels.get())))

    def _tell_value(self) -> None:
        self._value.configure(text=texts.decibels(round(self._decibels.get())))
