"""Flags of the text client that are wrong: one clear line, exit code 2, and nothing is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.client_process import ClientProcess

INVITE = "secure-chat://127.0.0.1:9090/?k=" + "A" * 43


def refused(person: ClientProcess) -> str:
    """What it writes to stderr."""
    try:
        assert person.wait() == 2
    finally:
        person.close()
    assert person.events == []
    assert len(person.errors.splitlines()) == 1
    assert "clover" not in person.errors
    assert "a secret" not in person.errors
    return person.errors


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:9090/",
        "secure-chat://127.0.0.1:9090/",
        "secure-chat://127.0.0.1:99999/?k=" + "A" * 43,
        INVITE[:-1],
        INVITE + "&v=0",
        "secure-chat://" + "a" * 5_000,
    ],
)
def test_an_invite_with_a_wrong_part(tmp_path: Path, link: str) -> None:
    # Would catch a traceback, a phrase that is printed, or an attempt at an address that nobody meant.
    link += "#banjo-clover-oxidize-pelican"
    assert "invite" in refused(ClientProcess("Ann", "a secret", tmp_path, where=("--invite", link)))


@pytest.mark.parametrize("address", ["nowhere:1:2", "127.0.0.1:70000", ""])
def test_an_address_that_is_none(tmp_path: Path, address: str) -> None:
    # Would catch a client that tries for ever what can never work.
    refused(ClientProcess("Ann", "a secret", tmp_path, where=("--server", address)))
