"""The page about a broker whose key is not the one that was expected: what that means, and a way back.

Staying away is one key press. To trust the new key takes the words that the host reads out, typed in.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from client.events import BrokerChanged
from client.trust import Verdict, judge
from client.ui import connect_texts as texts
from client.ui.sheet import Sheet
from client.ui.theme import Theme

_VERDICTS = {
    Verdict.UNFINISHED: "",
    Verdict.NEW: texts.WORDS_NEW,
    Verdict.OLD: texts.WORDS_OLD,
    Verdict.NEITHER: texts.WORDS_NEITHER,
}


class ChangedView(Sheet):
    """`close` stays away; `trust` is called once the words have been typed and the button was pressed."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        close: Callable[[], None],
        changed: BrokerChanged,
        trust: Callable[[BrokerChanged], None],
    ) -> None:
        super().__init__(parent, theme, texts.CHANGED_TITLE, close, leave=texts.STAY_AWAY)
        self._changed = changed
        self._trust = trust
        self.close_button.configure(style="AccentPage.TButton")
        self._head()
        self._words()
        self._say(texts.CHANGED_WHY_TITLE, "SurfaceStrong.TLabel", above=12)
        for reason in texts.CHANGED_WHY:
            self._say(f"•  {reason}")
        self._say(texts.CHANGED_DO_TITLE, "SurfaceStrong.TLabel", above=12)
        self._say(texts.CHANGED_DO)
        self._question()
        self.finish()

    # --- building -------------------------------------------------------------------------------------------

    def _head(self) -> None:
        theme = self._theme
        danger = theme.palette.danger
        head = ttk.Frame(self.body, style="Danger.TFrame", padding=theme.px(12))
        head.pack(fill="x")
        head.columnconfigure(1, weight=1)
        sign = ttk.Label(head, style="Danger.TLabel", image=theme.icon("warning", danger, 32))
        sign.grid(row=0, column=0, rowspan=2, sticky="n", padx=(0, theme.px(12)))
        happened = texts.happened(self._changed.clash, self._changed.address)
        first = ttk.Label(head, style="DangerStrong.TLabel", foreground=danger, text=happened, justify="left")
        second = ttk.Label(head, style="Danger.TLabel", text=texts.NOTHING_SENT, justify="left")
        for row, label in enumerate((first, second)):
            self.wrap(label, 80).grid(row=row, column=1, sticky="w", pady=(theme.px(4) * row, 0))

    def _words(self) -> None:
        theme, changed = self._theme, self._changed
        table = ttk.Frame(self.body, style="Surface.TFrame")
        table.pack(fill="x", pady=(theme.px(12), 0), padx=theme.px(6))
        table.columnconfigure(1, weight=1)
        inks = (theme.palette.text, theme.palette.danger)
        for row, (title, words, ink) in enumerate(
            zip(texts.rows(changed.clash), (changed.before, changed.now), inks, strict=True)
        ):
            name = ttk.Label(table, style="SurfaceMuted.TLabel", text=title)
            name.grid(row=row, column=0, sticky="w", padx=(0, theme.px(16)), pady=theme.px(3))
            label = ttk.Label(table, style="SurfaceStrong.TLabel", foreground=ink, text=words, justify="left")
            self.wrap(label, 140).grid(row=row, column=1, sticky="w", pady=theme.px(3))

    def _say(self, sentence: str, style: str = "Surface.TLabel", above: int = 4) -> None:
        px = self._theme.px
        label = ttk.Label(self.body, style=style, text=sentence, justify="left")
        self.wrap(label, 20).pack(anchor="w", padx=px(6), pady=(px(above), 0))

    def _question(self) -> None:
        px = self._theme.px
        self._say(texts.TYPE_THE_WORDS, "SurfaceStrong.TLabel", above=16)
        self._typed = tk.StringVar(self)
        self._typed.trace_add("write", lambda *_names: self._judge())
        self.entry = ttk.Entry(self.body, style="Field.TEntry", textvariable=self._typed)
        self.entry.configure(font=self._theme.fonts.plain)
        self.entry.pack(fill="x", padx=px(6), pady=(px(4), 0))
        for key in ("<Return>", "<KP_Enter>"):
            self.entry.bind(key, self._entered)
        self.verdict = ttk.Label(self.body, style="Surface.TLabel", justify="left")
        self.wrap(self.verdict, 20).pack(anchor="w", padx=px(6), pady=(px(4), 0))
        self.trust_button: ttk.Button = ttk.Button(
            self.body,
            style="PlainSurface.TButton",
            text=texts.TRUST_NEW_KEY,
            command=lambda: self._trust(self._changed),
        )
        self.trust_button.pack(anchor="w", padx=px(6), pady=px(8))
        self._judge()

    # --- what happens ---------------------------------------------------------------------------------------

    def _entered(self, _event: object) -> None:
        self.trust_button.invoke()

    def _judge(self) -> None:
        """What the typed words say; only the new ones open the way."""
        verdict = judge(self._typed.get(), self._changed)
        colours = self._theme.palette
        self.verdict.configure(
            text=_VERDICTS[verdict], foreground=colours.success if verdict is Verdict.NEW else colours.danger
        )
        self.entry.state(["invalid" if verdict in {Verdict.OLD, Verdict.NEITHER} else "!invalid"])
        self.trust_button.state(["!disabled" if verdict is Verdict.NEW else "disabled"])
