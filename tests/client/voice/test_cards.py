from __future__ import annotations

import pytest

from client.voice.cards import Card, Side, told_apart

SIDE = Side(
    (Card("alsa.usb", "Headset Plus"), Card("alsa.pci", "Headset"), Card("alsa.pci.monitor", "Monitor", listed=False))
)


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("headset", "alsa.pci"),  # mistake: the first one that begins like it
        ("Plus", "alsa.usb"),
        ("ALSA.PCI.monitor", "alsa.pci.monitor"),
        ("usb", "alsa.usb"),
        ("Headset (alsa.pci)", "alsa.pci"),  # mistake: two of one label, and one that is unplugged takes both away
    ],
)
def test_a_card_is_found_by_what_people_or_the_system_call_it(wish: str, name: str) -> None:
    card = SIDE.find(wish)
    assert card is not None
    assert card.name == name


def test_what_is_not_there_is_not_found() -> None:
    assert SIDE.find("Webcam") is None
    assert SIDE.label("alsa.video") == ""
    assert Side().find("") is None


def test_only_what_people_choose_is_listed() -> None:
    assert SIDE.labels == ("Headset Plus", "Headset")
    assert SIDE.label("alsa.pci.monitor") == "Monitor"


def test_two_of_one_label_are_told_apart() -> None:
    assert [card.label for card in told_apart([Card("a", "Box"), Card("b", "Box"), Card("c", "Lamp")])] == [
        "Box (a)",
        "Box (b)",
        "Lamp",
    ]
