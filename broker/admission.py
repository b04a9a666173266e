"""Answers libzmq's question who may connect (ZAP, RFC 27): any CURVE key, or one of a list; libzmq vouches for it.

Each connection that is let in carries its client's public key as `User-Id`, in hex. Other mechanisms are
turned away.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Container
from typing import Final

import zmq

from broker.actions import Note
from common import limits

ENDPOINT: Final = "inproc://zeromq.zap.01"
_VERSION: Final = b"1.0"
NOT_ALLOWED: Final = b"this key is not let in"
_CURVE_REQUEST_PARTS: Final = 7  # version, request, domain, address, routing id, mechanism, key


def decide(request: list[bytes], allowed: Container[bytes] | None) -> tuple[bytes, bytes, bytes]:
    """Status code, status text and User-Id for a ZAP request (all its parts). `allowed`: None lets in every key."""
    if len(request) != _CURVE_REQUEST_PARTS or request[0] != _VERSION:
        return b"500", b"not a request of this protocol", b""
    mechanism, key = request[5:]
    if mechanism != b"CURVE" or len(key) != limits.KEY_BYTES:
        return b"400", b"only CURVE is spoken here", b""
    if allowed is not None and key not in allowed:
        return b"400", NOT_ALLOWED, b""
    return b"200", b"OK", key.hex().encode("ascii")


class Admission(threading.Thread):
    """The thread that answers. Bound before it starts; ends when the context is terminated.

    `tell` gets, on this thread, whom it turned away for the key; `turned_away` counts them.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        allowed: Container[bytes] | None,
        tell: Callable[[Note], None],
    ) -> None:
        super().__init__(name="admission", daemon=True)
        self._allowed = allowed
        self._tell = tell
        self.turned_away = 0
        self._socket = context.socket(zmq.REP)
        self._socket.linger = 0
        self._socket.bind(ENDPOINT)

    def run(self) -> None:
        """Answer until the context ends."""
        try:
            while True:
                request = self._socket.recv_multipart()
                code, text, user = decide(request, self._allowed)
                if text == NOT_ALLOWED:
                    self.turned_away += 1
                    address = request[3].decode("ascii", "replace").removeprefix("::ffff:")
                    self._tell(Note("refused", "", address, "connection: key_not_allowed"))
                number = request[1] if len(request) > 1 else b""
                self._socket.send_multipart([_VERSION, number, code, text, user, b""])
        except zmq.ContextTerminated:
            self._socket.close()
