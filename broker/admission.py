"""Answers libzmq's question who may connect (ZAP, RFC 27): any CURVE key, and libzmq vouches for it.

Each connection that is let in carries its client's public key as `User-Id`, in hex. Other mechanisms are
turned away.
"""

from __future__ import annotations

import threading
from typing import Final

import zmq

from common import limits

ENDPOINT: Final = "inproc://zeromq.zap.01"
_VERSION: Final = b"1.0"
_CURVE_REQUEST_PARTS: Final = 7  # version, request, domain, address, routing id, mechanism, key


def decide(request: list[bytes]) -> tuple[bytes, bytes, bytes]:
    """Status code, status text and User-Id for a ZAP request (all its parts)."""
    if len(request) != _CURVE_REQUEST_PARTS or request[0] != _VERSION:
        return b"500", b"not a request of this protocol", b""
    mechanism, key = request[5:]
    if mechanism != b"CURVE" or len(key) != limits.KEY_BYTES:
        return b"400", b"only CURVE is spoken here", b""
    return b"200", b"OK", key.hex().encode("ascii")


class Admission(threading.Thread):
    """The thread that answers. Bound before it starts; ends when the context is terminated."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        super().__init__(name="admission", daemon=True)
        self._socket = context.socket(zmq.REP)
        self._socket.linger = 0
        self._socket.bind(ENDPOINT)

    def run(self) -> None:
        """Answer until the context ends."""
        try:
            while True:
                request = self._socket.recv_multipart()
                code, text, user = decide(request)
                number = request[1] if len(request) > 1 else b""
                self._socket.send_multipart([_VERSION, number, code, text, user, b""])
        except zmq.ContextTerminated:
            self._socket.close()
