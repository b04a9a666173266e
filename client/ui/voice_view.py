"""Speaker and microphone: two toggles, flat while off and sunken while on, and the level of the microphone."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from tkinter import ttk

from client.ui import texts
from client.ui.level_meter import LevelMeter
from client.ui.theme import Theme
from client.ui.voice_state import VoiceShown

Tip = tuple[tk.Widget, Callable[[], str]]


class VoiceView(ttk.Frame):
    """The toggles call `set_speaker` and `set_microphone` with what they are to be."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        *,
        set_speaker: Callable[[bool], None],
        set_microphone: Callable[[bool], None],
        show_people: Callable[[bool], None],
    ) -> None:
        super().__init__(parent, style="Card.TFrame", padding=(theme.px(8), theme.px(8)))
        self._theme = theme
        self._shown: VoiceShown | None = None
        self._speaker_on = tk.BooleanVar(self, value=False)
        self._microphone_on = tk.BooleanVar(self, value=False)
        self.speaker = self._toggle(self._speaker_on, set_speaker)
        self.microphone = self._toggle(self._microphone_on, set_microphone)
        self._people_on = tk.BooleanVar(self, value=False)
        self.people = self._toggle(self._people_on, show_people)
        self._people_count = -1
        self._toggles = (self.speaker, self.microphone, self.people)
        self.meter = LevelMeter(self, theme)
        self._note = ttk.Label(self, style="SurfaceMuted.TLabel", anchor="w", wraplength=theme.px(190))
        self._network_note = ttk.Label(self, style="SurfaceMuted.TLabel", anchor="w", wraplength=theme.px(190))
        self.devices = ttk.Label(self, style="SurfaceMuted.TLabel", anchor="w", wraplength=theme.px(190))
        self.fit(narrow=False)
        self.show(VoiceShown())
        self.count_people(0)

    def fit(self, *, narrow: bool) -> None:
        """In a narrow window the toggles stand side by side, with one more that shows the people."""
        self._people_on.set(False)
        for number, toggle in enumerate(self._toggles):
            toggle.grid_forget()
            if toggle is not self.people or narrow:
                row, column = (0, number) if narrow else (number, 0)
                toggle.grid(row=row, column=column, sticky="ew", pady=(0, 0 if narrow else self._theme.px(4)))
            self.columnconfigure(number, weight=int(narrow or not number))
        self._narrow = narrow
        self._show_notes(self._shown or VoiceShown())

    def count_people(self, count: int) -> None:
        """So many are in the room."""
        if count != self._people_count:
            self._people_count = count
            colours = self._theme.palette
            self.people.configure(text=f"  {count}", image=self._theme.icon("people", colours.muted, 20))

    @property
    def note(self) -> str:
        """What the line under the toggles says."""
        return f"{self._note.cget('text')} {self._network_note.cget('text')}".strip()

    def show(self, voice: VoiceShown) -> None:
        """Show this state: place, icon and words together, never one of them alone."""
        if voice == self._shown:
            return
        self._shown = voice
        self._speaker_on.set(voice.speaker_down)
        self._microphone_on.set(voice.microphone_down)
        colours = self._theme.palette
        for toggle, down, name, words in (
            (self.speaker, voice.speaker_down, "headphones", (texts.SPEAKER_OFF, texts.SPEAKER_ON)),
            (self.microphone, voice.microphone_down, "microphone", (texts.MICROPHONE_OFF, texts.MICROPHONE_ON)),
        ):
            colour = colours.accent_pressed if down else colours.muted
            image = self._theme.icon(name if down else f"{name}-off", colour, 20)
            toggle.configure(text=f"  {words[down]}", image=image)
        self._show_notes(voice)
        self.meter.show(voice.level, on=voice.microphone_on)

    def _show_notes(self, voice: VoiceShown) -> None:
        """Where there is little room, lines that say nothing take none."""
        colours, px = self._theme.palette, self._theme.px
        self._note.configure(text=voice.lost_note or voice.microphone_note or voice.speaker_note)
        self._note.configure(foreground=colours.warning if voice.warns else colours.muted)
        self._network_note.configure(text=voice.network_note)
        self.devices.configure(text=self._lines(voice.devices))
        lines = (
            (self.meter, voice.microphone_on or not self._narrow),
            (self._note, self._note.cget("text") or not self._narrow),
            (self._network_note, voice.network_note),
            (self.devices, voice.devices and not self._narrow),
        )
        for row, (widget, wanted) in enumerate(lines, 3):
            if wanted:
                widget.grid(row=row, column=0, columnspan=3, sticky="ew", padx=px(6), pady=(px(4), 0))
            else:
                widget.grid_remove()

    def tips(self) -> Iterator[Tip]:
        """What each part does now."""
        yield self.speaker, self._speaker_tip
        yield self.microphone, self._microphone_tip
        yield self.meter, lambda: texts.TIP_LEVEL
        yield self.people, lambda: texts.SHOW_PEOPLE

    def _speaker_tip(self) -> str:
        shown = self._shown or VoiceShown()
        return self._tip(shown, shown.speaker_on, texts.TIP_SPEAKER_ON) if shown.speaker_down else texts.TIP_SPEAKER_OFF

    def _microphone_tip(self) -> str:
        shown = self._shown or VoiceShown()
        down, on = shown.microphone_down, shown.microphone_on
        return self._tip(shown, on, texts.TIP_MICROPHONE_ON) if down else texts.TIP_MICROPHONE_OFF

    def _tip(self, shown: VoiceShown, on: bool, words: str) -> str:
        """Of a toggle that is down: what it does and by which devices, or why it does not do it now."""
        if not on:
            return shown.lost_note or texts.OPENING
        return f"{words}\n{self._lines(shown.devices)}".rstrip()

    def _lines(self, names: str) -> str:
        """Names that the system has for devices, in its user's language."""
        return "\n".join(map(self._theme.line, names.split("\n")))

    def _toggle(self, variable: tk.BooleanVar, ask: Callable[[bool], None]) -> ttk.Checkbutton:
        return ttk.Checkbutton(
            self,
            style="Voice.Toolbutton",
            variable=variable,
            compound="left",
            command=lambda: ask(variable.get()),
        )
