"""The pictures of one look, as Tk shows them: out of the album, or else drawn and put there.

What draws them (`client.ui.drawing`, with Pillow) takes long to load: the first picture that is not kept loads it.
"""

from __future__ import annotations

import io
import pkgutil
import tkinter as tk
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zlib import crc32

from client.ui.album import Album
from client.ui.box import Box

if TYPE_CHECKING:
    from PIL import Image

_ICON_SIZES: Final = (256, 128, 64, 48, 32, 24, 16)


class Pictures:
    """Keep it as long as the window: Tk forgets pictures that nobody holds. All sizes are pixels of the screen."""

    def __init__(self, root: tk.Misc, look: str, folder: Path | None) -> None:
        """`look` is the name of it, `folder` where pictures are kept for the next start; None: nowhere."""
        self._root = root
        self._album = Album(folder, f"{_edition()} {look}")
        self._shown: dict[str, tk.PhotoImage] = {}

    def icon(self, name: str, size: int, colour: str) -> tk.PhotoImage:
        """See `client.ui.drawing`, as for all of these."""
        return self._kept("icon", name, size, colour)

    def box(self, spec: Box, scale: float, ground: str, middle: int) -> tk.PhotoImage:
        """A rounded box."""
        return self._kept("box", spec, scale, ground, middle)

    def tick(self, size: int, gap: int, colours: tuple[str, str, str]) -> tk.PhotoImage:
        """A box to be ticked."""
        return self._kept("tick", size, gap, colours)

    def chevron(self, size: int, gap: int, colour: str) -> tk.PhotoImage:
        """The sign of a list that can be opened."""
        return self._kept("chevron", size, gap, colour)

    def knob(self, size: int, colour: str) -> tk.PhotoImage:
        """What is moved along a slider."""
        return self._kept("knob", size, colour)

    def emblem(self, size: int) -> tk.PhotoImage:
        """The icon of the program, inside the window."""
        return self._kept("application_icon", size)

    def device_mark(self, who: str, size: int, colour: str, paper: str) -> tk.PhotoImage:
        """The sign of a device; never kept, as it tells who was met."""
        arguments = (who, size, colour, paper)
        name = f"device_mark{arguments!r}"
        if name not in self._shown:
            self._shown[name] = self._photo(_drawn("device_mark", arguments))
        return self._shown[name]

    def application_icons(self, most: int) -> Iterator[tk.PhotoImage]:
        """The icon of the program as desktops want it, largest first, and none larger than that."""
        sizes = (size for size in _ICON_SIZES if size <= most)
        for size in sizes:
            yield self._photo(pkgutil.get_data("client.ui", f"icons/secure-chat-{size}.png") or b"")

    def keep(self) -> None:
        """What was shown until now, for the next start."""
        self._album.keep()

    def _kept(self, what: str, *arguments: object) -> tk.PhotoImage:
        name = f"{what}{arguments!r}"
        if name not in self._shown:
            draw = partial(_drawn, what, arguments)
            try:
                self._shown[name] = self._photo(self._album.picture(name, draw))
            except tk.TclError:  # no picture
                self._shown[name] = self._photo(self._album.renew(name, draw))
        return self._shown[name]

    def _photo(self, content: bytes) -> tk.PhotoImage:
        return tk.PhotoImage(master=self._root, data=content)


def _drawn(what: str, arguments: tuple[object, ...]) -> bytes:
    from client.ui import drawing  # noqa: PLC0415 - see above

    return _packed(getattr(drawing, what)(*arguments))


def _packed(image: Image.Image) -> bytes:
    """As Tk reads it soonest: PPM cannot be clear, and PNG has to be unpacked."""
    packed = io.BytesIO()
    if image.mode == "RGB":
        image.save(packed, "PPM")
    else:
        image.save(packed, "PNG", compress_level=1)
    return packed.getvalue()


def _edition() -> str:
    """Another one whenever the way things are drawn has changed."""
    return f"{crc32(pkgutil.get_data('client.ui', 'drawing.py') or b''):08x}"
