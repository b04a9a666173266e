from __future__ import annotations

import errno
import socket

import pytest

from broker.banner_port import BannerPort


@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
def test_everybody_gets_the_line(host: str) -> None:
    # Would catch a caller that waits for ever, or that holds up the next.
    port = BannerPort(host, 0)
    port.line = b"the line\n"
    assert port.answer()  # nobody is there
    callers = [socket.create_connection(("127.0.0.1", port.port), 10.0) for _ in range(3)]
    gone = socket.create_connection(("127.0.0.1", port.port), 10.0)
    gone.close()
    assert port.fileno() >= 0
    port.answer()
    for caller in callers:
        with caller, caller.makefile("rb") as lines:
            assert lines.read() == b"the line\n"
    port.close()


def test_a_taken_port() -> None:
    # Would catch a traceback at start.
    port = BannerPort("127.0.0.1", 0)
    with pytest.raises(OSError) as caught:  # noqa: PT011 - its errno is what counts
        BannerPort("127.0.0.1", port.port)
    assert caught.value.errno == errno.EADDRINUSE
    port.close()


class Exhausted:
    """A listening socket of a process that may open nothing more."""

    def __init__(self, number: int) -> None:
        self._number = number

    def accept(self) -> None:
        raise OSError(self._number, "accept failed")


@pytest.mark.parametrize(("number", "goes_on"), [(errno.EMFILE, False), (errno.ENFILE, False), (errno.EAGAIN, True)])
def test_no_descriptors_left(number: int, goes_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a broker that spins: the port stays readable while nobody can be accepted.
    port = BannerPort("127.0.0.1", 0)
    with monkeypatch.context() as patch:
        opened = port._socket
        patch.setattr(port, "_socket", Exhausted(number))
        assert port.answer() is goes_on
    assert port._socket is opened
    port.close()
