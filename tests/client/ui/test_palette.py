"""Contrast of every palette, as WCAG 2 reckons it."""

from __future__ import annotations

import pytest
from PIL import ImageColor

from client.ui.palette import PALETTES, Palette


def luminance(colour: str) -> float:
    parts = [part / 255 for part in ImageColor.getrgb(colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink: str, ground: str) -> float:
    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_reckoned_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.fixture(params=PALETTES)
def palette(request: pytest.FixtureRequest) -> Palette:
    return PALETTES[request.param]


def too_faint(pairs: list[tuple[str, str]], least: float) -> list[tuple[str, str, float]]:
    return [(*pair, round(contrast(*pair), 2)) for pair in pairs if contrast(*pair) < least]


def test_text_can_be_read(palette: Palette) -> None:
    # would catch: a pretty grey that a tenth of all people cannot read
    inks = [palette.text, palette.muted, palette.accent, palette.danger, palette.warning, palette.success]
    grounds = [palette.surface, palette.own, palette.page]
    pairs = [(ink, ground) for ink in inks for ground in grounds]
    pairs += [(ink, ground) for ink in palette.people for ground in (palette.surface, palette.own)]
    accents = (palette.accent, palette.accent_hover, palette.accent_pressed)
    pairs += [(palette.on_accent, ground) for ground in accents]  # the main button, and what is selected
    pairs += [(palette.accent_pressed, palette.accent_tint)]  # a toggle that is on
    pairs += [(ink, palette.danger_tint) for ink in (palette.text, palette.danger, palette.accent)]  # the problem bar
    pairs += [(ink, palette.accent_tint) for ink in (palette.text, palette.accent_pressed)]  # a question in its place
    pairs += [(ink, palette.hover) for ink in (palette.text, palette.muted, palette.accent)]
    pairs += [(palette.surface, palette.text)]  # tooltips
    assert too_faint(pairs, 4.5) == []


def test_what_is_disabled_can_still_be_read(palette: Palette) -> None:
    pairs = [(palette.disabled_text, ground) for ground in (palette.disabled, palette.surface, palette.page)]
    assert too_faint(pairs, 4.0) == []


def test_signs_rings_and_edges_can_be_seen(palette: Palette) -> None:
    # would catch: a focus that cannot be found, a field without visible edges
    grounds = (palette.surface, palette.page, palette.own)
    inks = (palette.ring, palette.strong_border, palette.accent, palette.muted)
    pairs = [(ink, ground) for ink in inks for ground in grounds]
    pairs += [(palette.danger, palette.surface), (palette.danger, palette.danger_tint)]
    pairs += [(palette.accent, palette.accent_tint)]  # the edge of a toggle that is on
    pairs += [(palette.ring, palette.danger_tint)]
    assert too_faint(pairs, 3.0) == []


def test_high_contrast_is_high() -> None:
    palette = PALETTES["contrast"]
    inks = [palette.text, palette.muted, palette.accent, palette.danger, palette.warning, palette.success]
    assert too_faint([(ink, palette.surface) for ink in [*inks, *palette.people]], 9) == []
