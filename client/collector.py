"""Python's collector of unused memory, kept from stopping the voice.

A run that looks at everything takes 45 to 60 ms in a client with its window, most of it for modules and classes, and
stops every thread: the sound card has a gap, whoever asked for it.
"""

from __future__ import annotations

import gc


def pass_over(*, collect: bool = False) -> None:
    """What there is by now is looked at no more. Call it after something was loaded that stays to the end.

    What is frozen is freed as ever when nothing refers to it, but for circles: `collect` them before, where a pause
    does no harm.
    """
    if collect:
        gc.collect()
    gc.freeze()
