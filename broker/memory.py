"""How much memory this process takes, and whether that has grown at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

GROWN_BYTES: Final = 4_194_304
_STATM: Final = Path("/proc/self/statm")


class Growth:
    """Tells when memory has grown by `GROWN_BYTES` since all connections were last looked at. Pure."""

    def __init__(self, memory: int | None) -> None:
        self._before = memory

    def looked(self, memory: int | None) -> None:
        """All were looked at: what is taken now is accounted for."""
        self._before = memory

    def grew(self, memory: int | None) -> bool:
        """Whether it is time to look at all. Never where the system does not say how much is taken."""
        return memory is not None and self._before is not None and memory - self._before >= GROWN_BYTES


def memory_bytes(statm: Path = _STATM) -> int | None:
    """How much memory this process takes, None where the system does not say."""
    try:
        return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
