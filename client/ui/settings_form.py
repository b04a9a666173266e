"""What stands on the settings sheet: groups of rows, each about one field of `client.settings.Settings`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from client.ui import connect_texts, texts


class Switch(Struct, frozen=True):
    """On or off."""

    field: str
    label: str
    hint: str = ""


class Choice(Struct, frozen=True):
    """One of several: each a value and its words."""

    field: str
    label: str
    values: tuple[tuple[object, str], ...]
    hint: str = ""


class DeviceChoice(Struct, frozen=True):
    """One of the sound devices that there are now."""

    field: str
    label: str
    hint: str = ""


class KeyChoice(Struct, frozen=True):
    """A key, chosen by pressing it."""

    field: str
    label: str
    hint: str = ""


class EchoTest(Struct, frozen=True):
    """Hear oneself: nothing to choose."""

    label: str
    hint: str = ""


Item: TypeAlias = Switch | Choice | DeviceChoice | KeyChoice | EchoTest


class Group(Struct, frozen=True):
    """Rows under one title."""

    title: str
    items: tuple[Item, ...]


_SCALES: Final = (100, 125, 150, 175, 200, 250, 300)
_NOT_KEYS: Final = frozenset({"Tab", "Return", "KP_Enter", "space", "F1", "F6", "F10", "BackSpace", "Delete", "??"})
_NOT_ALONE: Final = ("Shift_", "Control_", "Alt_", "Meta_", "Super_", "Hyper_", "ISO_", "Caps_Lock", "Num_Lock")

GROUPS: Final = (
    Group(
        texts.SETTINGS_VOICE,
        (
            DeviceChoice("microphone", texts.MICROPHONE),
            DeviceChoice("speaker", texts.SPEAKER),
            EchoTest(texts.ECHO_TEST, texts.HINT_ECHO_TEST),
            Choice(
                "transmit",
                texts.TRANSMIT,
                (("voice", texts.TRANSMIT_VOICE), ("push", texts.TRANSMIT_PUSH), ("always", texts.TRANSMIT_ALWAYS)),
            ),
            KeyChoice("push_to_talk_key", texts.PUSH_KEY, texts.HINT_PUSH_KEY),
            Choice(
                "voice_mode",
                texts.VOICE_MODE,
                (("auto", texts.AUTOMATIC), ("low-delay", texts.LOW_DELAY), ("slim", texts.SLIM)),
                texts.HINT_VOICE_MODE,
            ),
            Choice(
                "lanes",
                texts.LANES,
                (
                    ("auto", texts.AUTOMATIC),
                    ("1", texts.LANES_ONE),
                    ("2", texts.LANES_TWO),
                    ("3", texts.LANES_THREE),
                    ("4", texts.LANES_FOUR),
                ),
                texts.HINT_LANES,
            ),
            Switch("echo", texts.ECHO, texts.HINT_ECHO),
            Switch("noise", texts.NOISE, texts.HINT_NOISE),
            Switch("high_pass", texts.HIGH_PASS, texts.HINT_HIGH_PASS),
            Switch("gain", texts.GAIN, texts.HINT_GAIN),
        ),
    ),
    Group(
        texts.SETTINGS_LOOK,
        (
            Choice(
                "theme",
                texts.THEME,
                (
                    ("system", texts.AS_SYSTEM),
                    ("light", texts.THEME_LIGHT),
                    ("dark", texts.THEME_DARK),
                    ("contrast", texts.THEME_CONTRAST),
                ),
            ),
            Choice("scale", texts.SCALE, ((0, texts.AS_SYSTEM), *((percent, f"{percent} %") for percent in _SCALES))),
            Choice(
                "notifications",
                texts.NOTIFICATIONS,
                (("hidden", texts.NOTIFY_HIDDEN), ("full", texts.NOTIFY_FULL), ("off", texts.NOTIFY_OFF)),
                texts.HINT_NOTIFICATIONS,
            ),
        ),
    ),
    Group(
        texts.SETTINGS_PRIVACY,
        (
            Switch("keep_log", texts.KEEP_LOG, texts.HINT_KEEP_LOG),
            Switch("remember_servers", connect_texts.REMEMBER_SERVERS, connect_texts.HINT_REMEMBER_SERVERS),
            Switch("receipts", texts.RECEIPTS, texts.HINT_RECEIPTS),
            Switch("typing", texts.TYPING, texts.HINT_TYPING),
        ),
    ),
)


def device_values(names: Sequence[str], now: str) -> tuple[tuple[str, str], ...]:
    """What can be chosen as a device: the usual one, those there are, none; and what is chosen now, wherever it is."""
    words = {"default": texts.DEVICE_DEFAULT, **{name: name for name in names}, "none": texts.DEVICE_NONE}
    return tuple({**words, now: words.get(now, now)}.items())


def words_of(values: Sequence[tuple[object, str]], value: object) -> str:
    """The words for a value; the value itself where the form has no words for it."""
    return dict(values).get(value, str(value))


def can_be_held(key: str, written: str) -> bool:
    """Whether a key can be the push-to-talk key: not one that writes, or is needed for something else.

    `key` is Tk's word for it, `written` what it writes, if anything.
    """
    writes = len(key) == 1 or (written != "" and written.isprintable())  # a letter writes, whatever is held beside it
    return key not in _NOT_KEYS and not key.startswith(_NOT_ALONE) and not writes
