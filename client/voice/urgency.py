"""Have the system run the voice thread before the threads of ordinary programs, where it lets us.

A sound card that is looked at too late plays a gap. Where all cores are taken, an ordinary thread waits for its turn; a
real-time one does not (sched(7)). Linux allows that to the administrator, and to whom a limit `rtprio` was given:
groups `audio`, `pipewire` or `realtime` of most distributions. Elsewhere, or without the right, everything goes on as
it was (docs/decisions/0032).
"""

from __future__ import annotations

import os
import sys
from typing import Final

_PRIORITY: Final = 5  # of 1..99: before ordinary threads, behind the sound server's own
REMEDY: Final = "let your user run real-time threads (a group audio or pipewire, or rtprio in limits.conf)"


def take_precedence() -> bool:
    """Of the calling thread; threads and processes that it starts are ordinary ones. Whether the system agreed."""
    if sys.platform != "linux":
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(_PRIORITY))
    except OSError:  # not allowed, or a kernel or sandbox without it
        return False
    return True
