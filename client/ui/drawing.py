"""Every picture of the window, drawn by ourselves: icons, rounded boxes, the sign of a device, the application icon.

Drawn at four times the size and scaled down, so that edges are smooth at any resolution. Pictures in, pictures
out: this file knows neither tkinter nor what a picture is used for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw

from client.ui.box import Box, box_corner

_FINE: Final = 4  # times the size that is asked for
_GRID: Final = 24.0  # icons are described on 24 × 24
_CLEAR: Final = (0, 0, 0, 0)

Points = list[tuple[float, float]]


class _Pen:
    """Draws on the 24 × 24 grid in one colour with round ends."""

    def __init__(self, size: int, colour: str, width: float = 1.9) -> None:
        self.image = Image.new("RGBA", (size * _FINE, size * _FINE), _CLEAR)
        self._draw = ImageDraw.Draw(self.image)
        self._unit = size * _FINE / _GRID
        self.colour: str | tuple[int, int, int, int] = colour
        self._width = width

    def _box(self, box: tuple[float, float, float, float]) -> list[float]:
        return [value * self._unit for value in box]

    def _dot(self, x: float, y: float, width: float) -> None:
        half = width / 2
        self._draw.ellipse(self._box((x - half, y - half, x + half, y + half)), fill=self.colour)

    def line(self, points: Points, width: float | None = None) -> None:
        """A line through the points."""
        width = width or self._width
        scaled = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(scaled, fill=self.colour, width=round(width * self._unit), joint="curve")
        for x, y in points:
            self._dot(x, y, width)

    def arc(self, box: tuple[float, float, float, float], start: float, end: float) -> None:
        """A part of the ellipse in the box, in degrees clockwise from three o'clock."""
        half = self._width / 2  # Pillow draws inwards from the box
        grown = (box[0] - half, box[1] - half, box[2] + half, box[3] + half)
        self._draw.arc(self._box(grown), start, end, fill=self.colour, width=round(self._width * self._unit))

    def shape(self, points: Points) -> None:
        """A filled shape."""
        self._draw.polygon([(x * self._unit, y * self._unit) for x, y in points], fill=self.colour)

    def pill(self, box: tuple[float, float, float, float], radius: float, *, filled: bool = True) -> None:
        """A rounded box, filled or outlined."""
        if filled:
            self._draw.rounded_rectangle(self._box(box), radius * self._unit, fill=self.colour)
        else:
            width = round(self._width * self._unit)
            self._draw.rounded_rectangle(self._box(box), radius * self._unit, outline=self.colour, width=width)

    def disc(self, x: float, y: float, radius: float) -> None:
        """A filled circle."""
        self._dot(x, y, 2 * radius)

    def slash(self) -> None:
        """The stroke that says *off*, with a gap on either side of it."""
        colour, self.colour = self.colour, _CLEAR
        self.line([(3.6, 5.6), (18.4, 20.4)], 2.2)
        self.line([(5.6, 3.6), (20.4, 18.4)], 2.2)
        self.colour = colour
        self.line([(4.2, 4.2), (19.8, 19.8)])


def _microphone(pen: _Pen) -> None:
    pen.pill((8.6, 2.6, 15.4, 14.2), 3.4)
    pen.arc((5.2, 4.6, 18.8, 17.6), 8, 172)
    pen.line([(12, 17.6), (12, 21)])
    pen.line([(8.6, 21.2), (15.4, 21.2)])


def _microphone_off(pen: _Pen) -> None:
    _microphone(pen)
    pen.slash()


def _headphones(pen: _Pen) -> None:
    pen.arc((3.6, 3.4, 20.4, 21.4), 180, 360)
    pen.line([(3.6, 12.4), (3.6, 15)])
    pen.line([(20.4, 12.4), (20.4, 15)])
    pen.pill((2.7, 13.4, 8.1, 21.2), 1.8)
    pen.pill((15.9, 13.4, 21.3, 21.2), 1.8)


def _headphones_off(pen: _Pen) -> None:
    _headphones(pen)
    pen.slash()


def _eye(pen: _Pen) -> None:
    pen.arc((2.2, 6.2, 21.8, 24.2), 205, 335)
    pen.arc((2.2, -0.2, 21.8, 17.8), 25, 155)
    pen.disc(12, 12, 3.1)


def _eye_off(pen: _Pen) -> None:
    _eye(pen)
    pen.slash()


def _warning(pen: _Pen) -> None:
    pen.line([(12, 3.4), (21.6, 20), (2.4, 20), (12, 3.4)])
    pen.line([(12, 9.6), (12, 14)])
    pen.disc(12, 17, 1.15)


def _close(pen: _Pen) -> None:
    pen.line([(6, 6), (18, 18)])
    pen.line([(18, 6), (6, 18)])


