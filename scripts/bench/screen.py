"""An Xvfb of one's own, for windows that are measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import DEVNULL, PIPE, Popen


@contextmanager
def own_screen() -> Iterator[str]:
    """The name of its display. Raises OSError where there is no Xvfb."""
    server = Popen(
        ["Xvfb", "-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0", "1280x900x24"],
        stdout=PIPE,
        stderr=DEVNULL,
        text=True,
    )
    try:
        yield f":{server.stdout.readline().strip() if server.stdout else ''}"
    finally:
        server.terminate()
        server.wait()
        if server.stdout:
            server.stdout.close()
