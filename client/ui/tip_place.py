"""Where a tooltip lies: near what it is about, and on nothing that is needed. Pure; all in pixels of the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """`right` and `bottom` are the first pixels that do not belong to it."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: Box) -> bool:
        """Whether they have a pixel in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        """Whether all of the other lies in this one."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


def tip_place(
    about: Box, size: tuple[int, int], gap: int, window: Box, screen: Box, controls: Sequence[Box] = ()
) -> tuple[int, int]:
    """Left and upper edge of a tooltip of this size, `gap` away from what it is `about`.

    The nearest place where it covers neither that nor one of the `controls`: whole on the screen, better in the
    window, and better below than above. Where there is no such place, the controls count no longer.
    """
    for covered in (controls, ()):
        places = [box for box in _places(about, size, gap, screen, covered) if screen.holds(box)]
        free = [box for box in places if not any(map(box.meets, (about, *covered)))]
        if free:
            best = min(free, key=lambda box: (not window.holds(box), _away(box, about), box.bottom <= about.top))
            return best.left, best.top
    return max(about.left, screen.left), max(about.bottom + gap, screen.top)


def _places(about: Box, size: tuple[int, int], gap: int, screen: Box, controls: Sequence[Box]) -> Iterable[Box]:
    """Right below and above each of them, at the left edge or the right one of what it is about."""
    width, height = size
    for left in (about.left, about.right - width):
        on_screen = max(screen.left, min(left, screen.right - width))
        for box in (about, *controls):
            for top in (box.bottom + gap, box.top - gap - height):
                yield Box(on_screen, top, on_screen + width, top + height)


def _away(box: Box, about: Box) -> int:
    return max(box.top - about.bottom, about.top - box.bottom)
