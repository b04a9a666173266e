"""Messages, and the field in which one is written."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from tkinter import ttk

from client.ui import texts
from client.ui.excerpt import Excerpt
from client.ui.find_bar import FindBar
from client.ui.message_area import MessageArea
from client.ui.theme import Theme

Tip = tuple[tk.Widget, Callable[[], str]]
_MOST_LINES = 6


class ChatView(ttk.Frame):
    """`send` is called with a text and answers whether it was taken; what was not taken stays in the field.

    `edited` is called with what stands in the field whenever that changes.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        excerpt: Excerpt,
        *,
        send: Callable[[str], bool],
        edited: Callable[[str], None],
    ) -> None:
        super().__init__(parent, style="Page.TFrame")
        self._theme = theme
        self._send = send
        self._edited: Callable[[str], None] = lambda _text: None
        self._can_send = False
        self.messages = MessageArea(self, theme, excerpt)
        composer = ttk.Frame(self, style="Card.TFrame", padding=(theme.px(8), theme.px(8)))
        composer.pack(side="bottom", fill="x")  # first: it is whole in every window
        gap = ttk.Frame(self, style="Page.TFrame", height=theme.px(20))  # always there: nothing moves for who writes
        gap.pack(side="bottom", fill="x")
        self.writing_label = ttk.Label(gap, style="PageMuted.TLabel", font=theme.fonts.small)
        self.writing_label.place(x=theme.px(10), rely=0.5, anchor="w", relwidth=1.0, width=-theme.px(20))
        self.messages.pack(fill="both", expand=True)
        self.find_bar = FindBar(
            self,
            theme,
            self.messages,
            place=lambda bar: bar.pack(fill="x", before=self.messages, pady=(0, theme.px(8))),
            closed=self._write_on,
        )
        composer.columnconfigure(0, weight=1)
        self._field = ttk.Frame(composer, style="Field.TFrame", padding=(theme.px(8), theme.px(7)))
        self._field.grid(row=0, column=0, sticky="nsew", padx=(0, theme.px(8)))
        self.input = self._build_input()
        self._hint = ttk.Label(self.input, style="SurfaceMuted.TLabel", text=texts.WRITE_HERE, font=theme.fonts.plain)
        self._hint.bind("<Button-1>", lambda _event: self.input.focus_set())
        self.send_button = ttk.Button(
            composer, style="AccentSurface.TButton", text=f" {texts.SEND}", compound="left", command=self.send_draft
        )
        colours = theme.palette
        pictures = (
            theme.icon("send", colours.on_accent, 16),
            "disabled",
            theme.icon("send", colours.disabled_text, 16),
        )
        self.send_button.configure({"image": pictures})
        self.send_button.grid(row=0, column=1, sticky="se")
        self._changed()
        self._edited = edited  # from now on: an empty field that has just been made is no draft that was given up

    @property
    def draft(self) -> str:
        """What is written and not sent."""
        return self.input.get("1.0", "end-1c")

    def show(self, *, can_send: bool, wrong: bool, writing: str) -> None:
        """Whether a message can be sent now, whether the field is marked, and who else is writing."""
        self._can_send = can_send
        self.send_button.state(["!disabled" if can_send else "disabled"])
        self._field.state(["invalid" if wrong else "!invalid"])
        self.writing_label.configure(text=self._theme.line(writing))

    def _write_on(self) -> None:
        self.input.focus_set()

    def send_draft(self) -> None:
        """Send the draft if that is possible now; it stays where it is otherwise."""
        draft = self.draft
        if self._can_send and draft.strip() and self._send(draft):
            self.input.delete("1.0", "end")
            self._changed()

    def refresh(self) -> None:
        """Show what has come in; cheap where nothing has."""
        self.messages.refresh()
        self.find_bar.refresh()

    def give_back(self, draft: str) -> None:
        """A message that was taken could not be sent: into the field with it, if nothing else is written there."""
        if not self.draft.strip():
            self.input.insert("1.0", draft)
            self._changed()

    def write(self, draft: str) -> None:
        """Have this in the field; nothing happens where it is there already, not even to the cursor."""
        if draft != self.draft:
            self.input.delete("1.0", "end")
            self.input.insert("1.0", draft)
            self.input.edit_reset()
            self._changed()

    def tips(self) -> Iterator[Tip]:
        """What each part does."""
        yield from self.find_bar.tips()
        yield self.input, lambda: texts.TIP_INPUT
        yield self.send_button, lambda: texts.TIP_SEND
        yield from self.messages.ways.tips()

    def _build_input(self) -> tk.Text:
        colours = self._theme.palette
        field = tk.Text(
            self._field,
            height=1,
            width=20,
            wrap="word",
            undo=True,
            font=self._theme.fonts.plain,
            background=colours.surface,
            foreground=colours.text,
            insertbackground=colours.accent,
            insertwidth=self._theme.px(2),
            selectbackground=colours.accent,
            selectforeground=colours.on_accent,
            borderwidth=0,
            highlightthickness=0,
        )
        field.pack(fill="both", expand=True)
        field.bind("<Return>", self._return)
        field.bind("<KP_Enter>", self._return)
        for key, pages in (("<Prior>", -1), ("<Next>", 1)):  # the field has a few lines, the room has thousands
            field.bind(key, lambda _event, pages=pages: self._turn(pages))  # type: ignore[misc]
        field.bind("<Tab>", lambda event: _focus(event.widget.tk_focusNext()))
        field.bind("<<PrevWindow>>", lambda event: _focus(event.widget.tk_focusPrev()))
        field.bind("<<Modified>>", lambda _event: self._changed())
        field.bind("<FocusIn>", lambda _event: self._field.state(["focus"]))
        field.bind("<FocusOut>", lambda _event: self._field.state(["!focus"]))
        field.bind("<Configure>", lambda _event: self._grow())
        return field

    def _turn(self, pages: int) -> str:
        self.messages.text.yview_scroll(pages, "pages")
        return "break"

    def _return(self, event: tk.Event[tk.Misc]) -> str | None:
        if int(event.state) & 0x1:  # with Shift: a new line, as Tk does it
            return None
        self.send_draft()
        return "break"

    def _changed(self) -> None:
        self.input.edit_modified(arg=False)
        if self.input.get("1.0", "1.1") or self.input.index("end-1c") != "1.0":
            self._hint.place_forget()
        else:
            self._hint.place(x=0, y=0)
        self._grow()
        self._edited(self.draft)

    def _grow(self) -> None:
        """As many lines as the draft has, up to a point."""
        lines = int(self.input.tk.call(str(self.input), "count", "-displaylines", "1.0", "end"))
        wanted = min(max(lines, 1), _MOST_LINES)
        if int(self.input.cget("height")) != wanted:
            self.input.configure(height=wanted)


def _focus(widget: tk.Misc | None) -> str:
    """Tab leaves the field instead of writing a tab."""
    if widget is not None:
        widget.tk.call("tk::TabToWindow", str(widget))
    return "break"
