"""The invite on a sheet: a link to copy, and on request the link itself and its QR code for a telephone's camera."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Final

from PIL import Image, ImageTk

from client.ui import texts
from client.ui.sheet import Sheet
from client.ui.theme import Theme
from common.address import is_this_machine
from common.invite import parse_invite

_DOT: Final = 4  # pixels of 96 dpi for each square of the code
_QUIET: Final = 4  # squares of white around it, which readers ask for


class InviteView(Sheet):
    """Link and code are hidden until they are asked for: somebody may be looking over a shoulder."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        close: Callable[[], None],
        invite: str,
        room_words: str,
        copy: Callable[[], None],
    ) -> None:
        """`copy` puts the link onto the clipboard."""
        super().__init__(parent, theme, texts.INVITE_TITLE, close)
        self._invite = invite
        self._copy = copy
        self._code: ImageTk.PhotoImage | None = None  # Tk keeps no picture alive
        gap = theme.px(8)
        self.body.columnconfigure(0, weight=1)
        explained = ttk.Label(
            self.body, style="Surface.TLabel", justify="left", text=texts.invite_explained(room_words)
        )
        self.wrap(explained).grid(row=0, column=0, sticky="w", pady=(gap, 2 * gap))
        buttons = ttk.Frame(self.body, style="Surface.TFrame")
        buttons.grid(row=1, column=0, sticky="w")
        self.copy_button = ttk.Button(
            buttons, style="PlainSurface.TButton", text=texts.COPY_INVITE, command=self._copied
        )
        self.copy_button.pack(side="left")
        self.show_button = ttk.Button(buttons, style="PlainSurface.TButton", text=texts.SHOW_INVITE, command=self._show)
        self.show_button.pack(side="left", padx=(gap, 0))
        self.note = self.wrap(ttk.Label(self.body, style="SurfaceMuted.TLabel", justify="left"))
        self.note.grid(row=2, column=0, sticky="w", pady=(gap, gap))
        if is_this_machine(parse_invite(invite).address.host):
            self.note.configure(text=texts.INVITE_LOCAL)
        self.link = ttk.Entry(self.body, style="Field.TEntry")
        self.link.bind("<<Copy>>", self._copied_by_hand)
        self.code = ttk.Label(self.body, style="Surface.TLabel")
        self.finish()

    def begin(self) -> None:
        """The focus to what most came for."""
        self.copy_button.focus_set()

    @property
    def shows_link(self) -> bool:
        """Whether the link can be read."""
        return bool(self.link.winfo_manager())

    def _copied_by_hand(self, _event: object) -> str:
        """A part of the link is of no use: the whole one is copied, and taken away again."""
        self._copied()
        return "break"

    def _copied(self) -> None:
        self._copy()
        self.note.configure(text=texts.INVITE_ON_CLIPBOARD)

    def _show(self) -> None:
        """The link and its code; or hide them again."""
        if self.shows_link:
            self.link.grid_remove()
            self.code.grid_remove()
            self.show_button.configure(text=texts.SHOW_INVITE)
            return
        self.link.configure(state="normal")
        self.link.delete(0, "end")
        self.link.insert(0, self._invite)
        self.link.configure(state="readonly")
        self._code = ImageTk.PhotoImage(picture(self._invite, self._theme.px(_DOT)), master=self)
        self.code.configure(image=self._code)
        self.link.grid(row=3, column=0, sticky="ew")
        self.code.grid(row=4, column=0, sticky="w", pady=self._theme.px(10))
        self.show_button.configure(text=texts.HIDE_INVITE)


def picture(text: str, dot: int) -> Image.Image:
    """The text as a QR code, `dot` pixels a square: black on white, as cameras want it, whatever the theme."""
    import segno  # noqa: PLC0415 - the window is painted without it

    squares = segno.make_qr(text, error="m").matrix_iter(border=_QUIET)
    rows = [bytes(255 * (1 - square) for square in row) for row in squares]
    small = Image.frombytes("L", (len(rows[0]), len(rows)), b"".join(rows))
    return small.resize((small.width * dot, small.height * dot), Image.Resampling.NEAREST)
