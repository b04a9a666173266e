"""The broker with a loop that rests in every turn, as on a machine that has other things to do."""

from __future__ import annotations

import sys
import time

import zmq

from broker.__main__ import main

_REST_SECONDS = 0.005


class _SlowPoller(zmq.Poller):
    def poll(self, timeout: int | None = None) -> list[tuple[object, int]]:
        time.sleep(_REST_SECONDS)
        return super().poll(timeout)


if __name__ == "__main__":
    zmq.Poller = _SlowPoller  # type: ignore[misc]
    sys.exit(main())
