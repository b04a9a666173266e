from __future__ import annotations

import socket

import pytest

from broker.banner_port import BannerPort
from common.errors import BadSetting


@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
def test_everybody_gets_the_line(host: str) -> None:
    # Would catch a caller that waits for ever, or that holds up the next.
    port = BannerPort(host, 0)
    port.line = b"the line\n"
    port.answer()  # nobody is there
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
    with pytest.raises(BadSetting, match="another program has it"):
        BannerPort("127.0.0.1", port.port)
    port.close()