def _link(pen: _Pen) -> None:
    pen.pill((2.2, 8.2, 13.0, 15.8), 3.8, filled=False)
    pen.pill((11.0, 8.2, 21.8, 15.8), 3.8, filled=False)


def _send(pen: _Pen) -> None:
    pen.shape([(3, 3.4), (21.8, 12), (3, 20.6), (5.4, 13.3), (14.4, 12), (5.4, 10.7)])


def _check(pen: _Pen) -> None:
    pen.line([(4.6, 12.6), (9.8, 17.8), (19.6, 6.8)], 2.4)


def _dot(pen: _Pen) -> None:
    pen.disc(12, 12, 8)


def _ring(pen: _Pen) -> None:
    pen.arc((5, 5, 19, 19), 0, 360)


def _text_bubble(pen: _Pen) -> None:
    pen.pill((2.8, 4, 21.2, 17.2), 4, filled=False)
    pen.shape([(7, 16.4), (13, 16.4), (7, 21.4)])


def _people(pen: _Pen) -> None:
    pen.disc(9, 8, 3.6)
    pen.arc((2.4, 13.4, 15.6, 27), 180, 360)
    pen.arc((12.6, 4.6, 19.6, 11.4), 255, 110)
    pen.arc((10.6, 14, 21.8, 26), 285, 360)


def _menu(pen: _Pen) -> None:
    for y in (6, 12, 18):
        pen.line([(4, y), (20, y)])


def _loudspeaker_off(pen: _Pen) -> None:
    pen.shape([(3, 9), (7.4, 9), (13, 4), (13, 20), (7.4, 15), (3, 15)])
    pen.arc((10, 7, 18, 17), -50, 50)
    pen.slash()


def _down(pen: _Pen) -> None:
    pen.line([(5, 9), (12, 16), (19, 9)])


_ICONS: Final[dict[str, Callable[[_Pen], None]]] = {
    "microphone": _microphone,
    "microphone-off": _microphone_off,
    "headphones": _headphones,
    "headphones-off": _headphones_off,
    "eye": _eye,
    "eye-off": _eye_off,
    "warning": _warning,
    "close": _close,
    "link": _link,
    "send": _send,
    "check": _check,
    "dot": _dot,
    "ring": _ring,
    "text": _text_bubble,
    "menu": _menu,
    "people": _people,
    "down": _down,
    "loudspeaker-off": _loudspeaker_off,
}


def icon(name: str, size: int, colour: str) -> Image.Image:
    """One icon, `size` pixels square, on clear ground. KeyError for a name that there is not."""
    pen = _Pen(size, colour)
    _ICONS[name](pen)
    return pen.image.resize((size, size), Image.Resampling.LANCZOS)


def tick(size: int, gap: int, colours: tuple[str, str, str]) -> Image.Image:
    """A box to be ticked with `gap` clear pixels right of it. Colours of edge, ground and tick (empty: none)."""
    edge, ground, ink = colours
    pen = _Pen(size, edge)
    pen.pill((1, 1, 23, 23), 5)
    pen.colour = ground
    pen.pill((3, 3, 21, 21), 3.6)
    if ink:
        pen.colour = ink
        pen.line([(6.4, 12.6), (10.4, 16.6), (17.8, 8.2)], 2.6)
    image = Image.new("RGBA", (size + gap, size), _CLEAR)
    image.paste(pen.image.resize((size, size), Image.Resampling.LANCZOS))
    return image


def knob(size: int, colour: str) -> Image.Image:
    """What is moved along a slider."""
    pen = _Pen(size, colour)
    pen.disc(12, 12, 10)
    return pen.image.resize((size, size), Image.Resampling.LANCZOS)


def chevron(size: int, gap: int, colour: str) -> Image.Image:
    """The sign of a button that opens a list, with `gap` clear pixels left of it."""
    pen = _Pen(size, colour)
    pen.line([(4, 8), (12, 16), (20, 8)], 2.8)
    image = Image.new("RGBA", (size + gap, size), _CLEAR)
    image.paste(pen.image.resize((size, size), Image.Resampling.LANCZOS), (gap, 0))
    return image


def box(spec: Box, scale: float, ground: str, middle: int) -> Image.Image:
    """The picture of a box on its ground, for a stretched image whose corners are `box_corner` pixels.

    What stretches is `middle` pixels wide and high. ttk lays it like tiles, so large boxes need a large middle;
    and the picture is opaque, as blending each tile with what is under it takes Tk seconds.
    """
    corner = box_corner(spec, scale)
    side = 2 * corner + 4
    small = Image.new("RGBA", (side * _FINE, side * _FINE), ground)
    draw = ImageDraw.Draw(small)
    unit = scale * _FINE
    outer = 2 * unit  # the room of the ring
    edge = side * _FINE - 1
    radius = spec.radius * unit
    inner = [outer, outer, edge - outer, edge - outer]
    if spec.ring:
        draw.rounded_rectangle([0, 0, edge, edge], radius + outer, fill=spec.ring)
    if spec.border or spec.fill:
        draw.rounded_rectangle(inner, radius, fill=spec.border or spec.fill)
    if spec.border and spec.fill:
        hole = [inner[0] + unit, inner[1] + unit, inner[2] - unit, inner[3] - unit]
        draw.rounded_rectangle(hole, radius - unit, fill=spec.fill)
    if spec.sunken:
        _sink(small, spec, inner, unit)
    # By areas: other ways blur straight edges that lie on whole pixels.
    return _stretched(small.resize((side, side), Image.Resampling.BOX).convert("RGB"), corner, middle)


