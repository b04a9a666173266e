"""What the kernel tells of a descriptor, also of one that is gone or something else."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from common import kernel


def test_bytes_of_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        far, _ = server.accept()
        with far:
            far.sendall(b"x" * 1_000)
            assert near.recv(1_000, socket.MSG_WAITALL) == b"x" * 1_000
            copied = kernel.duplicate(near.fileno())
            assert copied is not None
            with copied:
                assert kernel.peer_at(copied) == server.getsockname()
                known = kernel.bytes_of(copied)
                assert known is None if sys.platform != "linux" else known is not None
                assert known is None or known.received == 1_000


def test_a_glance_tells_one_connection_from_the_next_and_leaves_it_open() -> None:
    # Would catch bytes of somebody else, who was given the same number since; and a connection closed by looking.
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        far, _ = server.accept()
        with far, socket.create_connection(server.getsockname()) as other:
            first = kernel.glance(near.fileno())
            assert first is not None
            far.sendall(b"x" * 1_000)
            assert near.recv(1_000, socket.MSG_WAITALL) == b"x" * 1_000
            second = kernel.glance(near.fileno())
            assert second is not None
            assert first.cookie == second.cookie
            if sys.platform == "linux":
                assert first.kernel is not None
                assert second.kernel is not None
                assert (first.kernel.received, second.kernel.received) == (0, 1_000)
                os.dup2(other.fileno(), near.fileno())
                third = kernel.glance(near.fileno())
                assert third is not None
                assert third.cookie != first.cookie


def test_a_descriptor_that_is_gone_or_a_file(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        number = file.fileno()
        assert kernel.duplicate(number) is None
        assert kernel.glance(number) is None
    gone = os.dup(0)
    os.close(gone)
    assert kernel.duplicate(gone) is None
    assert kernel.glance(gone) is None


def test_a_socket_that_is_not_connected_and_a_system_that_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as lonely:
        assert kernel.peer_at(lonely) is None
        monkeypatch.setattr(sys, "platform", "aix")
        assert kernel.bytes_of(lonely) is None
        monkeypatch.undo()
        if sys.platform == "linux":
            monkeypatch.setattr(kernel, "_TCP_INFO_SIZE", 100)  # an old kernel
            assert kernel.bytes_of(lonely) is None
