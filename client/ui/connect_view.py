"""The header: IP:PORT, Name, Encryption key, Connect and Disconnect."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from tkinter import ttk

from msgspec import Struct
from msgspec.structs import replace

from client.events import Part
from client.ui import connect_texts, texts
from client.ui.form import Fields, Strength, strength_of, typed
from client.ui.safe_text import safe_name
from client.ui.servers_menu import ServerActions, ServersMenu
from client.ui.theme import Theme
from common.crypto.phrase import strength_bits
from common.invite import is_invite

_BULLET = "•"
_STRENGTH_TEXTS = {
    Strength.NONE: "",
    Strength.WEAK: texts.KEY_WEAK,
    Strength.FAIR: texts.KEY_FAIR,
    Strength.STRONG: texts.KEY_STRONG,
}
Tip = tuple[tk.Widget, Callable[[], str]]


class ConnectActions(Struct, frozen=True):
    """What the header asks of the window."""

    connect: Callable[[], None]
    disconnect: Callable[[], None]
    edited: Callable[[Part], None]
    new_key: Callable[[], str]
    menu: Callable[[], None]
    servers: ServerActions
    remember_key: Callable[[bool], None]  # ticked, or not any more
    named: Callable[[str], None]  # another name stands there, whoever has put it there


class ConnectView(ttk.Frame):
    """Three fields and two buttons. `fields` is what stands in them."""

    def __init__(self, parent: tk.Misc, theme: Theme, actions: ConnectActions, fields: Fields) -> None:
        super().__init__(parent, style="Card.TFrame", padding=(theme.px(14), theme.px(8), theme.px(14), theme.px(12)))
        self._theme = theme
        self._actions = actions
        self.fields = fields
        self._variables = {part: tk.StringVar(self) for part in (Part.SERVER, Part.NAME, Part.KEY)}
        self.remember_key = tk.BooleanVar(self, value=False)
        self._filling = False
        self._narrow = False
        self.entries: dict[Part, ttk.Entry] = {}
        self._build()
        self.fill(typed(fields))
        for part, variable in self._variables.items():
            variable.trace_add("write", lambda *_names, part=part: self._typed(part))
        name = self._variables[Part.NAME]
        name.trace_add("write", lambda *_names: actions.named(name.get()))

    # --- what is shown --------------------------------------------------------------------------------------

    def show(self, *, can_connect: bool, can_disconnect: bool, wrong: Part | None) -> None:
        """Enable what makes sense, and mark the field that is wrong."""
        _enable(self.connect_button, on=can_connect)
        _enable(self.disconnect_button, on=can_disconnect)
        _enable(self.new_key_button, on=can_connect)
        self.servers.enable(on=can_connect)
        _enable(self.remember_box, on=can_connect)
        self._can_connect = can_connect
        self._arrange()
        for part, entry in self.entries.items():
            _enable(entry, on=can_connect)
            entry.state(["invalid" if part is wrong else "!invalid"])

    def fit(self, *, narrow: bool) -> None:
        """In a narrow window the buttons stand under the fields, or beside what those say where they are fixed."""
        self._narrow = narrow
        self._arrange()

    def fill(self, fields: Fields) -> None:
        """Put this into the fields."""
        self.fields = fields
        self._filling = True
        for part, text in ((Part.SERVER, fields.server), (Part.NAME, fields.name), (Part.KEY, fields.phrase)):
            if self._variables[part].get() != text:
                self._variables[part].set(text)
        self._filling = False
        self._show_strength()
        self._show_whole_key()

    def offer_keyring(self) -> None:
        """There is one: a key can be remembered."""
        self.remember_box.grid(row=2, column=2, sticky="w", pady=(self._theme.px(2), 0))
        self._arrange()

    def focus_part(self, part: Part) -> None:
        """Bring the cursor into a field and select what is there."""
        entry = self.entries[part]
        entry.focus_set()
        entry.selection_range(0, "end")
        entry.icursor("end")

    def new_key(self) -> None:
        """Fill in a generated key, and show it: it has to be told to somebody."""
        self.fill(replace(self.fields, phrase=self._actions.new_key()))
        self.entries[Part.KEY].selection_clear()  # what was selected was the text before
        self._reveal(shown=True)
        self._actions.edited(Part.KEY)

    def tips(self) -> Iterator[Tip]:
        """What each part is for."""
        yield self.entries[Part.SERVER], lambda: texts.TIP_SERVER
        yield self.servers.button, lambda: connect_texts.TIP_SERVERS
        yield self.entries[Part.NAME], lambda: texts.TIP_NAME
        yield self.entries[Part.KEY], lambda: texts.TIP_KEY
        yield self.reveal_button, lambda: texts.TIP_SHOW_KEY
        yield self.new_key_button, lambda: texts.TIP_NEW_KEY
        yield self.remember_box, lambda: connect_texts.TIP_REMEMBER_KEY
        yield self.connect_button, lambda: texts.TIP_CONNECT
        yield self.disconnect_button, lambda: texts.TIP_DISCONNECT
        yield self.menu_button, lambda: texts.TIP_MENU

    # --- building -------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        apart = self._theme.px(6) if self._narrow and self._can_connect else 0
        below = 0 if self._narrow else self._under_fields()  # the buttons stand beside the fields
        self._buttons.grid(row=int(self._narrow), column=1, sticky="se", pady=(apart, below))
        if self._narrow and not self._can_connect:
            self._boxes.grid_remove()
            self._where.configure(text="\n".join(map(safe_name, (self.fields.name, self.fields.server))))
            self._where.grid(row=1, column=0, sticky="w", padx=(0, self._theme.px(8)))
        else:
            self._where.grid_remove()
            self._boxes.grid(row=0, column=0, columnspan=1 + self._narrow, sticky="ew")

    def _under_fields(self) -> int:
        """How high what stands below the fields is."""
        there = [one for one in (self.remember_box, self._whole_key) if one.grid_info()]
        return sum(one.winfo_reqheight() + self._theme.px(2) for one in there)

    def _build(self) -> None:
        gap = self._theme.px(12)
        self._can_connect = True
        self._boxes = ttk.Frame(self, style="Surface.TFrame")
        self._buttons = ttk.Frame(self, style="Surface.TFrame")
        self._where = ttk.Label(self, style="SurfaceMuted.TLabel")  # in place of the fields
        self.columnconfigure(0, weight=1)
        for column, (part, label, weight, width) in enumerate(
            (
                (Part.SERVER, texts.SERVER, 4, 18),
                (Part.NAME, texts.NAME, 3, 12),
                (Part.KEY, texts.KEY, 6, 26),
            )
        ):
            self._boxes.columnconfigure(column, weight=weight)
            head = ttk.Frame(self._boxes, style="Surface.TFrame")
            title = ttk.Label(head, text=label, style="SurfaceMuted.TLabel")
            title.pack(side="left")
            head.grid(row=0, column=column, sticky="ew", padx=(self._theme.px(3), gap), pady=(0, self._theme.px(1)))
            style = "Field.TEntry" if part is Part.NAME else "Key.Field.TEntry"  # with room for a button
            entry = ttk.Entry(self._boxes, textvariable=self._variables[part], style=style, width=width)
            entry.configure(font=self._theme.fonts.plain)
            entry.grid(row=1, column=column, sticky="nsew", padx=(0, gap))
            entry.bind("<Return>", lambda _event: self._actions.connect())
            entry.bind("<KP_Enter>", lambda _event: self._actions.connect())
            entry.bind("<FocusOut>", lambda _event: self.settle(), add="+")
            self.entries[part] = entry
        self.servers: ServersMenu = ServersMenu(self.entries[Part.SERVER], self._theme, self._actions.servers)
        self._build_key(head, title)
        self.remember_box: ttk.Checkbutton = ttk.Checkbutton(
            self._boxes,
            style="Switch.TCheckbutton",
            text=connect_texts.REMEMBER_KEY,
            variable=self.remember_key,
            command=lambda: self._actions.remember_key(self.remember_key.get()),
        )
        self._whole_key = ttk.Label(self._boxes, style="Surface.TLabel")
        self._build_buttons()
        self._reveal(shown=False)

    def _build_key(self, head: ttk.Frame, title: ttk.Label) -> None:
        """`head` is the line over the key field: strength and *New key* stand at its right end."""
        self._key_head, self._key_title = head, title
        head.bind("<Configure>", lambda _event: self._fit_key_title())
        entry = self.entries[Part.KEY]
        entry.configure(show=_BULLET)
        # In the key field, so that it is the next stop of Tab.
        self.reveal_button = ttk.Button(entry, style="QuietSurface.TButton", command=self._reveal, cursor="hand2")
        self.reveal_button.place(relx=1.0, x=-self._theme.px(5), rely=0.5, anchor="e")
        self.new_key_button = ttk.Button(
            head, style="QuietSurface.TButton", text=texts.NEW_KEY, command=self.new_key, cursor="hand2"
        )
        self.new_key_button.pack(side="right")
        head.lift()  # Tab goes in stacking order: key, reveal, new key
        self._strength = ttk.Label(head, style="SurfaceMuted.TLabel")
        self._strength.pack(side="right", padx=(0, self._theme.px(8)))

    def _build_buttons(self) -> None:
        parent, actions = self._buttons, self._actions
        self.connect_button: ttk.Button = ttk.Button(
            parent, style="AccentSurface.TButton", text=texts.CONNECT, command=actions.connect
        )
        self.disconnect_button: ttk.Button = ttk.Button(
            parent, style="PlainSurface.TButton", text=texts.DISCONNECT, command=actions.disconnect
        )
        self.connect_button.pack(side="left", padx=(0, self._theme.px(6)))
        self.disconnect_button.pack(side="left")
        self.menu_button = ttk.Button(
            parent,
            style="QuietSurface.TButton",
            image=self._theme.icon("menu", self._theme.palette.text, 20),
            command=self._actions.menu,
        )
        self.menu_button.pack(side="left", fill="y", padx=(self._theme.px(8), 0))

    def _fit_key_title(self) -> None:
        """How strong the key is must be read as a whole; that it is one is said by a short word as well."""
        beside = self._strength.winfo_reqwidth() + self.new_key_button.winfo_reqwidth() + self._theme.px(12)
        whole = beside + self._theme.fonts.small.measure(texts.KEY) <= self._key_head.winfo_width()
        self._key_title.configure(text=texts.KEY if whole else texts.KEY_SHORT)

    # --- what happens ---------------------------------------------------------------------------------------

    def _typed(self, part: Part) -> None:
        if self._filling:
            return
        texts_now = {part: variable.get() for part, variable in self._variables.items()}
        now = replace(self.fields, server=texts_now[Part.SERVER], name=texts_now[Part.NAME], phrase=texts_now[Part.KEY])
        by_hand = abs(len(now.server) - len(self.fields.server)) <= 1
        if by_hand and is_invite(now.server):  # it is whole when the field is left
            self.fields = replace(now, invite=None)
            self._show_strength()
        else:
            self.fill(typed(now))
        self._actions.edited(part)

    def settle(self) -> None:
        """What was typed into the server field is whole now: a link is taken apart."""
        if is_invite(self.fields.server):
            self.fill(typed(self.fields))

    def finish(self) -> Fields:
        """What the fields say, now that one connects with it: a link is taken apart, and the key hidden."""
        self.settle()
        self._reveal(shown=False)  # who looks over a shoulder later has no need of it
        return self.fields

    def _reveal(self, *, shown: bool | None = None) -> None:
        entry = self.entries[Part.KEY]
        reveal = bool(entry.cget("show")) if shown is None else shown
        entry.configure(show="" if reveal else _BULLET)
        name = "eye-off" if reveal else "eye"
        self.reveal_button.configure(image=self._theme.icon(name, self._theme.palette.muted, 18))
        self._show_whole_key()

    def _show_whole_key(self) -> None:
        """A key that is shown is to be read out: where the field is too narrow, all of it stands below."""
        entry, phrase = self.entries[Part.KEY], self.fields.phrase
        room = self.reveal_button.winfo_x() - self._theme.px(8)
        if not entry.cget("show") and self._theme.fonts.plain.measure(phrase) > room > 0:
            self._whole_key.configure(text=phrase)
            edge = (0, self._theme.px(12))
            self._whole_key.grid(row=3, column=0, columnspan=3, sticky="e", padx=edge, pady=(self._theme.px(2), 0))
        else:
            self._whole_key.grid_remove()
        self._arrange()

    def _show_strength(self) -> None:
        strength = strength_of(strength_bits(self.fields.phrase), self.fields.phrase)
        colours = self._theme.palette
        colour = {Strength.WEAK: colours.danger, Strength.FAIR: colours.warning}.get(strength, colours.success)
        self._strength.configure(text=_STRENGTH_TEXTS[strength], foreground=colour)
        self._fit_key_title()


def _enable(widget: ttk.Widget, *, on: bool) -> None:
    widget.state(["!disabled" if on else "disabled"])