def _stretched(small: Image.Image, corner: int, middle: int) -> Image.Image:
    """The same box with a middle of that size."""
    side, far = 2 * corner + middle, small.width - corner
    large = Image.new("RGB", (side, side))
    spans = ((0, corner, 0, corner), (corner, far, corner, corner + middle), (far, small.width, side - corner, side))
    for left, right, new_left, new_right in spans:
        for top, bottom, new_top, new_bottom in spans:
            patch = small.crop((left, top, right, bottom))
            large.paste(patch.resize((new_right - new_left, new_bottom - new_top)), (new_left, new_top))
    return large


def _sink(image: Image.Image, spec: Box, inner: list[float], unit: float) -> None:
    """A shadow under the upper edge, fading over three pixels: the box lies deeper than the page. The edge stays."""
    inner = [inner[0] + unit, inner[1] + unit, inner[2] - unit, inner[3] - unit]
    steps = max(4, round(unit))  # one for each pixel that is drawn
    weight = 1 - (1 - 0.42) ** (4 / steps)  # all together as dark as at 96 dpi
    for step in range(steps):
        shade = Image.new("L", image.size, 0)
        draw = ImageDraw.Draw(shade)
        draw.rounded_rectangle(inner, (spec.radius - 1) * unit, fill=255)
        down = (step + 1) * unit * 4 / steps
        hole = [inner[0] + down * 0.6, inner[1] + down, inner[2] - down * 0.3, inner[3] - down * 0.15]
        draw.rounded_rectangle(hole, (spec.radius - 1) * unit - down, fill=0)
        shade = shade.point(lambda value: value * weight)
        image.paste(Image.new("RGBA", image.size, spec.sunken), (0, 0), shade)


def device_mark(fingerprint: str, size: int, colour: str, paper: str) -> Image.Image:
    """The sign of a device: a symmetrical pattern that follows from its fingerprint alone.

    Two people of the same name thus look different, and the same person looks the same in every run.
    """
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which the window starts without

    bits = int.from_bytes(hashlib.sha256(b"SecureChat mark" + fingerprint.encode(errors="replace")).digest()[:4], "big")
    fine = size * _FINE
    image = Image.new("RGBA", (fine, fine), _CLEAR)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle([0, 0, fine - 1, fine - 1], fine * 0.28, fill=colour)
    cell = fine * 0.62 / 5
    start = fine * 0.19
    for row in range(5):
        for column in range(3):
            if bits >> (row * 3 + column) & 1:
                for x in {column, 4 - column}:
                    left, top = start + x * cell, start + row * cell
                    draw.rectangle([left, top, left + cell, top + cell], fill=paper)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def application_icon(size: int) -> Image.Image:
    """Two speech bubbles, the front one with a keyhole."""
    fine = size * 8
    image = Image.new("RGBA", (fine, fine), _CLEAR)
    draw = ImageDraw.Draw(image)

    def at(*values: float) -> list[float]:
        return [value * fine / 64 for value in values]

    ground = Image.linear_gradient("L").resize((fine, fine))
    tile = Image.composite(
        Image.new("RGBA", (fine, fine), "#3a2fb3"), Image.new("RGBA", (fine, fine), "#6a63f0"), ground
    )
    mask = Image.new("L", (fine, fine), 0)
    ImageDraw.Draw(mask).rounded_rectangle(at(2, 2, 62, 62), at(15)[0], fill=255)
    image.paste(tile, (0, 0), mask)
    draw.rounded_rectangle(at(25, 12, 54, 34), at(8)[0], fill="#a9a4ff")
    draw.polygon(at(44, 32, 52, 32, 52, 41), fill="#a9a4ff")
    draw.rounded_rectangle(at(10, 20, 45, 46), at(9)[0], fill="#ffffff")
    draw.polygon(at(15, 44, 25, 44, 15, 54), fill="#ffffff")
    draw.ellipse(at(23, 25, 32, 34), fill="#3a2fb3")
    draw.polygon(at(26, 31, 29, 31, 31, 41, 24, 41), fill="#3a2fb3")
    return image.resize((size, size), Image.Resampling.LANCZOS)
