"""Which keyrings are taken, and what becomes of one that fails."""

from __future__ import annotations

import sys
import types

import pytest

from client.events import KeyFound, KeyRemembered, KeyringFound, ProblemReported
from client.inbox import Inbox
from client.safe import KeyringTrouble, Safe, open_safe, safe_of
from client.safe_thread import SafeThread
from client.visited import Visit

VISIT = Visit("Home:9090", "Ann", room="otter lamp")


class MemoryRing:
    """A keyring that is only a dictionary; locked, it fails as each of them does in its own way."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.kept[service, username]

    def _check(self) -> None:
        if self.locked:
            raise RuntimeError("locked")


def of_module(module: str, **fields: object) -> MemoryRing:
    kind = type("Keyring", (MemoryRing,), {"__module__": module, **fields})
    made: MemoryRing = kind()
    return made


def test_a_key_is_kept_by_server_and_room() -> None:
    ring = MemoryRing()
    safe = Safe(ring)
    safe.keep(VISIT, "the key")
    assert safe.key_of(Visit("home:9090", "Ben", room="otter lamp")) == "the key"
    assert safe.key_of(Visit("home:9090", "Ann", room="crane fig")) == ""
    safe.forget(VISIT)
    safe.forget(VISIT)
    assert ring.kept == {}


@pytest.mark.parametrize("name", ["SecretService", "libsecret", "kwallet", "macOS", "Windows"])
def test_keyrings_of_systems_are_taken(name: str) -> None:
    assert safe_of(of_module(f"keyring.backends.{name}"))


@pytest.mark.parametrize("module", ["keyring.backends.fail", "keyring.backends.null", "keyrings.alt.file", "mine"])
def test_nothing_else_is(module: str) -> None:
    # Would catch a key in a file, or one that is lost without a word.
    assert safe_of(of_module(module)) is None
    chain = "keyring.backends.chainer"
    assert safe_of(of_module(chain, backends=[of_module(module)])) is None
    assert safe_of(of_module(chain, backends=[of_module(module), of_module("keyring.backends.kwallet")]))


def test_what_the_library_finds_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    library = types.ModuleType("keyring")
    library.__dict__["get_keyring"] = lambda: of_module("keyring.backends.fail")
    monkeypatch.setitem(sys.modules, "keyring", library)
    assert open_safe() is None
    monkeypatch.setitem(sys.modules, "keyring", None)  # the extra is not installed
    assert open_safe() is None


def test_a_locked_keyring_is_a_sentence() -> None:
    ring = MemoryRing()
    safe = Safe(ring)
    safe.keep(VISIT, "the key")
    ring.locked = True
    for call in (lambda: safe.key_of(VISIT), lambda: safe.keep(VISIT, "x"), lambda: safe.forget(VISIT)):
        with pytest.raises(KeyringTrouble, match="unlock"):
            call()


def test_a_key_that_cannot_be_deleted_is_told() -> None:
    # would catch: a key that its user takes for gone
    ring = MemoryRing()
    Safe(ring).keep(VISIT, "the key")
    ring.delete_password = ring.set_password  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyringTrouble, match="did not delete"):
        Safe(ring).forget(VISIT)


def test_on_its_thread_it_answers_by_events() -> None:
    # Would catch a window that waits while the system asks for a password.
    inbox, ring = Inbox(), MemoryRing()
    thread = SafeThread(inbox, lambda: Safe(ring))
    thread.keep(VISIT, "the key")
    thread.find(VISIT)
    thread.begin()
    assert inbox.get(timeout=30) == KeyringFound()
    assert inbox.get(timeout=30) == KeyRemembered("Home:9090", "otter lamp", on=True)
    assert inbox.get(timeout=30) == KeyFound("Home:9090", "otter lamp", "the key")
    thread.forget(VISIT)
    assert inbox.get(timeout=30) == KeyRemembered("Home:9090", "otter lamp", on=False)
    thread.find(VISIT)  # not answered: it is gone
    ring_locked = Visit("other:9090", "Ann", room="x y")
    thread.keep(ring_locked, "k")
    thread.find(ring_locked)
    assert inbox.get(timeout=30) == KeyRemembered("other:9090", "x y", on=True)
    assert inbox.get(timeout=30) == KeyFound("other:9090", "x y", "k")
    ring.locked = True
    thread.find(VISIT)
    assert isinstance(inbox.get(timeout=30), ProblemReported)


def test_a_keyring_that_cannot_be_opened_is_as_good_as_none(caplog: pytest.LogCaptureFixture) -> None:
    inbox = Inbox()

    def fails() -> Safe:
        raise OSError("no desktop")

    for opening in (fails, lambda: None):
        SafeThread(inbox, opening)._work()
    assert inbox.empty()
    assert "keyring" in caplog.text
