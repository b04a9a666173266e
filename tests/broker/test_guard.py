from __future__ import annotations

import errno
import os
import socket

import pytest

from broker import guard
from common.kernel import peer_of


def test_who_must_go_is_cut_where_no_descriptor_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a voice channel that stays open after its owner left, because nobody could look through it.
    def no_more(descriptor: int) -> int:
        raise OSError(errno.EMFILE, str(descriptor))

    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        far, peer = server.accept()
        monkeypatch.setattr(os, "dup", no_more)
        with far:
            assert peer_of(far.fileno()) == peer
            assert guard.shut(far.fileno(), peer)
            assert near.recv(1) == b""
            assert far.fileno() >= 0  # still libzmq's to close
        assert not guard.shut(10_000, peer)


def test_some_descriptors_are_left_to_ourselves(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 4_096))
    assert guard.most_connections() == 871
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert guard.most_connections() > 10**6


def test_only_the_connection_that_was_meant_is_shut() -> None:
    # Would catch a cut that hits whoever was given the same number since.
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        far, peer = server.accept()
        with far:
            assert peer_of(far.fileno()) == peer
            assert not guard.shut(far.fileno(), None)
            assert not guard.shut(far.fileno(), ("127.0.0.1", 1))
            assert guard.shut(far.fileno(), peer)
            assert near.recv(1) == b""
        assert guard.host_of(("::ffff:192.0.2.1", 7, 0, 0)) == "192.0.2.1"
        assert guard.host_of(None) == ""
