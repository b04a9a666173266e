"""Answers `status` in a running broker: the loop's numbers, and what the process knows of itself."""

from __future__ import annotations

import time  # noqa: TID251 - a thread at the edge
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final

from broker.config import version_text
from broker.memory import memory_bytes
from broker.ports import Ports
from broker.report import Report, encode_report
from broker.status import Standing

_PATIENCE: Final = 5.0  # the loop answers within milliseconds, unless it starts or stops just now


class Reporter:
    """Asks the loop, from any thread but its own, and makes one line of JSON of the answer."""

    def __init__(self, ask: Callable[[Callable[[Standing], None]], None], ports: Ports) -> None:
        self._ask = ask
        self._ports = ports
        self._started = time.monotonic()

    def line(self) -> bytes | None:
        """The answer, None if the loop gives no numbers."""
        answers: SimpleQueue[Standing] = SimpleQueue()
        self._ask(answers.put)
        try:
            standing = answers.get(timeout=_PATIENCE)
        except Empty:
            return None
        report = Report(
            version=version_text(),
            uptime_seconds=int(time.monotonic() - self._started),
            ports=self._ports,
            memory_bytes=memory_bytes(),
            rooms=standing.rooms,
            members=standing.members,
            listeners=standing.listeners,
            kept=standing.kept,
            rates=standing.rates,
            forwarding=standing.forwarding,
            counters=standing.counters,
        )
        return encode_report(report)
