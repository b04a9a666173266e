"""The colours of the window, by purpose. Text on its ground has a contrast of 4.5:1 or more, signs and rings 3:1.

`tests/client/ui/test_palette.py` reckons that for every pair that is used. No other file names a colour.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Palette(Struct, frozen=True):
    """One look. `accent` is both the ground of the main button and an ink; `sunken` is the shadow in a toggle."""

    page: str
    surface: str
    border: str
    strong_border: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    accent_pressed: str
    accent_tint: str
    on_accent: str
    ring: str
    sunken: str
    hover: str
    disabled: str
    disabled_text: str
    danger: str
    danger_tint: str
    danger_border: str
    warning: str
    success: str
    own: str
    people: tuple[str, ...]


LIGHT: Final = Palette(
    page="#f3f4f8",
    surface="#ffffff",
    border="#dfe2ea",
    strong_border="#848a9d",
    text="#1c2030",
    muted="#5b6275",
    accent="#4a43d1",
    accent_hover="#3d36ba",
    accent_pressed="#322c9c",
    accent_tint="#e6e5fb",
    on_accent="#ffffff",
    ring="#7b75ec",
    sunken="#2a2480",
    hover="#e8eaf0",
    disabled="#e8eaf0",
    disabled_text="#676d7e",
    danger="#b3261e",
    danger_tint="#fdeceb",
    danger_border="#f0b8b4",
    warning="#8a5300",
    success="#167a4a",
    own="#f3f2fe",
    people=("#4a43d1", "#a33a0f", "#0b6e69", "#a12d6d", "#3d6b14", "#7a4fb5", "#8a5300", "#1f63a8"),
)

DARK: Final = Palette(
    page="#13151d",
    surface="#1c1f2a",
    border="#333848",
    strong_border="#7f879d",
    text="#e9ebf3",
    muted="#a7adbf",
    accent="#a09bff",
    accent_hover="#b6b2ff",
    accent_pressed="#c9c6ff",
    accent_tint="#2c2a55",
    on_accent="#16142b",
    ring="#8f89ff",
    sunken="#000000",
    hover="#2a2e3d",
    disabled="#282c39",
    disabled_text="#959bad",
    danger="#ff9389",
    danger_tint="#3a1f24",
    danger_border="#84444a",
    warning="#f0b95a",
    success="#5fd198",
    own="#25243c",
    people=("#a09bff", "#f5a17a", "#5fd0c8", "#f09ac8", "#9fd06c", "#c9a6f5", "#e3b55c", "#86baf5"),
)

CONTRAST: Final = Palette(
    page="#000000",
    surface="#000000",
    border="#ffffff",
    strong_border="#ffffff",
    text="#ffffff",
    muted="#f0f0f0",
    accent="#ffe14d",
    accent_hover="#fff0a0",
    accent_pressed="#fff6c9",
    accent_tint="#3d3400",
    on_accent="#000000",
    ring="#4de4ff",
    sunken="#000000",
    hover="#333333",
    disabled="#2b2b2b",
    disabled_text="#c4c4c4",
    danger="#ffa099",
    danger_tint="#330500",
    danger_border="#ffa099",
    warning="#ffc44d",
    success="#73ff9f",
    own="#262626",
    people=("#c3bfff", "#ffb48f", "#7df0e7", "#ffadd9", "#b8f07f", "#dcc0ff", "#ffd675", "#a3ceff"),
)

PALETTES: Final = {"light": LIGHT, "dark": DARK, "contrast": CONTRAST}
