from __future__ import annotations

from hypothesis import settings

settings.register_profile(
    "repeatable", max_examples=60, derandomize=True, deadline=None, database=None, print_blob=False
)
settings.load_profile("repeatable")
