"""What a rounded box looks like, told without drawing it: that needs libraries which take long to load."""

from __future__ import annotations

from msgspec import Struct


class Box(Struct, frozen=True):
    """A rounded box that stretches: `fill` and `border` are colours (empty: none), sizes are pixels.

    `ring` is the colour of the line around it that shows the keyboard focus, `sunken` that of an inner shadow.
    """

    fill: str = ""
    border: str = ""
    ring: str = ""
    sunken: str = ""
    radius: int = 8


def box_corner(spec: Box, scale: float) -> int:
    """How many pixels at each side of a box do not stretch."""
    return round((spec.radius + 4) * scale)
