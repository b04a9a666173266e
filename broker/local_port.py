"""The thread that answers this computer's own programs: `status` of a running broker.

Whatever else is said to it (nothing, garbage, a line without end, a thousand connections) ends with the
connection closed. It never touches a socket of the loop, and the loop never waits for it.
"""

from __future__ import annotations

import hmac
import selectors
import socket
import threading
import time  # noqa: TID251 - a thread at the edge
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker.local_line import UNIX, forget, listen

CALLERS: Final = 32  # at a time; the oldest has to go for the next
LINE_BYTES: Final = 256
PATIENCE: Final = 2.0  # seconds to say one line
_PAUSE: Final = 0.5  # when the system gives no descriptor


@dataclass(slots=True)
class _Caller:
    until: float
    line: bytes = b""


class LocalPort(threading.Thread):
    """Listens from the start on; answers once started. Raises `BadSetting`.

    `answer` gives the line to say, None: none now. It is called on this thread and may take its time.
    """

    def __init__(self, folder: Path, answer: Callable[[], bytes | None], *, unix: bool = UNIX) -> None:
        super().__init__(name="local port", daemon=True)
        self._folder = folder
        self._answer = answer
        listening = listen(folder, unix=unix)
        self._question = listening.question
        self._listener = listening.opened
        self._listener.settimeout(0.0)
        self._callers: dict[socket.socket, _Caller] = {}  # the one who came first is the first
        self._ended = threading.Event()
        self._wake_in, self._wake_out = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_out, selectors.EVENT_READ)

    def run(self) -> None:
        """Answer until `close`."""
        while not self._ended.is_set():
            until = next((caller.until for caller in self._callers.values()), None)
            wait = None if until is None else max(0.0, until - time.monotonic())
            ready = {key.fileobj for key, _ in self._selector.select(wait)}
            for opened in [opened for opened in self._callers if opened in ready]:
                self._hear(opened)
            now = time.monotonic()
            for opened in [opened for opened, caller in self._callers.items() if caller.until <= now]:
                self._drop(opened)
            if self._listener in ready:
                self._accept(now)

    def close(self) -> None:
        """End the thread, and let nobody look for it any more."""
        self._ended.set()
        self._wake_in.send(b"w")
        if self.is_alive():
            self.join()
        forget(self._folder)
        for opened in (*self._callers, self._listener, self._wake_in, self._wake_out):
            opened.close()
        self._selector.close()

    def _accept(self, now: float) -> None:
        for _ in range(CALLERS):
            try:
                opened, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError:  # no descriptors: the listener stays readable, and polling it would spin
                self._ended.wait(_PAUSE)
                return
            opened.settimeout(0.0)
            if len(self._callers) >= CALLERS:
                self._drop(next(iter(self._callers)))
            self._callers[opened] = _Caller(now + PATIENCE)
            self._selector.register(opened, selectors.EVENT_READ)

    def _hear(self, opened: socket.socket) -> None:
        caller = self._callers[opened]
        try:
            part = opened.recv(LINE_BYTES)
        except OSError:
            self._drop(opened)
            return
        caller.line += part
        if hmac.compare_digest(caller.line, self._question):
            answer = self._answer()
            if answer is not None:
                with suppress(OSError):  # it went away; an answer is far smaller than what the system takes at once
                    opened.send(answer + b"\n")
        elif part and b"\n" not in part and len(caller.line) < LINE_BYTES:
            return
        self._drop(opened)

    def _drop(self, opened: socket.socket) -> None:
        del self._callers[opened]
        self._selector.unregister(opened)
        opened.close()
