from __future__ import annotations

import errno

import pytest

from broker.config import read_settings
from broker.ports import refused_port

BESIDE = "Port 19292 of 0.0.0.0 is taken by another program (needed beside --port 19290): choose another --port,"


@pytest.mark.parametrize(
    ("flags", "name", "number", "said"),
    [
        ((), "port", errno.EADDRINUSE, "Port 9090 of 0.0.0.0 is taken by another program: choose another --port."),
        (("--port", "19290"), "banner-port", errno.EADDRINUSE, f"{BESIDE} or set --banner-port."),
        (
            ("--voice-port", "7"),
            "voice-port",
            errno.EADDRINUSE,
            "taken by another program: choose another --voice-port.",
        ),
        (("--port", "80"), "port", errno.EACCES, "Port 80 of 0.0.0.0 cannot be had: permission denied: choose another"),
        (("--host", "192.0.2.7"), "port", errno.EADDRNOTAVAIL, "--host is “192.0.2.7”, which is no address of this"),
        (("--host", "::"), "banner-port", errno.EAFNOSUPPORT, "--host is “::”"),
    ],
)
def test_the_setting_to_blame(flags: tuple[str, ...], name: str, number: int, said: str) -> None:
    # Would catch advice to change a flag that nobody gave, or one that mends nothing.
    assert said in str(refused_port(read_settings(flags, {}, None), name, number))


def test_a_variable_is_named_as_such() -> None:
    # Would catch a complaint about a flag where a variable was set.
    settings = read_settings((), {"SECURE_CHAT_PORT": "7"}, None)
    assert "needed beside SECURE_CHAT_PORT 7" in str(refused_port(settings, "voice-port", errno.EADDRINUSE))
