"""The fixtures of tests/gui/window.py, for all tests in this folder."""

from tests.gui.window import open_window, screen

__all__ = ["open_window", "screen"]
