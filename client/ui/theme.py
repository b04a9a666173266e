"""The look: fonts, pictures, and the ttk styles made of a palette. Sizes are pixels at 96 dpi times one scale factor.

Views name styles and ask for pictures. The styles stand on ttk's own theme clam, and what clam draws itself is not
used: every ground is a picture, so that all palettes and scales are drawn alike.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tkinter import font, ttk
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from client.ui import bidi
from client.ui.box import Box, box_corner
from client.ui.palette import Palette
from client.ui.pictures import Pictures

_FAMILIES: Final = ("Inter", "Noto Sans", "Cantarell", "Ubuntu", "Open Sans", "DejaVu Sans")  # X11 has no default face
_CARD_MIDDLE: Final = 120  # larger ones take long to send to the screen, smaller ones to lay
_BUTTON_MIDDLE: Final = 20
_LARGE_ICON: Final = 256
_SMALL_ICON: Final = 64
_POINTS: Final = 10
_PIXELS_A_POINT: Final = 96 / 72
_numbers: Final = count(1)  # of themes: ttk never forgets an element, so each theme has names of its own


class Theme:
    """The look of one window. Keep it as long as the window: Tk forgets pictures that nobody holds."""

    def __init__(self, root: tk.Tk, palette: Palette, percent: int = 0, folder: Path | None = None) -> None:
        """`percent` is the scale, 0: the screen's. Pictures are kept in `folder`. Nothing changes before `install`."""
        self.palette = palette
        self.scale = percent / 100 if percent else max(root.winfo_fpixels("1i") / 96.0, 1.0)
        self._root = root
        self._pictures = Pictures(root, f"{self.scale:.3f} {palette}", folder)
        self._prefix = f"look{next(_numbers)}"
        self._made: set[str] = set()  # elements
        self._style = ttk.Style(root)
        self.fonts = _fonts(root, self.scale)
        self.draws_right_to_left = root.tk.call("tk", "windowingsystem") != "x11"

    def install(self) -> None:
        """Make all styles look like this. Widgets that are there already take the styles, but not fonts and sizes."""
        self._style.theme_use("clam")
        self._root.configure(background=self.palette.page)
        for name in ("TkDefaultFont", "TkTextFont", "TkTooltipFont", "TkMenuFont"):
            plain = self.fonts.plain.actual()
            font.nametofont(name, root=self._root).configure(family=plain["family"], size=self.fonts.plain.cget("size"))
        self._grounds()
        self._buttons()
        self._toggles()
        self._fields()
        self._scroll_bar()
        self._switches()
        self._choices()
        self._sliders()

    def px(self, size: float) -> int:
        """Pixels on this screen."""
        return round(size * self.scale)

    def line(self, text: str) -> str:
        """One line of a stranger's text, as Tk has to be given it to show it right."""
        return text if self.draws_right_to_left else bidi.shown(text)

    def icon(self, name: str, colour: str, size: float = 18) -> tk.PhotoImage:
        """A picture of an icon in a colour of the palette."""
        return self._pictures.icon(name, self.px(size), colour)

    def mark(self, who: str, size: float = 28, *, faint: bool = False) -> tk.PhotoImage:
        """The sign of the device with this fingerprint."""
        colour = self.palette.disabled_text if faint else self.colour_of(who)
        return self._pictures.device_mark(who, self.px(size), colour, self.palette.surface)

    def colour_of(self, who: str) -> str:
        """The colour of a device, the same in every run."""
        return self.palette.people[sum(who.encode(errors="replace")) % len(self.palette.people)]

    def application_icons(self, *, small: bool = False) -> Iterator[tk.PhotoImage]:
        """The icon of the program, largest first; `small` leaves out those that take long to read."""
        return self._pictures.application_icons(_SMALL_ICON if small else _LARGE_ICON)

    def emblem(self, size: float) -> tk.PhotoImage:
        """The icon of the program as a picture inside the window."""
        return self._pictures.emblem(self.px(size))

    def keep_pictures(self) -> None:
        """What was shown until now, for the next start."""
        self._pictures.keep()

    # --- styles ---------------------------------------------------------------------------------------------

    def _grounds(self) -> None:
        colours = self.palette
        self._style.configure(".", font=self.fonts.plain, background=colours.page, foreground=colours.text)
        for name, ground in self._ground_colours().items():
            self._style.configure(f"{name}.TFrame", background=ground)
            self._style.configure(f"{name}.TLabel", background=ground, foreground=colours.text)
            self._style.configure(
                f"{name}Muted.TLabel", background=ground, foreground=colours.muted, font=self.fonts.small
            )
            self._style.configure(
                f"{name}Strong.TLabel", background=ground, foreground=colours.text, font=self.fonts.strong
            )
        for name, ground in (("Title", colours.surface), ("PageTitle", colours.page)):
            self._style.configure(f"{name}.TLabel", background=ground, foreground=colours.text, font=self.fonts.title)
        card = Box(colours.surface, colours.border, radius=10)
        self._box_style("Card.TFrame", card, {"focus": replace(card, ring=colours.ring)}, colours.page)
        row = {"focus": Box(colours.surface, ring=colours.ring)}
        self._box_style("Row.TFrame", Box(), row, colours.surface)
        self._box_style("Alert.TFrame", Box(colours.danger_tint, colours.danger_border, radius=10), {}, colours.page)
        self._box_style("Question.TFrame", Box(colours.accent_tint, colours.accent, radius=10), {}, colours.page)

    def _ground_colours(self) -> dict[str, str]:
        """The grounds on which labels and buttons stand, by the word that begins their style."""
        colours = self.palette
        return {
            "Page": colours.page,
            "Surface": colours.surface,
            "Danger": colours.danger_tint,
            "Calm": colours.accent_tint,
        }

    def _buttons(self) -> None:
        colours = self.palette
        self._style.configure("TButton", width=0)  # as wide as its words
        accent = Box(colours.accent, colours.accent)
        for name, ground in (("Page", colours.page), ("Surface", colours.surface)):
            self._button_style(
                f"Accent{name}",
                accent,
                hover=Box(colours.accent_hover, colours.accent_hover),
                pressed=Box(colours.accent_pressed, colours.accent_pressed),
                ink=colours.on_accent,
                ground=ground,
            )
        plain = Box(colours.surface, colours.strong_border)
        for name, ground in self._ground_colours().items():
            self._button_style(
                f"Plain{name}",
                plain,
                hover=replace(plain, fill=colours.hover),
                pressed=replace(plain, fill=colours.border),
                ink=colours.text,
                ground=ground,
            )
            self._button_style(
                f"Quiet{name}",
                Box(),
                hover=Box(colours.hover),
                pressed=Box(colours.border),
                ink=colours.accent,
                tight=True,
                ground=ground,
            )

    def _toggles(self) -> None:
        """Flat means off: no border at all. Sunken means on: tinted, bordered, with a shadow inside."""
        colours = self.palette
        sunken = Box(colours.accent_tint, colours.accent, sunken=colours.sunken)
        states = {
            "selected focus": replace(sunken, ring=colours.ring),
            "selected": sunken,
            "focus active": Box(colours.hover, ring=colours.ring),
            "focus": Box(colours.surface, ring=colours.ring),
            "active": Box(colours.hover),
        }
        self._box_style("Voice.Toolbutton", Box(), states, colours.surface, inside="Toolbutton")
        self._style.configure("Voice.Toolbutton", foreground=colours.muted, padding=self._pads(10, 7), anchor="w")
        self._style.map(
            "Voice.Toolbutton",
            foreground=[("selected", colours.accent_pressed)],
            background=[("", colours.surface)],
            font=[("selected", self.fonts.strong)],
        )

    def _fields(self) -> None:
        colours = self.palette
        field = Box(colours.surface, colours.strong_border)
        wrong = Box(colours.surface, colours.danger, ring=colours.danger_border)
        states = {
            "invalid focus": replace(wrong, ring=colours.danger),
            "invalid": wrong,
            "disabled": Box(colours.surface, colours.border),
            "focus": Box(colours.surface, colours.accent, ring=colours.ring),
        }
        self._box_style("Field.TFrame", field, states, colours.surface)
        self._box_style("Field.TEntry", field, states, colours.surface, inside="Entry")
        self._style.configure(
            "Field.TEntry",
            padding=self._pads(8, 6),
            foreground=colours.text,
            fieldbackground=colours.surface,
            background=colours.surface,
            insertcolor=colours.accent,
            selectbackground=colours.accent,
            selectforeground=colours.on_accent,
        )
        self._style.map(
            "Field.TEntry", selectbackground=[("", colours.accent)], selectforeground=[("", colours.on_accent)]
        )
        self._style.map("Field.TEntry", foreground=[("disabled", colours.muted)], background=[("", colours.surface)])
        self._style.configure("Key.Field.TEntry", padding=(self.px(8), self.px(6), self.px(34), self.px(6)))

    def _button_style(
        self, name: str, normal: Box, *, hover: Box, pressed: Box, ink: str, tight: bool = False, ground: str = ""
    ) -> None:
        colours = self.palette
        ground = ground or colours.surface
        disabled = Box(colours.disabled, colours.border) if normal.fill else Box()
        states = {
            "disabled": disabled,
            "pressed": replace(pressed, ring=colours.ring),
            "focus active": replace(hover, ring=colours.ring),
            "focus": replace(normal, ring=colours.ring, fill=normal.fill or ground),
            "active": hover,
        }
        style = f"{name}.TButton"
        self._box_style(style, normal, states, ground, inside="Button")
        self._style.configure(
            style,
            foreground=ink,
            background=ground,
            font=self.fonts.small if tight else self.fonts.strong,
            padding=self._pads(4, 1) if tight else self._pads(14, 6),
            anchor="center",
        )
        self._style.map(style, foreground=[("disabled", colours.disabled_text), ("", ink)], background=[("", ground)])

    def _switches(self) -> None:
        """A box with a tick in it, and words; the ring is around both."""
        colours = self.palette
        style = "Switch.TCheckbutton"
        states = {
            "focus active": Box(colours.hover, ring=colours.ring),
            "focus": Box(colours.surface, ring=colours.ring),
            "active": Box(colours.hover),
        }
        ground = self._element(f"{style}.ground", Box(), states, colours.surface)
        off, on = (self._pictures.tick(self.px(18), self.px(8), self._switch_colours(on=on)) for on in (False, True))
        box = f"{self._prefix}.{style}.box"
        if box not in self._made:
            self._made.add(box)
            self._style.element_create(box, "image", off, ("selected", on), sticky="")
        words = ("Checkbutton.label", {"side": "left", "sticky": "nsew"})
        inside = [(box, {"side": "left", "sticky": ""}), words]
        padding = ("Checkbutton.padding", {"sticky": "nsew", "children": inside})
        self._style.layout(style, [(ground, {"sticky": "nsew", "children": [padding]})])  # type: ignore[list-item]
        self._style.configure(style, foreground=colours.text, background=colours.surface, padding=self._pads(6, 4))
        self._style.map(style, background=[("", colours.surface)], foreground=[("", colours.text)])

    def _switch_colours(self, *, on: bool) -> tuple[str, str, str]:
        """Edge, ground and tick."""
        colours = self.palette
        return (
            (colours.accent, colours.accent, colours.on_accent) if on else (colours.strong_border, colours.surface, "")
        )

    def _choices(self) -> None:
        """A button that opens a list: what is chosen, and a chevron at the right end."""
        colours = self.palette
        style = "Choice.TMenubutton"
        plain = Box(colours.surface, colours.strong_border)
        states = {
            "disabled": Box(colours.disabled, colours.border),
            "pressed": replace(plain, fill=colours.border, ring=colours.ring),
            "focus active": replace(plain, fill=colours.hover, ring=colours.ring),
            "focus": replace(plain, ring=colours.ring),
            "active": replace(plain, fill=colours.hover),
        }
        ground = self._element(f"{style}.ground", plain, states, colours.surface)
        chevron = f"{self._prefix}.{style}.chevron"
        if chevron not in self._made:
            self._made.add(chevron)
            picture = self._pictures.chevron(self.px(12), self.px(8), colours.muted)
            self._style.element_create(chevron, "image", picture, sticky="")
        words = ("Menubutton.label", {"side": "left", "sticky": "nsew", "expand": True})
        inside = [(chevron, {"side": "right", "sticky": ""}), words]
        padding = ("Menubutton.padding", {"sticky": "nsew", "children": inside})
        self._style.layout(style, [(ground, {"sticky": "nsew", "children": [padding]})])  # type: ignore[list-item]
        self._style.configure(
            style, foreground=colours.text, background=colours.surface, padding=self._pads(8, 4), width=0
        )
        self._style.map(style, foreground=[("disabled", colours.disabled_text)], background=[("", colours.surface)])

    def _sliders(self) -> None:
        """A line with a knob on it; the ring is around both."""
        colours = self.palette
        style = "Volume.Horizontal.TScale"
        ground = self._element(
            f"{style}.ground", Box(), {"focus": Box(colours.surface, ring=colours.ring)}, colours.surface
        )
        trough = self._element(
            f"{style}.trough", Box(colours.border, colours.strong_border, radius=1), {}, colours.surface
        )
        knob = f"{self._prefix}.{style}.slider"
        if knob not in self._made:
            self._made.add(knob)
            pictures = [self._pictures.knob(self.px(16), ink) for ink in (colours.accent, colours.accent_hover)]
            self._style.element_create(knob, "image", pictures[0], ("active", pictures[1]), sticky="")
        inside = [(trough, {"sticky": "we"}), (knob, {"side": "left", "sticky": ""})]
        self._style.layout(style, [(ground, {"sticky": "nswe", "children": inside})])  # type: ignore[list-item]
        self._style.configure(style, background=colours.surface)

    def menu(self, parent: tk.Misc) -> tk.Menu:
        """An empty menu in this look."""
        colours = self.palette
        return tk.Menu(
            parent,
            tearoff=False,
            font=self.fonts.plain,
            background=colours.hover,  # apart from what is under it, also where all grounds are black
            foreground=colours.text,
            activebackground=colours.accent,
            activeforeground=colours.on_accent,
            disabledforeground=colours.disabled_text,
            selectcolor=colours.accent,
            borderwidth=1,
            activeborderwidth=self.px(3),
            relief="flat",
        )

    def _scroll_bar(self) -> None:
        """A thin thumb without arrows; its trough is the card it stands in."""
        colours = self.palette
        trough = self._element("scroll.trough", Box(radius=1), {}, colours.surface)
        states = {"active": Box(colours.muted, radius=1), "disabled": Box()}
        thumb = self._element("scroll.thumb", Box(colours.strong_border, radius=1), states, colours.surface)
        inside = [(thumb, {"expand": True, "sticky": "nswe"})]
        self._style.layout("Vertical.TScrollbar", [(trough, {"sticky": "nswe", "children": inside})])  # type: ignore[list-item]

    def _box_style(self, style: str, normal: Box, states: dict[str, Box], ground: str, inside: str = "") -> None:
        """A style whose ground is a stretched picture; `inside` is the ttk widget whose content it holds."""
        element = self._element(f"{style}.ground", normal, states, ground)
        options: dict[str, Any] = {"sticky": "nsew"}
        if inside:
            core = f"{inside}.{'textarea' if inside == 'Entry' else 'label'}"
            options["children"] = [(f"{inside}.padding", {"sticky": "nsew", "children": [(core, {"sticky": "nsew"})]})]
        self._style.layout(style, [(element, options)])  # type: ignore[list-item]
        self._style.configure(style, background=ground, borderwidth=0, relief="flat")

    def _element(self, name: str, normal: Box, states: dict[str, Box], ground: str) -> str:
        """Make a stretched picture, one for each state, known to ttk. Returns the name it has there."""
        element = f"{self._prefix}.{name}"
        if element in self._made:
            return element
        self._made.add(element)
        middle = self.px(_CARD_MIDDLE if normal.radius > 8 else _BUTTON_MIDDLE)
        pictures = [(*state.split(), self._box(spec, ground, middle)) for state, spec in states.items()]
        corner = box_corner(normal, self.scale)
        self._style.element_create(  # type: ignore[call-overload]  # the stubs know one state a picture, ttk several
            element,
            "image",
            self._box(normal, ground, middle),
            *pictures,
            border=corner,
            width=2 * corner,  # smaller than the picture: only its middle gives way
            height=2 * corner,
            padding=self.px(3),
            sticky="nsew",
        )
        return element

    def _box(self, spec: Box, ground: str, middle: int) -> tk.PhotoImage:
        return self._pictures.box(spec, self.scale, ground, middle)

    def _pads(self, across: float, down: float) -> tuple[int, int]:
        return self.px(across), self.px(down)


class Fonts(Struct, frozen=True):
    """All fonts, sized for the scale."""

    plain: font.Font
    strong: font.Font
    small: font.Font
    small_strong: font.Font
    title: font.Font


def _fonts(root: tk.Tk, scale: float) -> Fonts:
    base = font.nametofont("TkDefaultFont", root=root)
    family = str(base.cget("family"))
    if root.tk.call("tk", "windowingsystem") == "x11":
        known = set(font.families(root))
        family = next((name for name in _FAMILIES if name in known), family)

    def sized(points: int, weight: Literal["normal", "bold"] = "normal") -> font.Font:
        pixels = -round(points * _PIXELS_A_POINT * scale)  # as Tk wants them
        return font.Font(root=root, family=family, size=pixels, weight=weight)

    size = _POINTS
    return Fonts(sized(size), sized(size, "bold"), sized(size - 1), sized(size - 1, "bold"), sized(size + 5, "bold"))
