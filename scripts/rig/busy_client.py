"""A client in whose process another thread never rests: what a window that is busy does to the voice in it.

`python -m scripts.rig.busy_client` takes the client's own flags. The other thread runs Python without a pause, which is
worse than a window: Tk lets the interpreter go while it draws.
"""

from __future__ import annotations

import sys
import threading

from client.__main__ import main


def _never_rest() -> None:
    lines = [f"line {number} of a conversation" for number in range(5_000)]
    while True:
        lines = sorted((line[::-1] for line in lines), key=len)


if __name__ == "__main__":
    threading.Thread(target=_never_rest, daemon=True).start()
    sys.exit(main())
