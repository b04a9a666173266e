"""The settings sheet. Every change holds at once: there is nothing to confirm."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from tkinter import ttk

from client.commands import AskDevices, TestEcho
from client.events import DevicesListed, EchoStep, EchoTestChanged, Event, MicrophoneLevel
from client.settings import Settings
from client.ui import texts
from client.ui.chooser import Chooser
from client.ui.level_meter import LevelMeter
from client.ui.settings_form import (
    GROUPS,
    Choice,
    DeviceChoice,
    EchoTest,
    Item,
    KeyChoice,
    Switch,
    can_be_held,
    device_values,
    words_of,
)
from client.ui.sheet import Sheet
from client.ui.theme import Theme

_WITH_OTHERS = 0x0004 | 0x0008 | 0x0040  # Control, Alt, and the desktop's own key are held
_ECHO_TEXTS = {
    EchoStep.SPEAK: texts.ECHO_SPEAK,
    EchoStep.LISTEN: texts.ECHO_LISTEN,
    EchoStep.OVER: texts.ECHO_START,
}


class SettingsView(Sheet):
    """What is chosen goes to the chooser; `show` what holds then."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        close: Callable[[], None],
        chooser: Chooser,
    ) -> None:
        super().__init__(parent, theme, texts.SETTINGS, close)
        self._choose = chooser.choose
        self._submit = chooser.submit
        self._settings = chooser.now
        self.controls: dict[str, ttk.Widget] = {}
        self._devices: dict[str, Sequence[str]] = {}
        self._variables: dict[str, tk.BooleanVar] = {}
        self._values: dict[str, tuple[tuple[object, str], ...]] = {}
        self._recording = False  # of the echo test
        self._catching = ""  # the field whose key is to be pressed next
        for group in GROUPS:
            title = ttk.Label(self.body, style="SurfaceStrong.TLabel", text=group.title)
            title.pack(anchor="w", padx=theme.px(6), pady=(theme.px(14), theme.px(4)))
            for item in group.items:
                self._add(item)
        self.finish()
        self.show(self._settings)
        self._submit(AskDevices())

    def show(self, settings: Settings) -> None:
        """These hold now."""
        self._settings = settings
        for field, variable in self._variables.items():
            variable.set(getattr(settings, field))
        for field, values in self._values.items():
            self.controls[field].configure({"text": words_of(values, getattr(settings, field))})
        if not self._catching:
            self.controls["push_to_talk_key"].configure({"text": settings.push_to_talk_key})

    def receive(self, event: Event) -> None:
        """Which devices there are, and where the echo test is; all else is nothing for a sheet."""
        match event:
            case DevicesListed(microphones, speakers):
                self._devices = {"microphone": microphones, "speaker": speakers}
            case EchoTestChanged(step):
                self.echo_button.configure(text=_ECHO_TEXTS[step])
                self.echo_button.state(["!disabled" if step is EchoStep.OVER else "disabled"])
                self._recording = step is EchoStep.SPEAK
                self.echo_meter.show(0.0, on=self._recording)
            case MicrophoneLevel(level):
                self.echo_meter.show(level, on=self._recording)
            case _:
                pass

    # --- building -------------------------------------------------------------------------------------------

    def _add(self, item: Item) -> None:
        px = self._theme.px
        row = ttk.Frame(self.body, style="Surface.TFrame")
        row.pack(fill="x", pady=px(2))
        row.columnconfigure(0, weight=1)
        if isinstance(item, Switch):
            variable = self._variables[item.field] = tk.BooleanVar(self)
            control: ttk.Widget = ttk.Checkbutton(
                row,
                style="Switch.TCheckbutton",
                text=item.label,
                variable=variable,
                command=lambda: self._choose(item.field, variable.get()),
            )
            control.grid(row=0, column=0, columnspan=2, sticky="w")
        else:
            label = ttk.Label(row, style="Surface.TLabel", text=item.label, justify="left")
            self.wrap(label, 240).grid(row=0, column=0, sticky="w", padx=(px(6), px(12)))
            control = self._control(row, item)
            control.grid(row=0, column=1, sticky="e", padx=(0, px(2)))
        if isinstance(item, EchoTest):
            self.echo_meter = LevelMeter(row, self._theme)
            self.echo_meter.grid(row=2, column=0, columnspan=2, sticky="ew", padx=px(6), pady=(px(4), 0))
        else:
            self.controls[item.field] = control
        if item.hint:
            hint = ttk.Label(row, style="SurfaceMuted.TLabel", text=item.hint, justify="left")
            self.wrap(hint, 50).grid(
                row=1, column=0, columnspan=2, sticky="w", padx=(px(34 if isinstance(item, Switch) else 6), 0)
            )

    def _control(self, row: ttk.Frame, item: Choice | DeviceChoice | KeyChoice | EchoTest) -> ttk.Widget:
        if isinstance(item, EchoTest):
            self.echo_button = ttk.Button(
                row, style="PlainSurface.TButton", text=texts.ECHO_START, command=lambda: self._submit(TestEcho())
            )
            return self.echo_button
        if isinstance(item, KeyChoice):
            button = ttk.Button(row, style="PlainSurface.TButton", command=lambda: self._catch(item.field))
            button.bind("<KeyPress>", self._caught)
            button.bind("<FocusOut>", lambda _event: self._catch_no_more())
            return button
        control = ttk.Menubutton(row, style="Choice.TMenubutton", direction="below")
        menu = self._theme.menu(control)
        control.configure(menu=menu)
        menu.configure(postcommand=partial(self._fill, menu, item))
        self._values[item.field] = self._values_of(item)
        return control

    def _values_of(self, item: Choice | DeviceChoice) -> tuple[tuple[object, str], ...]:
        if isinstance(item, Choice):
            return item.values
        return device_values(self._devices.get(item.field, ()), getattr(self._settings, item.field))

    def _fill(self, menu: tk.Menu, item: Choice | DeviceChoice) -> None:
        """Just before the menu opens: what can be chosen now. What came or went since is there the next time."""
        if isinstance(item, DeviceChoice):
            self._submit(AskDevices())
        menu.delete(0, "end")
        self._values[item.field] = self._values_of(item)
        chosen = tk.StringVar(menu, value=str(getattr(self._settings, item.field)))
        for value, words in self._values[item.field]:
            menu.add_radiobutton(
                label=words, variable=chosen, value=str(value), command=partial(self._choose, item.field, value)
            )
        menu.chosen = chosen  # type: ignore[attr-defined]  # Tk forgets a variable that nobody holds

    # --- the key --------------------------------------------------------------------------------------------

    def _catch(self, field: str) -> None:
        self._catching = field
        self.controls[field].configure({"text": texts.PRESS_A_KEY})

    def _caught(self, event: tk.Event[tk.Misc]) -> str | None:
        if not self._catching:
            return None
        field, key = self._catching, event.keysym
        with_others = isinstance(event.state, int) and event.state & _WITH_OTHERS
        if key != "Escape" and (with_others or not can_be_held(key, event.char)):
            return "break"
        self._catch_no_more()
        if key != "Escape":
            self._choose(field, key)
        return "break"

    def _catch_no_more(self) -> None:
        self._catching = ""
        self.show(self._settings)
