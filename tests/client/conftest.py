"""Few, repeatable hypothesis examples, so that the unit suite stays fast and never fails by luck."""

from __future__ import annotations

import hypothesis

hypothesis.settings.register_profile(
    "repeatable", max_examples=60, derandomize=True, deadline=None, database=None, print_blob=False
)
hypothesis.settings.load_profile("repeatable")
