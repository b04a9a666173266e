"""Drafts on disk: sealed, of one room, and of no use to anybody else."""

from __future__ import annotations

import pytest

from client.drafts import LONGEST, Drawer
from common.crypto.sealing import BodyOpener
from common.errors import SealBroken, TooLong
from tests.fakes.link import room_keys


class Place:
    """Where a draft is kept."""

    def __init__(self) -> None:
        self.token = b""

    def draft(self) -> bytes:
        return self.token

    def keep_draft(self, token: bytes) -> None:
        self.token = token


@pytest.mark.parametrize("text", ["half a line", "two\nlines 🎧", "x" * LONGEST, "a\udc00b"])
def test_what_is_put_away_is_found_again(text: str) -> None:
    place = Place()
    Drawer(room_keys(), place).put(text)
    assert Drawer(room_keys(), place).look() == text.encode(errors="replace").decode()


def test_nothing_is_kept_of_nothing() -> None:
    place = Place()
    drawer = Drawer(room_keys(), place)
    assert drawer.look() == ""
    drawer.put("gone")
    drawer.put("")
    assert (place.token, drawer.look()) == (b"", "")


def test_the_disk_tells_neither_words_nor_how_many() -> None:
    # mistake: plain text in the file, or a token whose length counts the keys that were pressed
    place, sizes = Place(), set()
    drawer = Drawer(room_keys(), place)
    for count in (12, 100, 250):  # three letters in a row would stand in one of two hundred tokens, by chance
        drawer.put("secret"[:1] * count)
        assert b"s" * 12 not in place.token
        sizes.add(len(place.token))
    assert len(sizes) == 1


def test_another_key_opens_nothing_and_no_draft_is_a_post() -> None:
    place = Place()
    Drawer(room_keys(), place).put("mine")
    assert Drawer(room_keys("another room"), place).look() == ""
    with pytest.raises(SealBroken):
        BodyOpener(room_keys()).open_post(place.token)


def test_what_is_too_long_leaves_the_last_one() -> None:
    place = Place()
    drawer = Drawer(room_keys(), place)
    drawer.put("short")
    with pytest.raises(TooLong):
        drawer.put("x" * (LONGEST + 1))
    assert drawer.look() == "short"
