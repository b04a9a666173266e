"""What the text client has the keyring do, and what it says where there is none."""

from __future__ import annotations

import threading

import pytest

from client import terminal_keys
from client.events import KeyRemembered, KeyringFound, Part, ProblemReported
from client.inbox import Inbox
from client.safe import Safe
from client.terminal_keys import MISSING, TerminalKeys
from client.visited import Visit
from tests.client.test_safe import MemoryRing

VISIT = Visit("home:9090", "Ann", room="otter lamp")


def test_a_key_is_kept_and_forgotten_and_both_are_told() -> None:
    ring, inbox = MemoryRing(), Inbox()
    keys = TerminalKeys(inbox, lambda: Safe(ring), "")
    keys.keep(VISIT, "the key")
    assert [inbox.get(timeout=30) for _ in range(2)] == [KeyringFound(), KeyRemembered("home:9090", "otter lamp", True)]
    assert list(ring.kept.values()) == ["the key"]
    keys.forget(VISIT)
    assert inbox.get(timeout=30) == KeyRemembered("home:9090", "otter lamp", False)
    assert ring.kept == {}
    keys.close()


def test_what_came_out_of_the_keyring_is_put_there_only_when_it_is_asked_for() -> None:
    # would catch: "your key is in the keyring now" at each start, and a /remember that is never answered
    ring, inbox = MemoryRing(), Inbox()
    keys = TerminalKeys(inbox, lambda: Safe(ring), "the key")
    keys.keep(VISIT, "the key")
    keys.close()
    assert inbox.empty()
    keys.keep(VISIT, "the key")
    keys.close()
    assert list(ring.kept.values()) == ["the key"]


def test_another_key_than_the_one_that_was_found_is_kept() -> None:
    ring = MemoryRing()
    keys = TerminalKeys(Inbox(), lambda: Safe(ring), "the key")
    keys.keep(VISIT, "another")
    keys.close()  # would catch: a key that was asked to be kept right before one left
    assert list(ring.kept.values()) == ["another"]


def test_where_there_is_no_keyring_that_is_said_each_time_and_it_is_looked_for_anew() -> None:
    found: list[Safe | None] = [None, None]
    inbox, ring = Inbox(), MemoryRing()
    keys = TerminalKeys(inbox, lambda: found.pop(0) if found else Safe(ring), "")
    keys.keep(VISIT, "the key")
    assert inbox.get(timeout=30) == ProblemReported(Part.KEY, "keyring", MISSING)
    keys.forget(VISIT)
    assert inbox.get(timeout=30) == ProblemReported(Part.KEY, "keyring", MISSING)
    keys.keep(VISIT, "later")  # the desktop has one now; would catch: what was asked for before is done then
    keys.close()
    assert list(ring.kept.values()) == ["later"]


def test_a_keyring_that_hangs_holds_the_end_up_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_keys, "_LAST_SECONDS", 0.0)
    answered = threading.Event()

    def hangs() -> Safe | None:
        answered.wait(30)
        return None

    keys = TerminalKeys(Inbox(), hangs, "")
    keys.keep(VISIT, "the key")
    keys.close()
    answered.set()
