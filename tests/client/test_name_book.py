from __future__ import annotations

import pytest

from client import name_book
from client.name_book import NameBook

ANN, EVE, EVA = b"a" * 32, b"e" * 32, b"v" * 32


def test_the_first_device_keeps_its_name() -> None:
    # Would catch a line in the name of somebody who has just gone.
    book = NameBook("Me")
    assert book.shown(ANN, "Ann") == "Ann"
    assert book.shown(EVE, "Ann") == "Ann (2)"
    assert book.shown(EVA, "Ann") == "Ann (3)"
    assert book.shown(ANN, "Ann") == "Ann"
    assert book.shown(EVE, "Ann") == "Ann (2)"


def test_mine_stays_mine() -> None:
    assert NameBook("Me").shown(EVE, "me") == "me (2)"


@pytest.mark.parametrize("other", ["ANN", "Ann\u0488", "\uff21nn", "ann"])
def test_names_that_look_alike_are_one(other: str) -> None:
    book = NameBook("Me")
    book.shown(ANN, "Ann")
    assert book.shown(EVE, other) == f"{other} (2)"


def test_a_number_is_no_way_round() -> None:
    book = NameBook("Me")
    book.shown(ANN, "Ann")
    assert book.shown(EVE, "Ann (2)") == "Ann (2)"
    assert book.shown(EVA, "Ann") == "Ann (3)"


def test_a_device_that_changes_its_name_keeps_both() -> None:
    book = NameBook("Me")
    assert [book.shown(ANN, name) for name in ("Ann", "Anna", "Ann")] == ["Ann", "Anna", "Ann"]
    assert book.shown(EVE, "Ann") == "Ann (2)"


def test_invented_devices_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_book, "_MOST", 2)
    book = NameBook("Me")
    for number in range(10):
        book.shown(bytes([number]), f"Guest {number}")
    assert len(book._shown) == 2
    assert book.shown(EVE, "Guest 0") == "Guest 0 (2)"


def test_thousands_of_one_name_cost_no_more_than_thousands(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch an insider with a script, and a client that counts from 2 for each of his devices.
    tried: list[str] = []

    def looks(name: str) -> str:
        tried.append(name)
        return name

    monkeypatch.setattr(name_book, "_looks", looks)
    book = NameBook("Me")
    for number in range(1_000):
        book.shown(number.to_bytes(32, "big"), "Anna")
    assert len(tried) < 6_000
    assert book.shown(EVE, "Anna") == "Anna (1001)"
