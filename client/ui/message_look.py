"""What the messages look like: fonts, colours and distances of the text widget."""

from __future__ import annotations

import tkinter as tk
from typing import Any

from client.ui.theme import Theme


def text_options(theme: Theme) -> dict[str, Any]:
    """Of the text widget."""
    colours = theme.palette
    return {
        "state": "disabled",
        "wrap": "word",
        "font": theme.fonts.plain,
        "background": colours.surface,
        "foreground": colours.text,
        "selectbackground": colours.accent,
        "selectforeground": colours.on_accent,
        "inactiveselectbackground": colours.border,
        "borderwidth": 0,
        "highlightthickness": 0,
        "padx": theme.px(2),
        "pady": theme.px(6),
        "width": 30,
        "height": 5,
        "cursor": "xterm",
        "takefocus": True,
        "insertwidth": 0,
    }


def make_tags(text: tk.Text, theme: Theme) -> None:
    """All looks that a piece of a row can have."""
    colours, fonts, px = theme.palette, theme.fonts, theme.px
    indent, edge = px(12), px(14)
    column = indent + px(28) + 2 * fonts.plain.measure(" ")
    text.tag_configure("day", justify="center", foreground=colours.muted, font=fonts.small_strong)
    text.tag_configure("day", spacing1=px(16), spacing3=px(6))
    text.tag_configure("notice", justify="center", foreground=colours.muted, font=fonts.small)
    text.tag_configure("unread", justify="center", foreground=colours.accent_pressed, background=colours.accent_tint)
    text.tag_configure("unread", font=fonts.small_strong, spacing1=px(4), spacing3=px(4))
    text.tag_configure("unread", lmargincolor=colours.accent_tint, rmargincolor=colours.accent_tint)
    text.tag_configure("notice", spacing1=px(6), spacing3=px(6), lmargin1=indent, lmargin2=indent, rmargin=edge)
    small = {"font": fonts.small}
    strong = {"font": fonts.small_strong}
    for own, ground in (("", colours.surface), ("own-", colours.own)):
        shared: dict[str, Any] = {"background": ground, "lmargincolor": ground, "rmargincolor": ground, "rmargin": edge}
        head = shared | {"lmargin1": indent, "lmargin2": indent, "spacing1": px(10), "spacing3": 0}
        body = shared | {
            "lmargin1": column,
            "lmargin2": column,
            "spacing1": px(1),
            "spacing2": px(2),
            "spacing3": px(4),
        }
        text.tag_configure(f"{own}head", head)
        text.tag_configure(f"{own}right", justify="right")
        text.tag_configure(f"{own}time", head | small | {"foreground": colours.muted})
        text.tag_configure(f"{own}body", body)
        text.tag_configure(f"{own}waiting", body | {"foreground": colours.muted})
        text.tag_configure(f"{own}note", body | small | {"foreground": colours.muted})
        text.tag_configure(f"{own}bad", body | strong | {"foreground": colours.danger})
        for number, colour in enumerate(colours.people):
            text.tag_configure(f"{own}name{number}", head | {"font": fonts.strong, "foreground": colour})
    text.tag_configure("link", foreground=colours.accent, underline=True)
    text.tag_configure("found", background=colours.accent_tint, foreground=colours.text)
    text.tag_configure("here", background=colours.accent, foreground=colours.on_accent)
    text.tag_raise("sel")
