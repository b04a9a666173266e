"""Links in the messages: marked, told by their host, and opened by a click that chose nothing."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from client.ui.links import Link, links

_LOOK = "link"  # the tag


class LinkTags:
    """Over a text widget in which each row has a tag of its own."""

    def __init__(self, text: tk.Text) -> None:
        self._text = text
        self.open_address: Callable[[str], object] = _browse
        text.tag_bind(_LOOK, "<ButtonRelease-1>", self._open)
        text.tag_bind(_LOOK, "<Enter>", lambda _event: text.configure(cursor="hand2"), add="+")
        text.tag_bind(_LOOK, "<Leave>", lambda _event: text.configure(cursor="xterm"), add="+")

    def mark(self, tag: str, said: str) -> None:
        """Mark the links of what is said in the row with this tag."""
        begin = f"{tag}.first"
        for link in links(said):
            found = self._text.search(link.address, begin, f"{tag}.last", exact=True)
            if found:  # not where it runs from right to left, and looks otherwise
                begin = f"{found} + {len(link.address)} chars"
                self._text.tag_add(_LOOK, found, begin)

    def at_pointer(self) -> Link | None:
        """The one under the pointer."""
        x, y = self._text.winfo_pointerxy()
        place = self._text.index(f"@{x - self._text.winfo_rootx()},{y - self._text.winfo_rooty()}")
        if _LOOK not in self._text.tag_names(place):
            return None
        return next(iter(links(self._text.get(*self._text.tag_prevrange(_LOOK, f"{place} + 1 chars")))), None)

    def _open(self, _event: object) -> None:
        link = None if self._text.tag_ranges("sel") else self.at_pointer()
        if link is not None:
            self.open_address(link.address)


def _browse(address: str) -> None:
    import webbrowser  # noqa: PLC0415 - the window starts without it

    webbrowser.open(address)
