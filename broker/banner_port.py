"""The port that hands out the broker's public key: accepts, writes one line, closes, reads nothing.

Plain TCP from the standard library. It never waits and keeps no connection, so nobody can hold it up.
"""

from __future__ import annotations

import errno
import socket
import sys
from typing import Final

_BACKLOG: Final = 128
_EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_EACH_TURN: Final = 16  # so that a flood of connections does not keep the loop from text and voice


class BannerPort:
    """Listens from the start on. Raises `OSError` if the port cannot be had. `line` is written to everybody."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            if sys.platform != "win32":  # there it would let two brokers share the port
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            self._socket.bind((host, port))
            self._socket.listen(_BACKLOG)
            self._socket.settimeout(0.0)
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self.line = b""

    def fileno(self) -> int:
        """For a poller: readable means that somebody waits."""
        return self._socket.fileno()

    def answer(self) -> bool:
        """Write the line to those who wait. False: there are no descriptors left, so ask again only in a while."""
        for _ in range(_EACH_TURN):
            try:
                caller, _address = self._socket.accept()
            except OSError as error:  # nobody waits, or they have gone
                return error.errno not in _EXHAUSTED
            with caller:
                try:
                    caller.settimeout(0.0)
                    caller.send(self.line)  # a fresh connection's buffer takes a line whole
                except OSError:
                    continue
        return True

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()
