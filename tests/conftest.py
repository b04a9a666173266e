"""Repeatable hypothesis examples, so that no test fails by luck: few while one works, many where everything is run."""

from __future__ import annotations

import gc

import hypothesis

from tests.thoroughness import tries

hypothesis.settings.register_profile(
    "repeatable", max_examples=tries(100), derandomize=True, deadline=None, database=None, print_blob=False
)
hypothesis.settings.load_profile("repeatable")


def pytest_collection_finish() -> None:
    """What is loaded now stays until the end: do not look through it for garbage again and again."""
    gc.collect()
    gc.freeze()
