"""A TCP relay that a test can make fall silent: its connections stay open, and nothing passes any more."""

from __future__ import annotations

import selectors
import socket
import sys
import threading
from typing import Final

from common.address import Address

_CHUNK: Final = 65_536


class Relay:
    """Takes connections on `port` and carries bytes to and from `target`, on a thread of its own."""

    def __init__(self, target: Address, most: int = sys.maxsize) -> None:
        """No more than `most` bytes come back from the target, on all connections together."""
        self._left = most
        self._target = (target.host, target.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: Final[int] = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._wake_out, self._wake_in = socket.socketpair()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_in, selectors.EVENT_READ)
        self._far: set[socket.socket] = set()
        self._others: dict[socket.socket, socket.socket] = {}
        self._silenced: list[socket.socket] = []
        self._orders: list[str] = []
        self._done = threading.Event()
        self.connections = 0  # accepted so far
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def silence(self) -> None:
        """From now on nothing passes on the connections that there are; new ones work."""
        self._order("silence")

    def close(self) -> None:
        self._order("close")
        self._thread.join(10)

    def _order(self, order: str) -> None:
        self._done.clear()
        self._orders.append(order)
        self._wake_out.send(b"\0")
        assert self._done.wait(10)

    def _run(self) -> None:
        running = True
        while running:
            for key, _ in self._selector.select():
                ready = key.fileobj
                if ready is self._wake_in:
                    running = self._obey(self._orders.pop())
                elif ready is self._listener:
                    self._accept()
                elif isinstance(ready, socket.socket) and ready in self._others:
                    self._carry(ready)
        self._selector.close()
        for end in (self._listener, self._wake_in, self._wake_out, *self._others, *self._silenced):
            end.close()
        self._done.set()

    def _obey(self, order: str) -> bool:
        self._wake_in.recv(1)
        if order == "close":
            return False
        for end in self._others:
            self._selector.unregister(end)
        self._silenced += self._others
        self._others.clear()
        self._done.set()
        return True

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        far = socket.create_connection(self._target)
        self.connections += 1
        self._others |= {near: far, far: near}
        self._far.add(far)
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(end, selectors.EVENT_READ)

    def _carry(self, end: socket.socket) -> None:
        other = self._others[end]
        try:
            piece = end.recv(_CHUNK if end not in self._far else min(_CHUNK, self._left))
            self._left -= len(piece) if end in self._far else 0
            other.sendall(piece)
        except OSError:
            piece = b""
        if not piece or not self._left:
            for one in (end, other):
                self._selector.unregister(one)
                del self._others[one]
                if piece:
                    self._silenced.append(one)  # nothing more passes, and nothing ends
                else:
                    one.close()
