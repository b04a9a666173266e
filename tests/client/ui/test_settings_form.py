"""What stands on the settings sheet, against the settings that there are."""

from __future__ import annotations

import msgspec
import pytest

from client.settings import Choices, Settings
from client.ui import texts
from client.ui.settings_form import GROUPS, Choice, EchoTest, can_be_held, device_values, words_of

ITEMS = [item for group in GROUPS for item in group.items if not isinstance(item, EchoTest)]


def test_every_setting_stands_on_the_sheet_once() -> None:
    # would catch: a setting that only editors of files can reach
    assert sorted(item.field for item in ITEMS) == sorted(Settings.__struct_fields__)


@pytest.mark.parametrize("item", [item for item in ITEMS if isinstance(item, Choice)], ids=lambda item: item.field)
def test_whatever_can_be_chosen_is_taken(item: Choice) -> None:
    # would catch: a word in the form that the settings do not know, or the other way round
    for value, _ in item.values:
        assert getattr(Choices(None).change(item.field, value), item.field) == value
    (field,) = [field for field in msgspec.structs.fields(Settings) if field.name == item.field]
    assert field.default in dict(item.values)
    literal = getattr(field.type, "__args__", None)
    assert literal is None or set(literal) == set(dict(item.values))


def test_a_device_that_is_gone_can_still_be_seen_as_chosen() -> None:
    usual, none = ("default", texts.DEVICE_DEFAULT), ("none", texts.DEVICE_NONE)
    assert device_values((), "default") == (usual, none)
    assert device_values(("Headset", "Camera"), "Headset") == (
        *(usual, ("Headset", "Headset"), ("Camera", "Camera")),
        none,
    )
    assert device_values(("Camera",), "voice.wav")[-1] == ("voice.wav", "voice.wav")


def test_words() -> None:
    assert words_of(((0, "none"), (1, "one")), 1) == "one"
    assert words_of(((0, "none"),), 137) == "137"


def test_keys_that_can_be_held() -> None:
    # would catch: a push-to-talk key that can no longer be typed, or one that moves the focus
    assert [can_be_held(key, "") for key in ("F8", "Pause", "Insert", "XF86Launch1", "Menu")] == [True] * 5
    assert can_be_held("Pause", "\x13")
    assert not can_be_held("d", "\x04")  # mistake: Ctrl+D is caught, and from then on each d that is typed is heard
    assert [can_be_held(key, "") for key in ("Tab", "Return", "F6", "Shift_L", "Control_R", "Caps_Lock")] == [False] * 6
    assert [can_be_held(key, written) for key, written in (("a", "a"), ("minus", "-"), ("eacute", "é"))] == [False] * 3
    for key in ("F8", "XF86AudioMicMute"):
        assert Choices(None).change("push_to_talk_key", key).push_to_talk_key == key
