"""How much property tests and simulations try: a part of it while one works, all of it where everything is run.

`scripts/test.py` without arguments asks for all: `SECURE_CHAT_TESTS=thorough`.
"""

from __future__ import annotations

import os
from typing import Final

THOROUGH: Final = os.environ.get("SECURE_CHAT_TESTS") == "thorough"


def tries(thorough: int) -> int:
    """So many where everything is run, else a fifth of them. The first are the same ones."""
    return thorough if THOROUGH else max(1, thorough // 5)
