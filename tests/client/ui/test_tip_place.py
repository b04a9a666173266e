"""Tooltips lie on nothing that is needed, as long as there is another place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from client.ui.tip_place import Box, tip_place

SCREEN, WINDOW = Box(0, 0, 1280, 900), Box(100, 80, 900, 600)
BUTTON, SIZE, GAP = Box(300, 100, 380, 120), (200, 40), 8


def place(*controls: Box, about: Box = BUTTON, window: Box = WINDOW, screen: Box = SCREEN) -> tuple[int, int]:
    return tip_place(about, SIZE, GAP, window, screen, controls)


def test_below_it_and_at_its_left_edge() -> None:
    assert place() == (300, 128)
    assert place(Box(300, 500, 900, 560), Box(600, 100, 700, 300)) == (300, 128)  # these are elsewhere


def test_below_what_stands_below() -> None:
    # would catch: the tooltip of one control on another one
    assert place(Box(300, 122, 380, 150)) == (300, 158)
    assert place(Box(250, 122, 380, 150), Box(300, 155, 380, 170)) == (300, 178)


def test_it_steps_aside_of_a_neighbour() -> None:
    assert place(Box(390, 100, 500, 170)) == (180, 128)  # its right edge where that of the button is


def test_above_where_that_is_nearer_and_in_the_window() -> None:
    low = Box(300, 500, 380, 520)
    assert place(Box(100, 522, 900, 560), about=low) == (300, 452)
    assert place(about=Box(300, 570, 380, 590)) == (300, 522)  # else it would hang out of the window


def test_out_of_the_window_rather_than_on_a_control() -> None:
    assert place(Box(100, 122, 900, 600)) == (300, 52)
    assert place(Box(100, 122, 900, 600), Box(100, 0, 900, 99)) == (300, 608)


def test_always_on_the_screen() -> None:
    assert place(about=Box(1200, 100, 1260, 120)) == (1080, 128)
    assert place(about=Box(0, 880, 60, 900)) == (0, 832)
    assert place(about=Box(-50, 100, 60, 120)) == (0, 128)


def test_where_everything_is_full_it_lies_below() -> None:
    everywhere = Box(0, 0, 1280, 900)
    assert place(everywhere) == (300, 128)
    assert place(about=Box(0, 0, 1280, 900)) == (0, 908)  # and where nothing is left, there is no good place


_BOXES = st.builds(
    lambda left, top, wide, high: Box(left, top, left + wide, top + high),
    st.integers(0, 1200),
    st.integers(0, 850),
    st.integers(1, 300),
    st.integers(1, 60),
)


@given(_BOXES, st.lists(_BOXES, max_size=6))
def test_it_covers_neither_its_own_nor_without_need_another(about: Box, controls: list[Box]) -> None:
    left, top = place(*controls, about=about)
    lies = Box(left, top, left + SIZE[0], top + SIZE[1])
    assert SCREEN.holds(lies)
    assert not lies.meets(about)
    below = Box(about.left, about.bottom + GAP, about.left + SIZE[0], about.bottom + GAP + SIZE[1])
    if SCREEN.holds(below) and not any(map(below.meets, controls)):
        assert not any(map(lies.meets, controls))
