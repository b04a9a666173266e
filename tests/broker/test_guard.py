from __future__ import annotations

import errno
import os
import socket

import pytest

from broker import guard


def test_an_open_descriptor_without_another_to_look_through(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a guard that takes all connections for ended, and watches none, once the process has no descriptors.
    def no_more(descriptor: int) -> int:
        raise OSError(errno.EMFILE, str(descriptor))

    with socket.create_server(("127.0.0.1", 0)) as opened:
        monkeypatch.setattr(os, "dup", no_more)
        assert guard.peer_of(opened.fileno()) is None
        assert guard.is_open(opened.fileno())
        number = opened.fileno()
    assert not guard.is_open(number)


def test_only_the_connection_that_was_meant_is_shut() -> None:
    # Would catch a cut that hits whoever was given the same number since.
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        far, peer = server.accept()
        with far:
            assert guard.peer_of(far.fileno()) == peer
            assert not guard.shut(far.fileno(), None)
            assert not guard.shut(far.fileno(), ("127.0.0.1", 1))
            assert guard.shut(far.fileno(), peer)
            assert near.recv(1) == b""
        assert guard.host_of(("::ffff:192.0.2.1", 7, 0, 0)) == "192.0.2.1"
        assert guard.host_of(None) == ""
