"""The fixtures of tests/gui/window.py, for all tests in this folder."""

import gc
from collections.abc import Iterator

import pytest

from tests.gui.window import open_window, screen

__all__ = ["open_window", "screen"]


@pytest.fixture(autouse=True)
def _no_widgets_left_to_other_threads() -> Iterator[None]:
    """Free the widgets of earlier tests here: Tk's objects complain when another thread's work collects them."""
    gc.collect()
    yield
    gc.collect()
